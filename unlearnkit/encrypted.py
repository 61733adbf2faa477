"""Files that only a run's key opens: AES-256-GCM in blocks, each read and written by itself.

The blocks' ciphertexts stand where their plain bytes would, then the blocks' tags (16 bytes each),
a salt (16) and MARK (16). So a file that another library wrote is encrypted over its own bytes, and
no plain copy is left beside it. A file's key is HKDF-SHA-256 (RFC 5869) of the run's key with the
salt; a block's nonce is its number (NIST SP 800-38D, section 8.2.1), so a block is written once.
"""

from __future__ import annotations

import os
import secrets
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from unlearnkit.errors import VerificationFailed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = b"unlearnkit enc 1"
BLOCK = 2**20
"""Bytes of a block of a file that was encrypted where it lay."""
_TAG = 16
_TAIL = 16 + len(MARK)


@dataclass(frozen=True, slots=True)
class Blocks:
    """An encrypted file whose blocks begin at `bounds` (plain bytes; the last one is the end)."""

    path: Path
    bounds: Sequence[int]
    _cipher: AESGCM = field(repr=False)

    def write(self, number: int, plain: bytes) -> None:
        """Encrypt one block, which was not written before. Raises OSError when the disk is full."""
        sealed = self.sealed(number, plain)
        with self.path.open("r+b") as file:
            file.seek(self.bounds[number])
            file.write(sealed[:-_TAG])
            file.seek(self.bounds[-1] + _TAG * number)
            file.write(sealed[-_TAG:])

    def sealed(self, number: int, plain: bytes) -> bytes:
        """One block's ciphertext and tag."""
        size = self.bounds[number + 1] - self.bounds[number]
        if len(plain) != size:
            raise ValueError(f"block {number} has {size} bytes, not {len(plain)}")
        return self._cipher.encrypt(_nonce(number), plain, self._shape)

    def read(self, number: int) -> bytes:
        """One block in plain. Raises VerificationFailed: another key, or one bit is off."""
        from cryptography.exceptions import InvalidTag

        start, end = self.bounds[number], self.bounds[number + 1]
        with self.path.open("rb") as file:
            file.seek(start)
            text = file.read(end - start)
            file.seek(self.bounds[-1] + _TAG * number)
            tag = file.read(_TAG)
        try:
            return self._cipher.decrypt(_nonce(number), text + tag, self._shape)
        except (InvalidTag, ValueError):
            raise _unreadable(self.path) from None

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())

    @property
    def _shape(self) -> bytes:
        """Authenticated with every block, so that none is taken for one of another layout."""
        return struct.pack(">QQ", self.bounds[-1], len(self.bounds) - 1)


def create_blocks(path: Path, key: bytes, bounds: Sequence[int]) -> Blocks:
    """A new encrypted file of these blocks, none of them written yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    salt = secrets.token_bytes(16)
    with path.open("wb") as file:
        file.seek(bounds[-1] + _TAG * (len(bounds) - 1))
        file.write(salt + MARK)
    return Blocks(path, bounds, _cipher(key, salt))


def open_blocks(path: Path, key: bytes, bounds: Sequence[int]) -> Blocks:
    """What `create_blocks` made. Raises VerificationFailed when the file is no such file."""
    size, tail = _end(path)
    if tail[16:] != MARK or size != bounds[-1] + _TAG * (len(bounds) - 1) + _TAIL:
        raise _unreadable(path)
    return Blocks(path, bounds, _cipher(key, tail[:16]))


def payload(path: Path, blocks: int) -> int:
    """Plain bytes of an encrypted file of so many blocks."""
    return path.stat().st_size - _TAG * blocks - _TAIL


def is_encrypted(path: Path) -> bool:
    """Whether a file was encrypted to its end; one that was interrupted at it was not."""
    return _end(path)[1][16:] == MARK


def encrypt_file(path: Path, key: bytes) -> None:
    """Encrypt a file over its own bytes. Interrupted, the file is of no use; see `erase`."""
    size, salt = path.stat().st_size, secrets.token_bytes(16)
    bounds = _bounds(size)
    with path.open("r+b") as file:
        blocks, tags = Blocks(path, bounds, _cipher(key, salt)), b""
        for number in range(len(bounds) - 1):
            plain = file.read(bounds[number + 1] - bounds[number])
            sealed = blocks.sealed(number, plain)
            tags += sealed[-_TAG:]
            file.seek(bounds[number])
            file.write(sealed[:-_TAG])
        file.write(tags)
        file.flush()
        os.fsync(file.fileno())  # the mark comes when nothing plain is left on the disk
        file.write(salt + MARK)
        file.flush()
        os.fsync(file.fileno())


def write_encrypted(path: Path, key: bytes, plain: bytes) -> None:
    """A new file of these bytes, which are nowhere on the disk in plain."""
    bounds = _bounds(len(plain))
    blocks = create_blocks(path, key, bounds)
    for number in range(len(bounds) - 1):
        blocks.write(number, plain[bounds[number] : bounds[number + 1]])
    blocks.sync()


def read_encrypted(path: Path, key: bytes) -> bytes:
    """What `write_encrypted` or `encrypt_file` wrote. Raises VerificationFailed: see `Blocks`."""
    return b"".join(_read(path, key))


@contextmanager
def opened(folder: Path, key: bytes, to: Path) -> Iterator[Path]:
    """A plain copy `to` of a folder of encrypted files, erased afterwards.

    For libraries that read nothing but files; what they map into memory must be copied before the
    end. Raises VerificationFailed, as `Blocks.read` does.
    """
    erase(to)
    try:
        for file in (one for one in folder.rglob("*") if one.is_file()):
            _decrypt(file, key, to / file.relative_to(folder))
        yield to
    finally:
        erase(to)


def erase(path: Path) -> None:
    """Delete a file or folder; what is plain in it is overwritten first. Nothing there is no error.

    Overwriting helps where a disk writes in place; SSDs and copy-on-write file systems do not. What
    is encrypted is only deleted.
    """
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        if file.is_file() and not file.is_symlink() and not is_encrypted(file):
            # Under another name, so that nobody reads zeros in its place after a crash.
            gone = file.rename(file.with_name(f"{file.name}.erased"))
            _overwrite(gone)
            gone.unlink()
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        left = path.stat().st_size
        while left > 0:
            left -= file.write(bytes(min(left, BLOCK)))
        file.flush()
        os.fsync(file.fileno())


def _decrypt(path: Path, key: bytes, to: Path) -> None:
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.writelines(_read(path, key))


def _read(path: Path, key: bytes) -> Iterator[bytes]:
    """The plain blocks of a file that was encrypted whole."""
    if not is_encrypted(path):
        raise _unreadable(path)
    # Whole blocks are BLOCK bytes and a tag each, so the last one counts as one more.
    count = -(-(path.stat().st_size - _TAIL) // (BLOCK + _TAG))
    blocks = open_blocks(path, key, _bounds(payload(path, count)))
    for number in range(count):
        yield blocks.read(number)


def _bounds(size: int) -> list[int]:
    return [*range(0, size, BLOCK), size]


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = b"unlearnkit run file v1"
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key))


def _end(path: Path) -> tuple[int, bytes]:
    """The file's size and its last bytes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        return size, file.read().rjust(_TAIL, b"\0")


def _unreadable(path: Path) -> VerificationFailed:
    return VerificationFailed(
        "this part of an unfinished run cannot be decrypted: it was changed, or a request of the "
        "run was closed since",
        where=path,
        fix=f"Delete the folder {path.parent} and run the same command again: it starts anew.",
    )

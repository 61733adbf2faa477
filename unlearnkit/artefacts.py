"""Files that stages leave behind: written whole or not at all, and read back with their type."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

from unlearnkit.errors import BadInput, Busy

Model = TypeVar("Model", bound=BaseModel)


def write_atomic(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write `content` to `path` so that a reader sees the old file or the new one, never a half.

    Raises BadInput when the disk is full or the folder cannot be written.
    """
    with writing_atomic(path, mode) as file:
        file.write(content)


@contextmanager
def writing_atomic(path: Path, mode: int = 0o644) -> Iterator[BinaryIO]:
    """A file to write piece by piece, which takes the place of `path` when all of it is there.

    Temporary file in the same folder, fsync, rename, fsync of the folder (POSIX rename is atomic).
    Raises BadInput when the disk is full or the folder cannot be written, and for a device or pipe:
    root would put a file in the place of /dev/null. Raises nothing in place of what else fails
    while it is written, as reading something else.
    """
    if _is_device(path):
        raise BadInput(
            "this is a device or a pipe, and stays", where=path, fix="Choose an ordinary file."
        )
    with _written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with io.BufferedWriter(_Checked(descriptor, path)) as file:
            yield file
            file.flush()
            with _written(path):
                os.fsync(file.fileno())
        with _written(path):
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    with _written(path):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class _Checked(io.FileIO):
    """An open file, which raises BadInput where it cannot be written to."""

    def __init__(self, descriptor: int, path: Path) -> None:
        super().__init__(descriptor, "wb")
        self._path = path

    def write(self, content: Any, /) -> int:
        with _written(self._path):
            return super().write(content)


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"cannot write: {error.strerror}",
            where=path,
            fix="Free some disk space or choose another folder, then run the same command again.",
        ) from error


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_OF_THE_DISK = FULL | {errno.EIO, errno.EROFS}
_ERROR_NUMBER = re.compile(r"\(os error (\d+)\)")
_ZIP_WRITER = re.compile(r"inline_container\.cc|iostream error")


def disk_failed(error: BaseException) -> bool:
    """Whether a library that writes files says so of the disk: it is full, broken or read-only.

    safetensors and tokenizers have the system's number in their words, PyTorch nothing but the
    place in its code.
    """
    if isinstance(error, OSError):
        return error.errno in _OF_THE_DISK
    number = _ERROR_NUMBER.search(str(error))
    if number:
        return int(number[1]) in _OF_THE_DISK
    return isinstance(error, RuntimeError) and bool(_ZIP_WRITER.search(str(error)))


def _is_device(path: Path) -> bool:
    """Whether something is there that is neither file nor folder, or leads to a stream."""
    try:
        mode = path.stat().st_mode
        stream = path.is_symlink() and str(path.readlink()).startswith("/proc/")  # /dev/stdout
    except OSError:
        return False
    return stream or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def locked(folder: Path, wait: float = 10.0) -> Iterator[None]:
    """Keep other processes that lock this folder out, for `wait` seconds at most; leaves no file.

    For folders that may hold only what is signed. The system lets go of it when a process dies.
    Raises Busy, and BadInput where the file system has no locks.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise BadInput(f"cannot lock it: {error.strerror}", where=folder) from None
    try:
        until = monotonic() + wait
        while not _alone(descriptor, folder):
            if monotonic() >= until:
                raise Busy("another process is writing here", where=folder)
            sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _alone(descriptor: int, folder: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise BadInput(f"cannot lock it: {error.strerror}", where=folder) from None
    return True


def save(path: Path, artefact: BaseModel) -> None:
    """Write a typed artefact as indented JSON, atomically."""
    write_atomic(path, saved(artefact))


def saved(artefact: BaseModel) -> bytes:
    """The bytes that `save` writes."""
    return (artefact.model_dump_json(indent=2) + "\n").encode()


def load(path: Path, kind: type[Model]) -> Model:
    """Read a typed artefact back. Raises BadInput (with the first thing that does not fit)."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise BadInput(f"there is no {kind.__name__} here", where=path) from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadInput(f"not a {kind.__name__}: {place}: {first['msg']}", where=path) from None


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digests(folder: Path) -> dict[str, str]:
    """Relative POSIX path -> hex SHA-256, for every file below `folder` (hidden files too), sorted.

    Raises BadInput on a symbolic link: what it points to could change under the signature; and on
    what is neither file nor folder, as a pipe, which has no content of its own.
    """
    digests: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise BadInput("a symbolic link cannot be part of a signed folder", where=path)
        if path.is_file():
            digests[path.relative_to(folder).as_posix()] = sha256_file(path)
        elif not path.is_dir():
            raise BadInput(
                "neither a file nor a folder: it cannot be part of a signed folder", where=path
            )
    return digests


def canonical(document: Mapping[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785): one value, one sequence of bytes.

    Raises rfc8785.CanonicalizationError, a ValueError, on NaN, and on integers beyond 2**53, which
    JSON readers round.
    """
    import rfc8785

    return rfc8785.dumps(dict(document))


def read_canonical(content: bytes) -> Any:
    """The value of canonical JSON. Raises ValueError.

    A whole number beyond 2**53 is a float: RFC 8785 writes those without a point below 1e21.
    """
    return json.loads(content, parse_int=_number)


def _number(digits: str) -> int | float:
    whole = int(digits)
    return whole if abs(whole) < 2**53 else float(whole)


def digest_of(digests: Mapping[str, str]) -> str:
    """One hex SHA-256 over a folder's file digests (canonical JSON)."""
    return hashlib.sha256(canonical(digests)).hexdigest()


def document_digest(document: BaseModel) -> str:
    """Hex SHA-256 over a document's canonical JSON: its layout does not count."""
    return hashlib.sha256(canonical(document.model_dump(mode="json"))).hexdigest()


def same_document(one: BaseModel, other: BaseModel) -> bool:
    """Whether both are stored alike; NaN, which is no number, is like NaN here."""
    stored, others = (json.loads(each.model_dump_json()) for each in (one, other))
    return bool(stored == others)


def json_lines(rows: Iterable[object]) -> bytes:
    """UTF-8 JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()

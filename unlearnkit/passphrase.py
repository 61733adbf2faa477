"""The passphrase that protects a workspace's keys: where it comes from, and what it becomes.

It is never kept: not in a setting, not in an argument, not in a message. `keys/passphrase.json`
says where to ask for it. scrypt (RFC 7914) makes 32 bytes of it: their hex form is the password of
signing.pem (PKCS#8, PBES2), and a key derived from them wraps workspace.key (RFC 3394).
"""

from __future__ import annotations

import getpass
import os
import secrets
import sys
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator

from unlearnkit.artefacts import load
from unlearnkit.domain import Artefact
from unlearnkit.errors import BadInput

NONE = "none"
ASK = "ask"
SOURCES = "env:NAME, file:PATH, keyring:SERVICE, ask or none"
LEAST = 12
"""Characters of a new passphrase."""
_ACCOUNT = "unlearnkit"


class Way(Artefact):
    """How the keys are protected: where the passphrase comes from, and scrypt's parameters."""

    source: str = NONE
    salt: str = ""
    """Hex, 16 bytes."""
    n: int = Field(default=2**15, ge=2**14, le=2**20)
    """Cost; 2^15 with r = 8 takes 32 MiB and a tenth of a second."""
    r: int = Field(default=8, ge=8, le=32)
    p: int = Field(default=1, ge=1, le=16)

    @field_validator("source")
    @classmethod
    def _known(cls, source: str) -> str:
        kind, _, place = source.partition(":")
        if source not in (NONE, ASK) and not (kind in ("env", "file", "keyring") and place):
            raise ValueError(f"a passphrase comes from {SOURCES}")
        return source

    @classmethod
    def new(cls, source: str) -> Self:
        """A way with a fresh salt. Raises BadInput for a source that does not exist.

        A file is named in full: commands run in other folders too.
        """
        kind, _, place = source.partition(":")
        if kind == "file" and place:
            source = f"file:{Path(place).expanduser().resolve()}"
        try:
            return cls(source=source, salt="" if source == NONE else secrets.token_hex(16))
        except ValueError:
            raise BadInput(f"a passphrase comes from {SOURCES}") from None

    def key(self, *, fresh: bool = False) -> bytes | None:
        """32 bytes that open the keys; None where nothing protects them.

        A `fresh` passphrase is asked for twice and may not be short. Raises BadInput.
        """
        if self.source == NONE:
            return None
        passphrase = read_passphrase(self.source, fresh=fresh)
        if fresh and len(passphrase) < LEAST:
            raise BadInput(f"a passphrase has at least {LEAST} characters")
        return _stretched(passphrase.encode(), self.salt, self.n, self.r, self.p)


class Protection(Artefact):
    """keys/passphrase.json. No such file: nothing protects the keys."""

    now: Way = Way()
    before: Way | None = None
    """While it is being changed: the way that opens what was not written anew yet."""

    @classmethod
    def of(cls, file: Path) -> Protection:
        """What the file says. Raises BadInput where it cannot be read."""
        return load(file, cls) if file.exists() else cls()


def read_passphrase(source: str, *, fresh: bool = False) -> str:
    """The passphrase from its source. Raises BadInput saying where it was looked for."""
    kind, _, place = source.partition(":")
    if kind == "env":
        found = os.environ.get(place, "")
    elif kind == "file":
        found = _from_file(Path(place))
    elif kind == "keyring":
        found = _from_keyring(place)
    else:
        found = _asked_twice() if fresh else _asked("Passphrase of the workspace's keys: ")
    if not found:
        raise BadInput(f"the passphrase of the keys is not in its place, {source}")
    return found


def _from_file(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise BadInput(
                "other users of this machine can read the passphrase",
                where=path,
                fix=f"chmod 600 {path}",
            )
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise BadInput(f"cannot read the passphrase: {error.strerror}", where=path) from None
    except UnicodeDecodeError:
        raise BadInput("the passphrase is not UTF-8", where=path) from None


def _from_keyring(service: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise BadInput(
            "reading the system's keyring needs a package that is not installed",
            fix="pip install 'unlearnkit[keyring]'",
        ) from None
    try:
        return keyring.get_password(service, _ACCOUNT) or ""
    except KeyringError as error:
        raise BadInput(f"the keyring cannot be read: {type(error).__name__}") from None


@cache
def _asked(prompt: str) -> str:
    if not sys.stdin.isatty():
        raise BadInput(
            "the keys are protected by a passphrase, and there is no terminal to ask at",
            fix="unlearnkit key protect --passphrase-from env:NAME, for use without a terminal",
        )
    return getpass.getpass(prompt)


def _asked_twice() -> str:
    first = _asked("New passphrase for the workspace's keys: ")
    if first != _asked("The same again: "):
        raise BadInput("the two passphrases are not the same; nothing was changed")
    return first


@cache
def _stretched(passphrase: bytes, salt: str, n: int, r: int, p: int) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=bytes.fromhex(salt), length=32, n=n, r=r, p=p).derive(passphrase)

"""The workspace's secrets: a signing key and one secret that other keys come from.

Reports are signed with ECDSA P-256, or with Ed25519 (RFC 8032) where that is asked for; models are
always signed with ECDSA P-256, the one kind that the model-signing format takes, and then with a
key of their own. All files may be protected by a passphrase (passphrase.py), of which `unlocking`
is what came.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from unlearnkit.artefacts import write_atomic
from unlearnkit.counted import counted
from unlearnkit.errors import BadInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    PrivateKey: TypeAlias = EllipticCurvePrivateKey | Ed25519PrivateKey

SECRET_BYTES = 32
PRIVATE = 0o600
ANOTHER_KIND = "reports are signed with an ECDSA P-256 or Ed25519 key; this is another kind"
WRAPPED_BYTES = SECRET_BYTES + 8
"""AES key wrap adds 8 bytes to check itself by (RFC 3394, section 2.2.3)."""


class ReportKey(StrEnum):
    """What a report's signature is made with."""

    ECDSA = "ecdsa"
    """ECDSA over P-256 with SHA-256."""
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key's file (PKCS#8 PEM, 0600), and what opens it where it is encrypted."""

    path: Path
    unlocking: bytes | None = field(default=None, repr=False)

    @property
    def password(self) -> bytes | None:
        """The password of the PEM file: the unlocking key in hex."""
        return self.unlocking.hex().encode() if self.unlocking is not None else None

    @property
    def kind(self) -> ReportKey:
        """Raises what `private` raises."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        edwards = isinstance(self.private(), Ed25519PrivateKey)
        return ReportKey.ED25519 if edwards else ReportKey.ECDSA

    def private(self) -> PrivateKey:
        """The key itself. Raises BadInput: missing, too open, protected, or of another kind."""
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        refuse_readable_by_others(self.path)
        pem = self.path.read_bytes()
        protected = b"ENCRYPTED" in pem.partition(b"\n")[0]
        try:
            key = load_pem_private_key(pem, self.password if protected else None)
        except TypeError:
            raise BadInput(
                "the private key is protected by a passphrase, and none is set", where=self.path
            ) from None
        except ValueError:
            wrong = "the passphrase does not open the private key"
            what = wrong if protected else "not a private key in PEM format"
            raise BadInput(what, where=self.path) from None
        if isinstance(key, Ed25519PrivateKey):
            return key
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise BadInput(ANOTHER_KIND, where=self.path)
        return key

    def write(self, key: PrivateKey) -> None:
        """Write the file, encrypted where there is something to open it with."""
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        password = self.password
        lock = BestAvailableEncryption(password) if password is not None else NoEncryption()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
        write_atomic(self.path, pem, PRIVATE)


def create_keys(
    signing: SigningKey, public: Path, secret: Path, kind: ReportKey = ReportKey.ECDSA
) -> None:
    """Write the three key files; one that exists already is kept, never overwritten.

    Raises BadInput when an existing private key is readable by others, or not of this kind.
    """
    folder = secret.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    # Whoever keeps the workspace in git must not commit its keys by accident.
    write_atomic(folder / ".gitignore", b"*\n")
    if not secret.exists():
        write_secret(secret, secrets.token_bytes(SECRET_BYTES), signing.unlocking)
    if not signing.path.exists():
        signing.write(new_private_key(kind))
    elif signing.kind is not kind:
        raise BadInput(
            f"a key of another kind is there already, {signing.kind.value}, and {kind.value} is "
            "asked for",
            where=signing.path,
            fix=f"Ask for {signing.kind.value}, and rotate to another kind later: "
            "unlearnkit key rotate",
        )
    refuse_readable_by_others(secret)
    write_atomic(public, public_half(signing))


def read_secret(path: Path, unlocking: bytes | None = None) -> bytes:
    """The 32 bytes of the workspace secret. Raises BadInput: missing, wrong size, too open."""
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    refuse_readable_by_others(path)
    secret = path.read_bytes()
    if len(secret) == WRAPPED_BYTES:
        if unlocking is None:
            what = "the workspace secret is protected by a passphrase, and none is set"
            raise BadInput(what, where=path)
        try:
            secret = aes_key_unwrap(derive(unlocking, "workspace secret"), secret)
        except InvalidUnwrap:
            what = "the passphrase does not open the workspace secret"
            raise BadInput(what, where=path) from None
    if len(secret) != SECRET_BYTES:
        raise BadInput(
            f"the workspace secret has {counted(len(secret), 'byte')}, not {SECRET_BYTES}",
            where=path,
            fix="Put the original file back from a backup: without it the vault cannot be read.",
        )
    return secret


def write_secret(path: Path, secret: bytes, unlocking: bytes | None) -> None:
    """Write the workspace secret, wrapped (RFC 3394) where there is something to open it with."""
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap

    if unlocking is not None:
        secret = aes_key_wrap(derive(unlocking, "workspace secret"), secret)
    write_atomic(path, secret, PRIVATE)


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose: HKDF-SHA-256 (RFC 5869) with the purpose as its info."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = f"unlearnkit {purpose} v1".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def refuse_readable_by_others(path: Path) -> None:
    """Raises BadInput when the key file is missing or group or others have any right on it."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise BadInput(
            f"cannot read the key: {error.strerror}",
            where=path,
            fix="Put the file back from a backup; a new key could not read what the old one wrote.",
        ) from None
    if mode & 0o077:
        raise BadInput(
            "other users of this machine can use the key", where=path, fix=f"chmod 600 {path}"
        )


def new_private_key(kind: ReportKey = ReportKey.ECDSA) -> PrivateKey:
    """A fresh key of that kind."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if kind is ReportKey.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def public_half(signing: SigningKey) -> bytes:
    """The public key as PEM, for auditors. Raises what `SigningKey.private` raises."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = signing.private().public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

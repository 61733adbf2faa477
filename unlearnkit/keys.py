"""The workspace's secrets: a signing key (ECDSA P-256) and one secret that other keys come from."""

from __future__ import annotations

import secrets
from pathlib import Path

from unlearnkit.artefacts import write_atomic
from unlearnkit.errors import BadInput

SECRET_BYTES = 32
PRIVATE = 0o600


def create_keys(signing: Path, public: Path, secret: Path) -> None:
    """Write the three key files; one that exists already is kept, never overwritten.

    Raises BadInput when an existing private key is readable by others or is no ECDSA P-256 key.
    """
    folder = secret.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    # Whoever keeps the workspace in git must not commit its keys by accident.
    write_atomic(folder / ".gitignore", b"*\n")
    if not secret.exists():
        write_atomic(secret, secrets.token_bytes(SECRET_BYTES), PRIVATE)
    if not signing.exists():
        write_atomic(signing, _new_private_key(), PRIVATE)
    refuse_readable_by_others(secret)
    refuse_readable_by_others(signing)
    write_atomic(public, _public_half(signing))


def read_secret(path: Path) -> bytes:
    """The 32 bytes of the workspace secret. Raises BadInput: missing, wrong size, too open."""
    refuse_readable_by_others(path)
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise BadInput(
            f"the workspace secret has {len(secret)} bytes, not {SECRET_BYTES}",
            where=path,
            fix="Put the original file back from a backup: without it the vault cannot be read.",
        )
    return secret


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


def _new_private_key() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_half(signing: Path) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    try:
        key = load_pem_private_key(signing.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise BadInput("not an unencrypted private key in PEM format", where=signing) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadInput("not an ECDSA P-256 key", where=signing)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

"""The keys that sign reports and checkpoints, as securesystemslib takes them.

ECDSA P-256 with SHA-256, or Ed25519 (RFC 8032). Whether a key fits is the key's own to say: what is
signed names no algorithm that somebody could change.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from securesystemslib.exceptions import Error as SecuresystemslibError
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import (  # type: ignore[attr-defined]
    CryptoSigner,
    Signature,
    SSlibKey,
)

from unlearnkit.errors import BadInput
from unlearnkit.keys import ANOTHER_KIND, SigningKey

PublicKey: TypeAlias = EllipticCurvePublicKey | Ed25519PublicKey
NO_ENVELOPE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    SecuresystemslibError,
)
"""What reading bytes of somebody else's as a DSSE envelope may raise."""


def signed_by(key: SSlibKey, signature: Signature, signed: bytes) -> bool:
    """Whether `signature` is this key's over these bytes, under this key's id."""
    try:
        key.verify_signature(signature, signed)
    except UnverifiedSignatureError:
        return False
    return True


def load_signer(key: SigningKey) -> CryptoSigner:
    """The private key as a signer. Raises what `SigningKey.private` raises."""
    private = key.private()
    return CryptoSigner(private, _public(private.public_key()))


def load_public_key(path: Path) -> SSlibKey:
    """A public key from a PEM file, ECDSA P-256 or Ed25519; its keyid is `fingerprint`.

    Raises BadInput.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise BadInput(f"cannot read the public key: {error.strerror}", where=path) from None
    except ValueError:
        raise BadInput(
            "not a public key in PEM format",
            where=path,
            fix="Give the .pub file the signer handed out, never the private key.",
        ) from None
    if isinstance(key, Ed25519PublicKey):
        return _public(key)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise BadInput(ANOTHER_KIND, where=path)
    return _public(key)


def fingerprint(key: PublicKey) -> str:
    """Hex SHA-256 of the key's DER form: `openssl pkey -pubin -outform DER | openssl sha256`."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _public(key: PublicKey) -> SSlibKey:
    return SSlibKey.from_crypto(key, keyid=fingerprint(key))

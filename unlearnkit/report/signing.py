"""Signing a Statement: DSSE with ECDSA P-256, wrapped as a Sigstore bundle v0.3.

DSSE v1 (secure-systems-lab/dsse, protocol.md); bundle v0.3 with a bare public key
(sigstore/protobuf-specs, sigstore_bundle.proto). No certificate and no transparency log: who holds
the private key can sign anything, and an auditor must get the public key from elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from rfc8785 import CanonicalizationError
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import (  # type: ignore[attr-defined]
    CryptoSigner,
    Signature,
    SSlibKey,
)

from unlearnkit.errors import BadInput
from unlearnkit.keys import SigningKey
from unlearnkit.report.statement import PAYLOAD_TYPE, canonical

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def sign_statement(statement: Mapping[str, Any], private_key: SigningKey) -> bytes:
    """The bytes of attestation.json: a canonical Sigstore bundle around the signed Statement.

    Raises BadInput when the key is unreadable, readable by others, or no ECDSA P-256 key, or when
    the statement holds a number that JSON readers would round.
    """
    signer = load_signer(private_key)
    try:
        payload = canonical(statement)
    except CanonicalizationError as error:
        raise BadInput(f"this cannot be signed as JSON: {error}") from None
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return bundle_bytes(envelope, signer.public_key.keyid)


def bundle_bytes(envelope: Envelope, hint: str) -> bytes:
    """The one way a bundle is written (RFC 8785 and a newline), so that any other bytes differ."""
    bundle = {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {"publicKey": {"hint": hint}},
        "dsseEnvelope": envelope.to_dict(),
    }
    return canonical(bundle) + b"\n"


def hinted_key(bundle: bytes) -> str:
    """The id of the key that a bundle says it is signed with, unverified; empty where it does not.

    A hint for choosing among keys one has: `signed_by` decides.
    """
    try:
        return str(json.loads(bundle)["verificationMaterial"]["publicKey"]["hint"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


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
    """An ECDSA P-256 public key from a PEM file; its keyid is `fingerprint`. Raises BadInput."""
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
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise BadInput(
            "reports are signed with an ECDSA P-256 key; this is another kind", where=path
        )
    return _public(key)


def fingerprint(key: EllipticCurvePublicKey) -> str:
    """Hex SHA-256 of the key's DER form: `openssl pkey -pubin -outform DER | openssl sha256`."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _public(key: EllipticCurvePublicKey) -> SSlibKey:
    return SSlibKey.from_crypto(key, keyid=fingerprint(key))

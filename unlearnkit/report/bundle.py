"""attestation.json: a Sigstore bundle v0.3 around a DSSE envelope of a Statement, one signature.

DSSE v1 (secure-systems-lab/dsse, protocol.md); bundle v0.3 with a bare public key
(sigstore/protobuf-specs, sigstore_bundle.proto). No certificate and no transparency log: who holds
the private key can sign anything, and an auditor must get the public key from elsewhere. When it
was signed, a time stamp shows that is added later (`timestamp.py`).

Read back it must be the one form that `bundle_bytes` writes: what the signature does not cover
(layout, media type, key ids) cannot be changed either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rfc8785 import CanonicalizationError
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from unlearnkit.artefacts import canonical
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.keys import SigningKey
from unlearnkit.report.signing import NO_ENVELOPE, load_signer, signed_by
from unlearnkit.report.statement import PAYLOAD_TYPE
from unlearnkit.report.timestamp import answers_in, as_material

ATTESTATION = "attestation.json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle whose signature holds."""

    envelope: Envelope
    signature: bytes
    """As it stands in the envelope: DER of an ECDSA-Sig-Value (RFC 3279, section 2.2.3), or the 64
    bytes of Ed25519 (RFC 8032, section 5.1.6)."""
    stamps: tuple[bytes, ...]
    """RFC 3161 answers beside it, unverified."""


def sign_statement(statement: Mapping[str, Any], private_key: SigningKey) -> bytes:
    """The bytes of attestation.json: a canonical Sigstore bundle around the signed Statement.

    Raises BadInput when the key is unreadable, readable by others, or of another kind, or when the
    statement holds a number that JSON readers would round.
    """
    signer = load_signer(private_key)
    try:
        payload = canonical(statement)
    except CanonicalizationError as error:
        raise BadInput(f"this cannot be signed as JSON: {error}") from None
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return bundle_bytes(envelope, signer.public_key.keyid)


def bundle_bytes(envelope: Envelope, hint: str, stamps: Sequence[bytes] = ()) -> bytes:
    """The one way a bundle is written: RFC 8785 and a newline. `stamps`: see `Opened`."""
    bundle = {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {"publicKey": {"hint": hint}} | as_material(stamps),
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


def attestation_of(report: Path) -> Path:
    """The attestation of a report's folder, or the file itself where that was given.

    Raises BadInput where there is neither, and for a file that is something else, such as the
    report's page: nothing was forged there.
    """
    if report.is_dir():
        if not (report / ATTESTATION).is_file():
            raise BadInput(f"no report here: there is no {ATTESTATION}", where=report)
        return report / ATTESTATION
    if not report.is_file():
        raise BadInput("no report here: there is no such file or folder", where=report)
    if report.name != ATTESTATION and b'"dsseEnvelope"' not in report.read_bytes():
        raise BadInput(
            "this is no report's attestation",
            where=report,
            fix=f"Give the report's folder, or the {ATTESTATION} in it.",
        )
    return report


def open_bundle(path: Path, key: SSlibKey) -> Opened:
    """The bundle, once its signature by `key` holds and every byte is accounted for.

    Raises BadInput where there is none, VerificationFailed saying what does not hold.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"no report here: {ATTESTATION} cannot be read ({error.strerror})", where=path
        ) from None
    return opened_bundle(raw, key, path)


def opened_bundle(raw: bytes, key: SSlibKey, path: Path) -> Opened:
    """The same of a bundle's bytes; `path` is where they stood. Raises VerificationFailed."""
    try:
        envelope = Envelope.from_dict(json.loads(raw)["dsseEnvelope"])
        (signature,) = envelope.signatures.values()
    except NO_ENVELOPE:
        raise VerificationFailed(
            "malformed: not a Sigstore bundle with one DSSE signature", where=path
        ) from None
    matches = signed_by(key, signature, envelope.pae())
    if not matches and signature.keyid != key.keyid:
        raise VerificationFailed(
            f"signed by another key (keyid {signature.keyid}, expected {key.keyid})",
            where=path,
            fix="Ask the signer which key is theirs, over a channel you trust.",
        )
    if not matches:
        raise VerificationFailed(
            "the signature does not match: the payload or the signature was changed", where=path
        )
    stamps = answers_in(raw)
    envelope.signatures = {key.keyid: type(signature)(key.keyid, signature.signature)}
    if bundle_bytes(envelope, key.keyid, stamps) != raw:
        raise VerificationFailed(
            "changed outside its signed part (layout, media type, key id or key hint)", where=path
        )
    if envelope.payload_type != PAYLOAD_TYPE:
        raise VerificationFailed(
            f"signs a payload of type {envelope.payload_type!r}, not {PAYLOAD_TYPE}", where=path
        )
    return Opened(envelope, bytes.fromhex(signature.signature), stamps)

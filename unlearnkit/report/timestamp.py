"""RFC 3161 time stamps of a report's signature: a clock that is not the signer's.

What is stamped are the bytes of the DSSE signature, and the stamp stands in the bundle at
`verificationMaterial.timestampVerificationData`, as in Sigstore's own (sigstore/protobuf-specs,
sigstore_bundle.proto; sigstore client spec, section "Timestamping"). It shows that the signature
existed at that time, so that nobody dates a report back. It is not signed itself: whoever holds the
file can take it out.

Needs the extra `timestamp`.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.x509 import Certificate, load_pem_x509_certificates

from unlearnkit.errors import BadInput, VerificationFailed

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

GRANTED = 0
"""PKIStatus (RFC 3161, section 2.4.2)."""
SHA256_OID = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A decoded answer of a time stamping authority; nothing of it is trusted yet."""

    answer: bytes
    """The TimeStampResp, DER."""
    time: datetime
    """UTC, as the authority says."""

    def vouched(self, signature: bytes, roots: Sequence[Certificate]) -> bool:
        """Whether an authority under one of these roots stamped this signature."""
        from rfc3161_client import VerificationError, VerifierBuilder

        builder = VerifierBuilder(roots=list(roots))
        try:
            return builder.build().verify_message(_decoded(self.answer), signature)
        except (VerificationError, ValueError):
            return False


def query(signature: bytes) -> bytes:
    """The TimeStampReq (DER) for a signature: its SHA-256, certificates asked for.

    Without a nonce, so that the same signature has the same query: an answer to an earlier one
    says as much.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder(signature, HashAlgorithm.SHA256, nonce=False, cert_req=True)
    return builder.build().as_bytes()


def stamp_of(answer: bytes, signature: bytes) -> Stamp:
    """A granted answer over this signature, its certificates in DER's order.

    Raises VerificationFailed: no answer, not granted, or over something else.
    """
    try:
        answer = _in_order(answer)
        decoded = _decoded(answer)
        granted = decoded.status == GRANTED
        imprint = decoded.tst_info.message_imprint if granted else None
    except ValueError:
        raise VerificationFailed("not an RFC 3161 time stamp response") from None
    if imprint is None:
        said = "; ".join(decoded.status_string) or f"status {decoded.status}"
        raise VerificationFailed(f"the authority did not grant the time stamp: {said}")
    digest = hashlib.sha256(signature).digest()
    if imprint.hash_algorithm.dotted_string != SHA256_OID or imprint.message != digest:
        raise VerificationFailed("the time stamp is over something else, not this signature")
    return Stamp(answer, decoded.tst_info.gen_time)


def load_roots(path: Path) -> list[Certificate]:
    """The certificates of a PEM file, to trust as roots. Raises BadInput."""
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise BadInput(f"cannot read the certificates: {error.strerror}", where=path) from None
    except ValueError:
        raise BadInput("no certificates in PEM format", where=path) from None


def as_material(answers: Sequence[bytes]) -> dict[str, Any]:
    """What a bundle's verificationMaterial has more where it is stamped."""
    if not answers:
        return {}
    stamps = [{"signedTimestamp": b64encode(one).decode()} for one in answers]
    return {"timestampVerificationData": {"rfc3161Timestamps": stamps}}


def answers_in(bundle: bytes) -> tuple[bytes, ...]:
    """The answers in a bundle, unverified. Raises VerificationFailed where they are malformed."""
    try:
        material: Mapping[str, Any] = json.loads(bundle)["verificationMaterial"]
        stamps = material.get("timestampVerificationData", {}).get("rfc3161Timestamps", [])
        return tuple(b64decode(one["signedTimestamp"], validate=True) for one in stamps)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise VerificationFailed("malformed: its time stamps cannot be read") from None


def require_client() -> None:
    """Raises BadInput where the extra is not installed."""
    try:
        import rfc3161_client  # noqa: F401
    except ImportError:
        raise BadInput(
            "time stamps need the rfc3161-client package", fix="pip install 'unlearnkit[timestamp]'"
        ) from None


def _in_order(answer: bytes) -> bytes:
    """The answer with its certificates sorted, as DER has a SET (X.690, section 11.6).

    openssl's authority sends them as they come, and rfc3161-client reads no others. Nothing that is
    signed is touched. Raises ValueError.
    """
    from asn1crypto.cms import CertificateSet
    from asn1crypto.tsp import TimeStampResp

    response = TimeStampResp.load(answer, strict=True)
    try:
        signed = response["time_stamp_token"]["content"]
        sent = list(signed["certificates"])
    except (ValueError, TypeError, KeyError):
        return answer  # a refusal has no token; what is no answer is found out below
    ordered = sorted(sent, key=lambda one: one.dump())
    if ordered == sent:
        return answer
    signed["certificates"] = CertificateSet(ordered)
    sorted_answer: bytes = response.dump()
    return sorted_answer


def _decoded(answer: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    return decode_timestamp_response(answer)

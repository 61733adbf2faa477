"""Sigstore's keyless signature, beside the workspace key's and over the same statement.

Who signed is an identity that an issuer (OpenID Connect) vouched for: a certificate of some minutes
binds it to a key that is thrown away, and a transparency log shows that both were used then
(Sigstore client spec; bundle v0.3 of sigstore/protobuf-specs). It does not replace the workspace's
key, which `verify` asks for in any case, and like a time stamp it can be taken out.

What is signed are the statement's bytes, the payload of attestation.json's envelope, as an artefact
(rekor, type `hashedrekord`): of those only the SHA-256 reaches the log. A DSSE envelope is sent
whole to a log of version 1 (rekor, type `dsse`, `proposedContent.envelope`), and so the people's
pseudonyms and all figures would leave the house.

Needs the extra `sigstore`.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import (
    Certificate,
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    ObjectIdentifier,
    OtherName,
    RFC822Name,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    UnrecognizedExtension,
    UnsupportedGeneralNameType,
)

from unlearnkit.errors import BadInput, VerificationFailed

if TYPE_CHECKING:
    from sigstore.verify import Verifier
    from sigstore.verify.policy import VerificationPolicy

KEYLESS = "attestation.sigstore.json"
ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
"""The issuer's address in a certificate, and below a name that is neither e-mail address nor URI
(sigstore/fulcio, docs/oid-info.md)."""
USERNAME = ObjectIdentifier("1.3.6.1.4.1.57264.1.7")

MALFORMED = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    ExtensionNotFound,
    DuplicateExtension,
    InvalidVersion,
    UnsupportedAlgorithm,
    UnsupportedGeneralNameType,
)
"""What a bundle that somebody made up raises on the way through sigstore and cryptography."""
LONGEST = 200
"""Characters of an explanation; some hold the whole proof."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Whom an auditor expects to have signed, and the Sigstore instance they trust."""

    identity: str
    """An e-mail address, or the URI of a workload."""
    issuer: str
    verifier: Verifier

    def verify(self, cert: Certificate) -> None:
        """Raises sigstore's VerificationError, which names nobody, for another signer's."""
        from sigstore.errors import VerificationError
        from sigstore.verify.policy import Identity

        try:
            Identity(identity=self.identity, issuer=self.issuer).verify(cert)
        except (VerificationError, ExtensionNotFound):
            raise VerificationError(
                "signed by somebody else than this identity of this issuer"
            ) from None


class _Anybody:
    """For who has just signed; sigstore's own such policy warns of itself."""

    def verify(self, cert: Certificate) -> None:
        """Everybody passes."""


@dataclass(frozen=True, slots=True)
class Signer:
    """What a certificate says: who, by whose word, and the minutes in which it was valid."""

    identity: str
    issuer: str
    begin: datetime
    end: datetime


def is_over(bundle: bytes, statement: bytes) -> bool:
    """Whether a bundle says it is over this statement; nothing of it is verified."""
    try:
        digest = json.loads(bundle)["messageSignature"]["messageDigest"]["digest"]
        return b64decode(digest, validate=True) == hashlib.sha256(statement).digest()
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def signer_of(bundle: bytes, statement: bytes, verifier: Verifier) -> Signer:
    """Who signed this statement, whoever it is.

    Raises VerificationFailed where certificate, log entry or signature do not hold.
    """
    return _signer(bundle, statement, verifier, _Anybody())


def expected_signer(bundle: bytes, statement: bytes, expected: Expected) -> Signer:
    """The signer, who is whom the auditor expects. Raises VerificationFailed."""
    return _signer(bundle, statement, expected.verifier, expected)


def require_sigstore() -> None:
    """Raises BadInput where the extra is not installed."""
    try:
        import sigstore  # noqa: F401
    except ImportError:
        raise BadInput(
            "keyless signatures need the sigstore package", fix="pip install 'unlearnkit[sigstore]'"
        ) from None


def _signer(
    bundle: bytes, statement: bytes, verifier: Verifier, policy: VerificationPolicy
) -> Signer:
    from sigstore.errors import Error
    from sigstore.models import Bundle

    try:
        opened = Bundle.from_json(bundle)
        verifier.verify_artifact(statement, opened, policy)
        certificate = opened.signing_certificate
        identity, issuer = _identity(certificate), _issuer(certificate)
    except (Error, *MALFORMED) as error:
        why = str(error).partition("\n")[0][:LONGEST] or type(error).__name__
        raise VerificationFailed(f"the Sigstore signature does not hold: {why}") from None
    return Signer(
        identity, issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc
    )


def _identity(certificate: Certificate) -> str:
    """The first name of the certificate that sigstore's policy for identities reads."""
    names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    users = names.get_values_for_type(OtherName)
    found = [
        *names.get_values_for_type(RFC822Name),
        *names.get_values_for_type(UniformResourceIdentifier),
        *(one.value.decode() for one in users if one.type_id == USERNAME),
    ]
    return found[0] if found else ""


def _issuer(certificate: Certificate) -> str:
    extension = certificate.extensions.get_extension_for_oid(ISSUER).value
    return extension.value.decode() if isinstance(extension, UnrecognizedExtension) else ""

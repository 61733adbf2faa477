"""Having a report signed through Sigstore: an identity's token goes out, and one digest.

The token is never an argument and part of no message: it comes from a file, a variable, the CI
system, or a login in the browser.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from unlearnkit.artefacts import locked, write_atomic
from unlearnkit.errors import BadInput, Busy, CannotEvaluate
from unlearnkit.report.bundle import attestation_of, open_bundle
from unlearnkit.report.keyless import KEYLESS, Expected, Signer, require_sigstore, signer_of
from unlearnkit.report.signing import load_public_key

if TYPE_CHECKING:
    from requests import Response, Session
    from sigstore.models import ClientTrustConfig, TrustedRoot
    from sigstore.oidc import IdentityToken
    from sigstore.sign import SigningContext
    from sigstore.verify import Verifier

SECONDS = 60.0
"""How long the certificate authority and the log may be silent; a log of version 2 answers no
sooner than the entry is in its tree. The issuer and the public instance's files have 30 seconds,
and a time stamping authority five, of sigstore's own."""
TOKEN = "SIGSTORE_IDENTITY_TOKEN"  # nosec B105 # the name of a variable, sigstore's own
CONFIG = "clienttrustconfig"
"""In the media type of a file that also says where to sign."""
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class ToBeSigned:
    """A report whose signature holds, and the Sigstore instance that is to sign its statement."""

    attestation: Path
    public: SSlibKey
    statement: bytes
    instance: ClientTrustConfig


def prepared(report: Path, key: Path, trust: Path | None) -> ToBeSigned:
    """A report of this key's, and where to sign it.

    `trust` is an instance's ClientTrustConfig (JSON), or else it is Sigstore's public instance,
    whose configuration is fetched and checked against the root in the package (TUF).

    Raises BadInput, VerificationFailed, CannotEvaluate where nobody answers.
    """
    require_sigstore()
    path, public = attestation_of(report), load_public_key(key)
    statement = open_bundle(path, public).envelope.payload
    return ToBeSigned(path, public, statement, _instance(trust))


def identity_token(file: Path | None, instance: ClientTrustConfig, *, ask: bool) -> IdentityToken:
    """A token that an OpenID Connect issuer made for Sigstore, from the first place that has one.

    These are: the file, the variable SIGSTORE_IDENTITY_TOKEN, the CI system, and with `ask` a
    login in the browser. Raises BadInput, CannotEvaluate where the login does not come about.
    """
    from sigstore.oidc import IdentityError, IdentityToken, Issuer

    raw = _read(file, "the token").strip() if file else os.environ.get(TOKEN) or _ambient()
    if file and not raw:
        # No login in its place: that could put another identity into a public log.
        raise BadInput("there is no identity token in this file", where=file)
    if not raw and ask:
        with _asking("the login"):
            return Issuer(instance.signing_config.get_oidc_url()).identity_token()
    if not raw:
        raise BadInput(
            "no identity to sign with: this is no CI system that gives one, and no terminal",
            fix=f"Give the issuer's token: --identity-token-file FILE, or in {TOKEN}.",
        )
    try:
        return IdentityToken(raw)
    except IdentityError:
        raise BadInput(
            "the identity token cannot be used: malformed, expired, or not made for 'sigstore'",
            where=file,
            fix="Get a new one, with the audience 'sigstore'; it is valid for minutes.",
        ) from None


def signed(what: ToBeSigned, token: IdentityToken, seconds: float = SECONDS) -> Signer:
    """Have the statement signed, and put the Sigstore bundle beside the attestation; who signed.

    It takes the place of an earlier one, and is written only once certificate, log entry and
    signature hold. Raises CannotEvaluate where a service does not answer, or not within so many
    `seconds`, VerificationFailed where it answers what does not hold, Busy where the report was
    written again meanwhile.
    """
    verifier = _verifier(what.instance.trusted_root, None)
    context = _context(what.instance, seconds)
    with _asking("Sigstore"), context.signer(token) as signer:
        bundle = signer.sign_artifact(what.statement).to_json().encode()
    who = signer_of(bundle, what.statement, verifier)
    folder = what.attestation.parent
    with locked(folder):
        if open_bundle(what.attestation, what.public).envelope.payload != what.statement:
            raise Busy("the report was written again while it was signed", where=folder)
        write_atomic(folder / KEYLESS, bundle)
    return who


def expected(identity: str, issuer: str, trust: Path | None) -> Expected | None:
    """Whom `verify` asks for; None where neither is given.

    `trust` is a ClientTrustConfig or TrustedRoot (JSON), or else it is Sigstore's public instance.
    Raises BadInput for one without the other, CannotEvaluate where nobody answers.
    """
    if not (identity or issuer or trust):
        return None
    if not (identity and issuer):
        raise BadInput(
            "whom to expect is an identity and the issuer that vouches for it",
            fix="Give both --sigstore-identity and --sigstore-issuer.",
        )
    require_sigstore()
    return Expected(identity, issuer, _verifier(_trusted_root(trust), trust))


def _instance(trust: Path | None) -> ClientTrustConfig:
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig

    if trust is None:
        with _asking("Sigstore's public instance"):
            return ClientTrustConfig.production()
    try:
        found = ClientTrustConfig.from_json(_read(trust, "the trust configuration"))
        address = urlsplit(found.signing_config.get_fulcio().url)
    except (ValueError, Error):
        raise BadInput("not a Sigstore ClientTrustConfig in JSON", where=trust) from None
    if address.scheme != "https" and address.hostname not in HERE:
        raise BadInput(
            "its certificate authority would be sent the identity token without TLS", where=trust
        )
    return found


def _context(instance: ClientTrustConfig, seconds: float) -> SigningContext:
    """Where to sign, with clients that do not wait for ever, as sigstore's do by themselves."""
    from sigstore.sign import SigningContext

    services = instance.signing_config
    authority, log = services.get_fulcio(), services.get_tlogs()[0]
    _bound(authority.session, seconds)
    _bound(log._session, seconds)  # type: ignore[attr-defined]  # that of version 2 has no other
    return SigningContext(
        fulcio=authority,
        rekor=log,
        trusted_root=instance.trusted_root,
        tsa_clients=services.get_tsas(),
    )


def _bound(session: Session, seconds: float) -> None:
    """Whatever the session asks without a timeout gets this one: to connect, and between bytes."""
    from requests.adapters import HTTPAdapter

    class Bounded(HTTPAdapter):
        def send(self, *args: Any, **rest: Any) -> Response:
            return super().send(*args, **rest | {"timeout": rest["timeout"] or seconds})

    for scheme in ("https://", "http://"):
        session.mount(scheme, Bounded())


def _trusted_root(trust: Path | None) -> TrustedRoot:
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig, TrustedRoot

    if trust is None:
        return _instance(None).trusted_root
    text = _read(trust, "what to trust")
    try:
        if CONFIG in json.loads(text)["mediaType"]:
            return ClientTrustConfig.from_json(text).trusted_root
        return TrustedRoot.from_file(str(trust))
    except (ValueError, KeyError, TypeError, Error):
        raise BadInput("not a Sigstore TrustedRoot or ClientTrustConfig", where=trust) from None


def _verifier(root: TrustedRoot, where: Path | None) -> Verifier:
    from sigstore.errors import Error
    from sigstore.verify import Verifier

    try:
        return Verifier(trusted_root=root)
    except (ValueError, Error):
        raise BadInput("names no certificate authority or no log to trust", where=where) from None


def _ambient() -> str:
    """What the CI system gives; empty where there is none. Raises BadInput."""
    from sigstore.oidc import IdentityError, detect_credential

    try:
        return detect_credential() or ""
    except IdentityError:
        raise BadInput(
            "the CI system gives no identity token",
            fix="On GitHub Actions the job needs `permissions: id-token: write`; on GitLab "
            "`id_tokens:` with SIGSTORE_ID_TOKEN and the audience 'sigstore'.",
        ) from None


def _read(path: Path, what: str) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise BadInput(f"cannot read {what}: {error.strerror}", where=path) from None
    except ValueError:
        raise BadInput(f"cannot read {what}: not text", where=path) from None


@contextmanager
def _asking(whom: str) -> Iterator[None]:
    """A service of Sigstore's is asked; what goes wrong is told by its name alone."""
    try:
        yield
    except Exception as error:  # its clients raise plain ones, and requests'
        raise CannotEvaluate(
            f"no answer that could be used from {whom}: {type(error).__name__}",
            fix="The report is as it was. Try the same command again.",
        ) from error

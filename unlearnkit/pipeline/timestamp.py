"""Having a report's signature stamped by a time stamping authority, over the network or by file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from unlearnkit.artefacts import locked, write_atomic
from unlearnkit.errors import BadInput, CannotEvaluate
from unlearnkit.report.bundle import Opened, attestation_of, bundle_bytes, open_bundle
from unlearnkit.report.signing import load_public_key
from unlearnkit.report.timestamp import Stamp, query, require_client, stamp_of

SECONDS = 30.0
QUERY = "application/timestamp-query"
"""RFC 3161, section 3.4."""


def question(report: Path, key: Path) -> bytes:
    """The query for a report's signature, which must be this key's.

    Raises BadInput, VerificationFailed.
    """
    require_client()
    return query(open_bundle(attestation_of(report), load_public_key(key)).signature)


def asked(url: str, question: bytes) -> bytes:
    """What the authority answers, as it came.

    Raises BadInput for no web address, CannotEvaluate where there is no answer.
    """
    import httpx

    try:
        address = urlsplit(url)
    except ValueError:
        address = urlsplit("")
    if address.scheme not in ("http", "https") or not address.hostname:
        raise BadInput("the time stamping authority is not an http or https address")
    try:
        answer = httpx.post(
            url,
            content=question,
            headers={"Content-Type": QUERY},
            timeout=SECONDS,
            follow_redirects=True,
        )
        answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        why = f"it answered with {error.response.status_code}"
    except httpx.HTTPError as error:
        why = type(error).__name__
    else:
        return answer.content
    raise CannotEvaluate(
        f"no time stamp from {address.hostname}: {why}",
        fix="The report is as it was. Try again, or carry the query there: --query FILE.",
    )


def stamped(report: Path, key: Path, answer: bytes) -> Stamp:
    """Put an authority's answer into the report's attestation.

    The file is written only when signature and answer hold together; one that is in it already
    changes nothing. Two processes put theirs in one after the other. Raises BadInput, Busy,
    VerificationFailed.
    """
    require_client()
    path, public = attestation_of(report), load_public_key(key)
    open_bundle(path, public)
    with locked(path.parent):
        bundle: Opened = open_bundle(path, public)
        stamp = stamp_of(answer, bundle.signature)
        if stamp.answer not in bundle.stamps:
            content = bundle_bytes(bundle.envelope, public.keyid, (*bundle.stamps, stamp.answer))
            write_atomic(path, content)
    return stamp

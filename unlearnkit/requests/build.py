"""From what a person asked to a Request that names nobody and a Subject for the vault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from unlearnkit.config import Clock
from unlearnkit.domain import (
    Identifier,
    IdentityState,
    IdentityVerification,
    Request,
    RequestState,
    Subject,
)
from unlearnkit.errors import BadInput
from unlearnkit.pseudonym import keyed_hash
from unlearnkit.requests.clock import Regulation, due_date
from unlearnkit.requests.identifiers import folded

DECLARED = "declared at intake"
"""How an identity was verified where whoever takes the request in says only that it was."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What one line or object of an intake file says, checked but not yet a request."""

    regulation: Regulation
    identifiers: tuple[Identifier, ...]
    submitted: datetime | None = None
    request_id: str | None = None
    verification: IdentityVerification | None = None
    """How the person's identity was verified, where it says that it was."""
    callback_urls: tuple[str, ...] = ()


def build_request(
    identifiers: Iterable[Identifier],
    regulation: Regulation,
    key: bytes,
    now: datetime,
    clock: Clock,
    *,
    submitted: datetime | None = None,
    request_id: str | None = None,
    verification: IdentityVerification | None = None,
    callback_urls: tuple[str, ...] = (),
) -> tuple[Request, Subject]:
    """A received request and who it is about. `now` and `submitted` are aware; `key` is secret.

    Without `submitted` it is submitted now. The deadline counts from the earlier of the two: the
    company had the request when the person sent it, not when somebody imported it here.
    Without `request_id` the id is a keyed hash of the content in the form of a UUIDv4 (RFC 9562),
    so that importing the same file twice gives the same ids. Without `verification` nobody made
    sure yet that it is the person's own request, and it will not be run.
    Raises BadInput when there is no identifier.
    """
    kept = tuple(dict.fromkeys(identifiers))
    if not kept:
        raise BadInput("a request needs at least one identifier: a name, an e-mail, a number")
    received = now.astimezone(UTC)
    sent = submitted.astimezone(UTC) if submitted is not None else received
    content = _content(kept, regulation, sent if submitted is not None else None)
    made = request_id or str(UUID(hex=keyed_hash(key, "request-id", content), version=4))
    request = Request(
        id=made,
        regulation=regulation,
        submitted=sent,
        received=received,
        due=due_date(regulation, min(sent, received), clock),
        state=RequestState.RECEIVED,
        pseudonym=f"S-{keyed_hash(key, 'subject', _people(kept))[:12]}",
        callback_urls=callback_urls,
        **_identity(verification, received),
    )
    return request, Subject(made, kept)


def _identity(verification: IdentityVerification | None, received: datetime) -> dict[str, Any]:
    if verification is None:
        return {"identity": IdentityState.UNVERIFIED}
    return {
        "identity": IdentityState.VERIFIED,
        "verified_how": verification.how,
        "verified_at": verification.at or received,
        "verified_by": verification.by,
    }


def content_digest(request: Request, subject: Subject, key: bytes) -> str:
    """Keyed hash of what was asked; equal for the same request read again at another time."""
    # A request without a time of its own is submitted when it is received: see build_request.
    stated = request.submitted if request.submitted != request.received else None
    content = _content(subject.identifiers, request.regulation, stated)
    return keyed_hash(key, "request-content", content)


def _content(
    identifiers: tuple[Identifier, ...], regulation: str, submitted: datetime | None
) -> str:
    return "\x1d".join(
        (regulation, submitted.isoformat() if submitted else "", _people(identifiers))
    )


def _people(identifiers: tuple[Identifier, ...]) -> str:
    # The separators are control characters, which no identifier may hold.
    return "\x1e".join(
        sorted("\x1f".join((one.kind, one.format, folded(one.value))) for one in identifiers)
    )

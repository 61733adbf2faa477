"""A request taken into the tables of an open session: row, vault and events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from unlearnkit.domain import EventKind, IdentityVerification, Request
from unlearnkit.errors import BadInput
from unlearnkit.ledger import events
from unlearnkit.ledger.replay import verified
from unlearnkit.ledger.rows import as_received, columns, declared, to_request, update
from unlearnkit.ledger.states import CLOSED
from unlearnkit.ledger.tables import RequestRow, VaultRow
from unlearnkit.ledger.vault import Sealed

Clock = Callable[[], datetime]


def add(session: Session, clock: Clock, entry: tuple[Request, Sealed, str], actor: str) -> bool:
    """Whether it is new. Raises BadInput for the same id with another digest."""
    request, sealed, digest = entry
    if sealed.request_id != request.id:
        raise ValueError("the sealed subject belongs to another request")
    told = declared(request)
    there = session.get(RequestRow, request.id)
    if there is not None:
        _check_same(there, digest)
        kept = to_request(there)
        if told is not None and not kept.verified and kept.state not in CLOSED:
            verify(session, clock, there, told, actor)
        return False
    received = as_received(request)
    row = RequestRow(**columns(received), digest=digest)
    session.add(row)
    session.flush()
    session.add(
        VaultRow(
            request_id=request.id,
            wrapped_key=sealed.wrapped_key,
            nonce=sealed.nonce,
            ciphertext=sealed.ciphertext,
        )
    )
    payload = {"request": received.model_dump(mode="json"), "digest": digest}
    events.add_event(session, EventKind.REQUEST_ADDED, payload, request.id, at=clock(), actor=actor)
    if told is not None:
        verify(session, clock, row, told, actor)
    return True


def verify(
    session: Session, clock: Clock, row: RequestRow, verification: IdentityVerification, actor: str
) -> Request:
    """The request with its identity verified. Raises BadInput for one that is closed."""
    by, at = verification.by or actor, verification.at or clock()
    after = verified(to_request(row), verification.how, at, by)
    update(row, after)
    payload = {"how": after.verified_how, "at": at.astimezone(UTC).isoformat(), "by": by}
    events.add_event(session, EventKind.IDENTITY_VERIFIED, payload, row.id, at=clock(), actor=actor)
    return after


def _check_same(there: RequestRow, digest: str) -> None:
    if there.digest != digest:
        raise BadInput(
            f"request {there.id} is already in the ledger, with other content",
            fix="Give the new request an id of its own.",
        )

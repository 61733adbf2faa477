"""The events' rows in an open session: appended behind the last one, and read back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from unlearnkit.domain import EventKind
from unlearnkit.ledger.chain import GENESIS, ChainHead, Event, next_event
from unlearnkit.ledger.rows import event_row, to_event
from unlearnkit.ledger.tables import EventRow

OWN = frozenset(
    {
        *(EventKind.REQUEST_ADDED, EventKind.REQUEST_MOVED, EventKind.IDENTITY_VERIFIED),
        *(EventKind.EXTENDED, EventKind.LISTED),
    }
)
"""What only the ledger itself writes."""
APPENDED = "appended"
"""In `Session.info`, where an event was appended."""


def add_event(
    session: Session,
    kind: EventKind,
    payload: dict[str, Any],
    request_id: str | None,
    *,
    at: datetime,
    actor: str,
) -> Event:
    """One event more. Raises ValueError for what JSON cannot say."""
    event = next_event(
        _first(session, _newest()),
        time=at.astimezone(UTC).isoformat(),
        actor=actor,
        kind=kind,
        request_id=request_id,
        payload=payload,
    )
    session.add(event_row(event))
    session.flush()
    session.info[APPENDED] = True
    return event


def every(session: Session) -> list[Event]:
    """All of them, first to last."""
    return [to_event(row) for row in session.scalars(select(EventRow).order_by(EventRow.seq))]


def those_of(session: Session, kind: EventKind, request_id: str | None) -> list[Event]:
    """Those of a kind about one request, newest first; None: about none."""
    return [to_event(row) for row in session.scalars(_of(kind, request_id))]


def last_of(session: Session, kind: EventKind, request_id: str | None) -> Event | None:
    """The newest of those, the only one that is read."""
    return _first(session, _of(kind, request_id))


def head(session: Session) -> ChainHead:
    """The chain's end."""
    last = _first(session, _newest())
    return ChainHead(last.seq, last.hash) if last else ChainHead(0, GENESIS)


def _newest() -> Select[EventRow]:
    return select(EventRow).order_by(EventRow.seq.desc())


def _of(kind: EventKind, request_id: str | None) -> Select[EventRow]:
    return _newest().where(EventRow.kind == kind, EventRow.request_id == request_id)


def _first(session: Session, query: Select[EventRow]) -> Event | None:
    row = session.scalars(query.limit(1)).first()
    return to_event(row) if row else None

"""Between the rows of the tables and what they stand for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from unlearnkit.artefacts import canonical
from unlearnkit.counted import counted
from unlearnkit.domain import IdentityState, IdentityVerification, Request
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger.chain import Event
from unlearnkit.ledger.tables import EventRow, RequestRow


def columns(request: Request) -> dict[str, Any]:
    """Column -> value, for all of the request's fields."""
    return {name: getattr(request, name) for name in Request.model_fields} | {
        "state": request.state.value,
        "identity": request.identity.value,
        "callback_urls": json.dumps(request.callback_urls),
    }


def update(row: RequestRow, request: Request) -> None:
    """Make the row say what the request says."""
    for name, value in columns(request).items():
        setattr(row, name, value)


def to_request(row: RequestRow) -> Request:
    """The request of a row. Raises ValueError where something was put in from outside."""
    fields = {name: getattr(row, name) for name in Request.model_fields}
    return Request.model_validate(fields | {"callback_urls": json.loads(row.callback_urls)})


def declared(request: Request) -> IdentityVerification | None:
    """What a request that comes verified says about it."""
    if not request.verified:
        return None
    return IdentityVerification(request.verified_how, request.verified_by, request.verified_at)


def as_received(request: Request) -> Request:
    """The request before its identity was verified, which is an event of its own."""
    if not request.verified:
        return request
    changes = {"verified_how": "", "verified_at": None, "verified_by": ""}
    return request.model_copy(update={"identity": IdentityState.UNVERIFIED, **changes})


def find_row(session: Session, id_or_prefix: str) -> RequestRow:
    """The row of the one request whose id begins so. Raises BadInput, which never repeats it."""
    wanted = id_or_prefix.strip().lower()
    exact = session.get(RequestRow, wanted)
    if exact is not None:
        return exact
    found: Sequence[RequestRow] = []
    if wanted:
        begins = RequestRow.id.startswith(wanted, autoescape=True)
        found = session.scalars(select(RequestRow).where(begins)).all()
    if len(found) != 1:
        several = counted(len(found), "request begins", "requests begin")
        what = f"{several} with this id" if found else "no request has this id"
        raise BadInput(what, fix="'unlearnkit request list' shows the ids.")
    return found[0]


def to_event(row: EventRow) -> Event:
    """The event of a row. Raises VerificationFailed where its payload is no JSON object."""
    try:
        payload = json.loads(row.payload)
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        raise VerificationFailed(
            f"event {row.seq} of the ledger does not hold: no JSON object",
            fix="Compare the ledger with a backup.",
        )
    return Event(
        row.seq,
        row.time,
        row.actor,
        row.kind,
        row.request_id,
        payload,
        row.previous,
        row.hash,
    )


def event_row(event: Event) -> EventRow:
    """The event's row, with the payload as it was hashed."""
    return EventRow(
        seq=event.seq,
        time=event.time,
        actor=event.actor,
        kind=event.kind,
        request_id=event.request_id,
        payload=canonical(event.payload).decode(),
        previous=event.previous,
        hash=event.hash,
    )

"""What the events say the requests must look like: the table is only their sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from pydantic import ValidationError

from unlearnkit.domain import Request, RequestState
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger.chain import Event
from unlearnkit.ledger.states import CLOSED, check_transition

ADDED = "request_added"
MOVED = "request_moved"


@dataclass(frozen=True, slots=True)
class Entry:
    """A request and the keyed digest of its content."""

    request: Request
    digest: str


def moved(request: Request, state: RequestState, reason: str) -> Request:
    """The request in its next state; a reason is kept on it only when it is rejected."""
    kept = reason.strip() if state is RequestState.REJECTED else request.reason
    return request.model_copy(update={"state": state, "reason": kept})


def replay(events: Iterable[Event]) -> dict[str, Entry]:
    """Request id -> how it stands after all events. VerificationFailed on impossible ones."""
    entries: dict[str, Entry] = {}
    for event in events:
        try:
            if event.kind == ADDED:
                request = Request.model_validate(event.payload["request"])
                entries[request.id] = Entry(request, event.payload["digest"])
            elif event.kind == MOVED:
                before = entries[str(event.request_id)]
                state, reason = RequestState(event.payload["to"]), str(event.payload["reason"])
                check_transition(before.request.state, state, reason)
                after = moved(before.request, state, reason)
                entries[after.id] = Entry(after, before.digest)
        except (KeyError, ValidationError, ValueError, TypeError, BadInput):
            raise VerificationFailed(
                f"event {event.seq} of the ledger says what cannot have happened"
            ) from None
    return entries


def check_vault(entries: Mapping[str, Entry], held: Set[str]) -> None:
    """Raises VerificationFailed unless the vault holds the open requests' identifiers, and no more.

    `held` are the requests it has a row for.
    """
    for request_id, entry in sorted(entries.items()):
        closed = entry.request.state in CLOSED
        if closed == (request_id in held):
            what = "were put back into the vault" if closed else "are gone from the vault"
            raise VerificationFailed(
                f"the identifiers of request {request_id} {what}",
                fix="Compare the ledger with a backup; the events are intact.",
            )

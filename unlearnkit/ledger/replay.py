"""What the events say the requests must look like: the table is only their sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import ValidationError

from unlearnkit.domain import EventKind, IdentityState, Request, RequestState
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger.chain import Event
from unlearnkit.ledger.states import CLOSED, check_transition


@dataclass(frozen=True, slots=True)
class Entry:
    """A request and the keyed digest of its content."""

    request: Request
    digest: str


def moved(request: Request, state: RequestState, reason: str) -> Request:
    """The request in its next state; a reason is kept on it only when it is rejected."""
    kept = reason.strip() if state is RequestState.REJECTED else request.reason
    return request.model_copy(update={"state": state, "reason": kept})


def verified(request: Request, how: str, at: datetime, by: str) -> Request:
    """The request with its identity verified. Raises BadInput when it is closed, or `how` empty."""
    if request.state in CLOSED:
        raise BadInput(f"request {request.id} is {request.state}: there is nothing to verify")
    if not how.strip():
        raise BadInput("say how the person's identity was verified, without naming the person")
    return request.model_copy(
        update={
            "identity": IdentityState.VERIFIED,
            "verified_how": how.strip(),
            "verified_at": at.astimezone(UTC),
            "verified_by": by,
        }
    )


def extended(request: Request, due: datetime, reason: str, at: datetime) -> Request:
    """The request with its later deadline. Raises BadInput: closed, extended already, no reason."""
    if request.state in CLOSED:
        raise BadInput(f"request {request.id} is {request.state}: no term runs any more")
    if request.extended_at is not None:
        raise BadInput(
            f"request {request.id} was extended on {request.extended_at:%Y-%m-%d} already",
            fix="The law allows it once (GDPR Art. 12(3); 11 CCR 7021(b)).",
        )
    if not reason.strip():
        raise BadInput(
            "an extension needs a reason (GDPR Art. 12(3): the person is told why)",
            fix="Give the reason in words, without the person's name.",
        )
    if due <= request.due:
        raise BadInput(f"request {request.id} is due no later than it is already")
    return request.model_copy(
        update={
            "due": due.astimezone(UTC),
            "extended_at": at.astimezone(UTC),
            "extension_reason": reason.strip(),
        }
    )


def replay(events: Iterable[Event]) -> dict[str, Entry]:
    """Request id -> how it stands after all events. VerificationFailed on impossible ones."""
    entries: dict[str, Entry] = {}
    for event in events:
        try:
            if event.kind == EventKind.REQUEST_ADDED:
                request = Request.model_validate(event.payload["request"])
                entries[request.id] = Entry(request, event.payload["digest"])
            elif event.kind == EventKind.REQUEST_MOVED:
                before = entries[str(event.request_id)]
                state, reason = RequestState(event.payload["to"]), str(event.payload["reason"])
                check_transition(before.request, state, reason)
                entries[before.request.id] = replace(
                    before, request=moved(before.request, state, reason)
                )
            elif event.kind in (EventKind.IDENTITY_VERIFIED, EventKind.EXTENDED):
                before = entries[str(event.request_id)]
                entries[before.request.id] = replace(
                    before, request=_recorded(before.request, event)
                )
        except (KeyError, ValidationError, ValueError, TypeError, BadInput):
            raise VerificationFailed(
                f"event {event.seq} of the ledger says what cannot have happened",
                fix="Compare the ledger with a backup.",
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


def _recorded(request: Request, event: Event) -> Request:
    """The request after its identity was verified or its term extended."""
    said = {name: str(value) for name, value in event.payload.items()}
    if event.kind == EventKind.IDENTITY_VERIFIED:
        return verified(request, said["how"], datetime.fromisoformat(said["at"]), said["by"])
    due, at = datetime.fromisoformat(said["to"]), datetime.fromisoformat(said["at"])
    return extended(request, due, said["reason"], at)

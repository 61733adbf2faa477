"""What is recorded about a request beside its state: whose it is, until when, who is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from unlearnkit.counted import counted, noun
from unlearnkit.domain import IdentityVerification, Request, RequestState
from unlearnkit.errors import BadInput, CannotEvaluate
from unlearnkit.ledger.chain import Event
from unlearnkit.ledger.states import CLOSED, unverified
from unlearnkit.pipeline.context import Context
from unlearnkit.requests.clock import extended_due_date, last_time_to_extend
from unlearnkit.requests.identifiers import refuse_identifiers
from unlearnkit.requests.status import status_bodies

OPEN = (RequestState.RECEIVED, RequestState.IN_REVIEW, RequestState.READY)
"""States in which a request's records may still be searched for."""


class Urgency(StrEnum):
    """How much the statutory clock presses."""

    CLOSED = "closed"
    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"


SOON = 7
"""Whole days that are left, at most."""


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """What is left of the time to answer, in words and as a grade."""

    words: str
    urgency: Urgency


def is_open(request: Request) -> bool:
    """Whether an answer is still owed."""
    return request.state not in CLOSED


def closed_at(context: Context, request: Request) -> datetime | None:
    """When it was completed or rejected; None while it is open."""
    if is_open(request):
        return None
    times = [one.time for one in history(context, request) if one.payload.get("to") in CLOSED]
    return datetime.fromisoformat(times[-1]) if times else None


def history(context: Context, request: Request) -> list[Event]:
    """Everything that happened to it, in order."""
    return [one for one in context.ledger.events() if one.request_id == request.id]


def refuse_closed(taken: Iterable[Request]) -> None:
    """Raise BadInput where one of these, just taken in, was closed before and states no date.

    Whoever asks again is not to be told that all is well: their new request is not there. What
    states its own date is the old request itself, as in a file that grows from day to day.
    """
    closed = {one.id for one in taken if not is_open(one) and one.submitted == one.received}
    if closed:
        raise BadInput(
            f"{counted(len(closed), 'request')} without a date of submission "
            f"{noun(len(closed), 'is', 'are')} closed already and not taken in again",
            fix="A new request that says the same cannot be told from the old one. If the person "
            "asks anew, give the request a new id, or the date on which it was submitted.",
        )


def open_first(requests: Iterable[Request]) -> list[Request]:
    """The same, those that an answer is owed to first; otherwise in their order."""
    return sorted(requests, key=lambda one: not is_open(one))


def time_left(request: Request, at: datetime) -> TimeLeft:
    """Time until it is due; a closed request has no clock."""
    if not is_open(request):
        return TimeLeft("closed", Urgency.CLOSED)
    days = abs(request.due - at).days
    told = counted(days, "day") if days else "hours"
    if request.due < at:
        return TimeLeft(f"{told} over", Urgency.OVERDUE)
    return TimeLeft(told, Urgency.SOON if days <= SOON else Urgency.LATER)


def verify_identity(context: Context, request_id: str, how: str) -> tuple[Request, bool]:
    """The request, verified by whoever works here, and whether it was not before.

    Raises BadInput: unknown, closed, or `how` is empty or names the person.
    """
    request = context.ledger.request(request_id)
    if request.state not in CLOSED:
        _names_nobody(context, request, how)
    return context.ledger.verify_identity(request.id, IdentityVerification(how), context.actor)


def extend(context: Context, request_id: str, reason: str) -> Request:
    """The request with the term the law allows it with a reason (GDPR Art. 12(3); 11 CCR 7021(b)).

    Raises BadInput: unknown, closed, extended before, too late for it, the workspace's settings
    leave nothing to extend by, or the reason is missing or names the person.
    """
    request = context.ledger.request(request_id)
    clock = context.workspace.config.clock
    due = extended_due_date(request.regulation, request.since, clock)
    if request.state not in CLOSED and request.extended_at is None:
        _names_nobody(context, request, reason)
        last = last_time_to_extend(request.regulation, request.since, clock)
        if due <= request.due:
            raise BadInput(
                "the settings leave nothing to extend by: they give the whole term at once",
                fix="See 'clock' in unlearnkit.yaml.",
            )
        if context.now() > last:
            raise BadInput(
                f"request {request.id} can no longer be extended: the person had to be told by "
                f"{last:%Y-%m-%d}",
                fix="Answer it now: a late answer is better than none.",
            )
    return context.ledger.extend(request.id, due, reason, context.actor)


def due_within(context: Context, term: timedelta) -> list[Request]:
    """Open requests that are due by then or overdue, verified or not; the first due first.

    The clock runs whatever time it takes to verify who asks (11 CCR 7021(b)).
    """
    by = context.now() + term
    return [one for one in context.ledger.requests() if one.state not in CLOSED and one.due <= by]


def opendsr_status(context: Context, request_id: str) -> list[dict[str, str]]:
    """The status documents for the controller: see `status_bodies`. Raises BadInput."""
    request = context.ledger.request(request_id)
    return status_bodies(request, context.workspace.config.opendsr.controller_id)


def runnable(request: Request) -> Request:
    """The request itself. Raises BadInput when its records may not be searched for."""
    if request.state not in OPEN:
        raise BadInput(f"request {request.id} is {request.state}: its records are not searched for")
    if not request.verified:
        raise unverified(request)
    return request


def left_out(context: Context) -> list[Request]:
    """Open requests that are not run, because nobody has verified whose they are."""
    return [one for one in context.ledger.requests() if one.state in OPEN and not one.verified]


def only_left_out(waiting: list[Request]) -> CannotEvaluate:
    """Says that no request is left to run but these."""
    return CannotEvaluate(
        f"no request can be run: of {counted(len(waiting), 'open request')} nobody has verified "
        f"yet that {noun(len(waiting), 'it is', 'they are')} the person's own",
        fix="\n".join(
            f"Run: unlearnkit request verify-identity {one.id} --how TEXT" for one in waiting[:5]
        ),
    )


def _names_nobody(context: Context, request: Request, text: str) -> None:
    refuse_identifiers(text, context.ledger.subject(request.id, context.workspace.vault_key))

"""Which way a request may go: the order of the line, and back where a stage has to be redone."""

from __future__ import annotations

from unlearnkit.domain import IdentityState, Request, RequestState
from unlearnkit.errors import BadInput

NEXT: dict[RequestState, frozenset[RequestState]] = {
    RequestState.RECEIVED: frozenset(
        {RequestState.IN_REVIEW, RequestState.READY, RequestState.REJECTED}
    ),
    RequestState.IN_REVIEW: frozenset({RequestState.READY, RequestState.REJECTED}),
    # Back to review when a changed corpus has new uncertain matches; completed at once when no
    # record concerns the person, so that there is nothing to unlearn.
    RequestState.READY: frozenset(
        {
            RequestState.IN_REVIEW,
            RequestState.UNLEARNED,
            RequestState.COMPLETED,
            RequestState.REJECTED,
        }
    ),
    # Back to ready when the audited model failed its gate.
    RequestState.UNLEARNED: frozenset({RequestState.READY, RequestState.COMPLETED}),
    RequestState.COMPLETED: frozenset(),
    RequestState.REJECTED: frozenset(),
}

CLOSED = frozenset(state for state, ways in NEXT.items() if not ways)
"""Nothing follows: the person's identifiers are erased from the vault."""


def check_transition(request: Request, to: RequestState, reason: str) -> None:
    """Raises BadInput unless the request may become `to`; a rejection needs a reason.

    One whose identity was not verified can only be rejected. Those of a ledger that did not record
    it went their ways without, and what a run of theirs was then settled may still be.
    """
    now = request.state
    if to not in NEXT[now]:
        ways = ", ".join(sorted(NEXT[now])) or "nothing: it is closed"
        raise BadInput(f"a request that is {now} cannot become {to}", fix=f"It can become {ways}.")
    if request.identity is IdentityState.UNVERIFIED and to is not RequestState.REJECTED:
        raise unverified(request)
    if to is RequestState.REJECTED and not reason.strip():
        raise BadInput(
            "a rejection needs a reason (GDPR Art. 12(4): the person is told why)",
            fix="Give the reason in words, without the person's name.",
        )


def unverified(request: Request) -> BadInput:
    """What is said to whoever wants to run a request before its identity was verified."""
    return BadInput(
        f"request {request.id} is not run: nobody has verified yet that it is the person's own",
        fix=f"Run: unlearnkit request verify-identity {request.id} --how TEXT",
    )

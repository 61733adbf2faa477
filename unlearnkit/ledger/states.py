"""Which way a request may go: the order of the line, and back where a stage has to be redone."""

from __future__ import annotations

from unlearnkit.domain import RequestState
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


def check_transition(now: RequestState, to: RequestState, reason: str) -> None:
    """Raises BadInput unless a request may go from `now` to `to`; a rejection needs a reason."""
    if to not in NEXT[now]:
        ways = ", ".join(sorted(NEXT[now])) or "nothing: it is closed"
        raise BadInput(f"a request that is {now} cannot become {to}", fix=f"It can become {ways}.")
    if to is RequestState.REJECTED and not reason.strip():
        raise BadInput(
            "a rejection needs a reason (GDPR Art. 12(4): the person is told why)",
            fix="Give the reason in words, without the person's name.",
        )

"""The ways a request may go."""

from __future__ import annotations

from itertools import pairwise

import pytest

from unlearnkit.domain import RequestState
from unlearnkit.errors import BadInput
from unlearnkit.ledger.states import NEXT, check_transition

S = RequestState


def test_the_straight_line_is_allowed() -> None:
    for now, to in pairwise([S.RECEIVED, S.IN_REVIEW, S.READY, S.UNLEARNED, S.COMPLETED]):
        check_transition(now, to, "")


@pytest.mark.parametrize(
    ("now", "to"),
    [
        (S.RECEIVED, S.UNLEARNED),
        (S.RECEIVED, S.COMPLETED),
        (S.IN_REVIEW, S.UNLEARNED),
        (S.UNLEARNED, S.REJECTED),
        (S.COMPLETED, S.READY),
        (S.REJECTED, S.READY),
    ],
)
def test_no_stage_is_skipped_and_closed_is_closed(now: S, to: S) -> None:
    with pytest.raises(BadInput, match=f"that is {now} cannot become {to}"):
        check_transition(now, to, "because")


def test_a_rejection_needs_a_reason() -> None:
    check_transition(S.RECEIVED, S.REJECTED, "Art. 17(3)(e)")
    with pytest.raises(BadInput, match="needs a reason"):
        check_transition(S.RECEIVED, S.REJECTED, "  ")


def test_every_state_has_its_ways() -> None:
    assert set(NEXT) == set(RequestState)

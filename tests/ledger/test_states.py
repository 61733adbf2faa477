"""The ways a request may go."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.ledger.samples import request
from unlearnkit.domain import IdentityState, Request, RequestState
from unlearnkit.errors import BadInput
from unlearnkit.ledger.states import NEXT, check_transition

S = RequestState


def one(state: S, identity: IdentityState = IdentityState.VERIFIED) -> Request:
    return request().model_copy(update={"state": state, "identity": identity})


def test_the_straight_line_is_allowed() -> None:
    for now, to in pairwise([S.RECEIVED, S.IN_REVIEW, S.READY, S.UNLEARNED, S.COMPLETED]):
        check_transition(one(now), to, "")


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
        check_transition(one(now), to, "because")


def test_a_rejection_needs_a_reason() -> None:
    check_transition(one(S.RECEIVED), S.REJECTED, "Art. 17(3)(e)")
    with pytest.raises(BadInput, match="needs a reason"):
        check_transition(one(S.RECEIVED), S.REJECTED, "  ")


@pytest.mark.parametrize("to", [S.IN_REVIEW, S.READY])
def test_an_unverified_request_goes_nowhere(to: S) -> None:
    with pytest.raises(BadInput, match="nobody has verified yet") as refusal:
        check_transition(one(S.RECEIVED, IdentityState.UNVERIFIED), to, "")
    assert "request verify-identity" in refusal.value.fix


def test_an_unverified_request_can_be_rejected() -> None:
    check_transition(one(S.RECEIVED, IdentityState.UNVERIFIED), S.REJECTED, "not the person")


def test_a_run_of_an_older_ledger_may_be_brought_to_its_end() -> None:
    for now, to in pairwise([S.READY, S.UNLEARNED, S.COMPLETED]):
        check_transition(one(now, IdentityState.NOT_RECORDED), to, "")


def test_every_state_has_its_ways() -> None:
    assert set(NEXT) == set(RequestState)


def test_who_goes_a_wrong_way_is_told_the_right_ones() -> None:
    with pytest.raises(BadInput) as refusal:
        check_transition(one(S.IN_REVIEW), S.UNLEARNED, "")
    assert refusal.value.fix == "It can become ready, rejected."
    with pytest.raises(BadInput) as refusal:
        check_transition(one(S.REJECTED), S.READY, "")
    assert refusal.value.fix == "It can become nothing: it is closed."


def test_who_rejects_without_a_reason_is_told_not_to_name_the_person() -> None:
    with pytest.raises(BadInput) as refusal:
        check_transition(one(S.RECEIVED), S.REJECTED, "")
    assert "without the person's name" in refusal.value.fix

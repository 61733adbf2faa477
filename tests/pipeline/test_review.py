"""The sheet of a request: what waits, what comes next, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.report import sample
from unlearnkit.domain import Certainty, Decision, Located, Match
from unlearnkit.pipeline.review import Sheet, reviewed

REQUEST = sample.requests()[0]
CLASSES = [Certainty.CERTAIN, *[Certainty.UNCERTAIN] * 3, Certainty.RELATED]


def sheet(*decided: int) -> Sheet:
    """Five matches, of which these were decided, in this order."""
    matches = tuple(
        Match(
            request_id=REQUEST.id,
            record_id=str(number),
            certainty=certainty,
            score=0.5,
            evidence=(),
            reason="why",
        )
        for number, certainty in enumerate(CLASSES, 1)
    )
    made = tuple(
        Decision(
            request_id=REQUEST.id,
            record_id=str(one),
            accepted=True,
            by="me",
            at=datetime(2026, 3, 1, tzinfo=UTC),
        )
        for one in decided
    )
    found = Located(request_id=REQUEST.id, corpus_digest="c", matches=matches, record_count=9)
    return Sheet(REQUEST, found, made, "digest")


def test_what_is_not_certain_waits_in_order() -> None:
    assert sheet().left == (2, 3, 4, 5)
    assert sheet(3, 1).left == (2, 4, 5)
    assert sheet(3).left_after(2) == 4
    assert sheet(3).left_after(5) is None


def test_what_was_decided_can_be_asked_about_again_with_its_answer() -> None:
    assert sheet(3).again == (2, 3, 4, 5)
    assert sheet(3, 1).again == (1, 2, 3, 4, 5)
    assert sheet(3, 1).answers == {1: "accept", 3: "accept"}


def test_a_review_came_to_what_is_new_what_is_otherwise_and_what_is_left() -> None:
    after = sheet(2, 3)
    otherwise = after.made[0].model_copy(update={"accepted": False})
    after = replace(after, made=(*after.made, otherwise))
    done = reviewed(sheet(2), after)
    assert (done.decided, done.changed, done.left) == (1, 1, 2)


def test_the_way_back_is_the_order_of_deciding() -> None:
    assert sheet().decided_before() is None
    made = sheet(4, 2, 5)
    assert made.decided_before() == 5
    assert made.decided_before(3) == 5
    assert made.decided_before(5) == 2
    assert made.decided_before(4) is None


def test_what_is_decided_again_is_the_latest() -> None:
    assert list(sheet(4, 2, 4).decided) == ["2", "4"]
    assert sheet(4, 2, 4).decided_before() == 4


@given(st.lists(st.integers(1, 5), max_size=8))
def test_the_way_back_visits_everything_decided_once(decided: list[int]) -> None:
    made, seen = sheet(*decided), list[int]()
    at = made.decided_before()
    while at is not None:
        seen.append(at)
        at = made.decided_before(at)
    assert sorted(seen) == sorted(set(decided))


def test_there_is_no_match_beside_the_numbers() -> None:
    assert [bool(sheet().match(number)) for number in (-1, 0, 1, 5, 6)] == [
        *(False, False, True, True, False)
    ]

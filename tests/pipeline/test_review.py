"""The sheet of a request: what waits, what comes next, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.company import Line, opened
from tests.report import sample
from unlearnkit.domain import Certainty, Decision, Located, Match
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.review import Sheet, export, matched_records, reviewed, take_in
from unlearnkit.pipeline.review import sheet as sheet_of

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


def test_a_file_that_is_filled_in_decides(line: Line, tmp_path: Path) -> None:
    file, request_id = tmp_path / "sheet.csv", next(iter(line.story.truth))
    with opened(line.copy_ready(tmp_path / "work")) as context:
        before = sheet_of(context, context.ledger.request(request_id))
        export(context, before, file)
        same = reviewed(before, take_in(context, before, file))
        assert (same.decided, same.changed) == (0, 0)
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(",accept,", ",reject,", 1), encoding="utf-8")
        after = take_in(context, before, file)
        assert reviewed(before, after).changed == 1
        assert after.made[-1].by == context.actor
        with pytest.raises(BadInput, match="the workspace's own"):
            export(context, after, context.workspace.reviews_dir / "sheet.csv")


def test_the_records_of_a_closed_request_are_not_shown(line: Line, tmp_path: Path) -> None:
    with opened(line.copy(tmp_path / "work")) as context:
        closed = sheet_of(context, context.ledger.request(next(iter(line.story.truth))))
        with pytest.raises(BadInput, match="is completed: its records are not searched for"):
            matched_records(context, closed)

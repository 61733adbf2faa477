"""The review in the terminal: a key for each answer, and a way back."""

from __future__ import annotations

import io
import os
import pty
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from tests.report import sample
from unlearnkit.cli.reviewing import review_each
from unlearnkit.domain import (
    Certainty,
    Decision,
    Evidence,
    IdentifierKind,
    IdentityState,
    Located,
    Match,
    Record,
    RequestState,
)
from unlearnkit.locate.review import answered
from unlearnkit.pipeline.review import Sheet

TEXTS = {
    "one": "Zoltana called about the oven.",
    "two": "Bob's oven is late. Zoltana said so.",
    "three": "Z. Q. has the key.",
}
REQUEST = sample.requests()[0].model_copy(
    update={"state": RequestState.IN_REVIEW, "identity": IdentityState.VERIFIED}
)


def match(record_id: str, certainty: Certainty) -> Match:
    start = TEXTS[record_id].index("Z")
    end = TEXTS[record_id].index(" ", start)
    evidence = Evidence(
        kind=IdentifierKind.NAME, how="partial", start=start, end=end, recogniser="name"
    )
    return Match(
        request_id=REQUEST.id,
        record_id=record_id,
        certainty=certainty,
        score=0.5,
        evidence=(evidence,),
        reason="the name alone",
    )


WHOLE = "it would go whole"
WAITING = [
    match("one", Certainty.UNCERTAIN),
    match("two", Certainty.RELATED),
    match("three", Certainty.UNCERTAIN),
]
RECORDS = {name: Record(id=name, text=text) for name, text in TEXTS.items()}
Press = Callable[..., tuple[list[tuple[str, str]], str]]


def sheet(waiting: Sequence[Match] = WAITING, made: Sequence[Decision] = ()) -> Sheet:
    matches = tuple(waiting)
    found = Located(request_id=REQUEST.id, corpus_digest="c", matches=matches, record_count=9)
    return Sheet(REQUEST, found, tuple(made), "digest")


def decided(sheet: Sheet, records: Mapping[str, Record] = RECORDS) -> Iterator[tuple[str, str]]:
    """Record id and answer of each that is decided when all are asked about."""
    matches = sheet.found.matches
    for number, answer in review_each(sheet, range(1, len(matches) + 1), records):
        yield matches[number - 1].record_id, answer


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Press]:
    """Review at a terminal of its own, with these keys; what was decided, and what was shown."""
    master, slave = pty.openpty()

    def pressed(
        *keys: str,
        waiting: Sequence[Match] = WAITING,
        records: Mapping[str, Record] = RECORDS,
    ) -> tuple[list[tuple[str, str]], str]:
        made: list[tuple[str, str]] = []
        review = threading.Thread(
            target=lambda: made.extend(decided(sheet(waiting), records)), daemon=True
        )
        review.start()
        shown = ""
        for number, key in enumerate(keys, start=1):
            while shown.count("[q]uit") < number or takes_lines(slave):
                assert review.is_alive(), shown
                shown += capsys.readouterr().err
                time.sleep(0.002)
            os.write(master, key.encode())
        review.join(timeout=30)
        assert not review.is_alive()
        return made, shown + capsys.readouterr().err

    with os.fdopen(slave) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield pressed
    os.close(master)


def test_what_was_decided_earlier_is_shown_and_left_by_enter(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = zip(WAITING, ("accept", "spans", "reject"), strict=True)
    made = [answered(one, answer, "somebody", sample.NOW) for one, answer in earlier]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\na\n\n"))
    assert list(decided(sheet(made=made))) == [("two", "accept")]
    assert "1 of 3, 3 decided" in capsys.readouterr().err


def takes_lines(terminal: int) -> bool:
    """Whether a key waits for Enter."""
    return bool(termios.tcgetattr(terminal)[3] & termios.ICANON)


def test_a_key_is_an_answer(press: Press) -> None:
    made, shown = press("a", "p", "r", "q")
    assert made == [("one", "accept"), ("two", "spans"), ("three", "reject")]
    assert "3 of 3, 2 decided: record three" in shown


def test_enter_is_what_is_suggested(press: Press) -> None:
    """Nothing for the uncertain ones; part of somebody else's."""
    assert press("\r", "\r", "\r", "\r")[0] == [("two", "spans")]


def test_undo_goes_back_and_the_new_answer_takes_the_place_of_the_old(press: Press) -> None:
    made, _ = press("a", "u", "r", "q")
    assert made == [("one", "accept"), ("one", "reject")]


def test_undo_and_enter_leave_it_as_it_was(press: Press) -> None:
    made, _ = press("a", "s", "u", "u", "\r", "\r", "r", "q")
    assert made == [("one", "accept"), ("two", "spans"), ("three", "reject")]


def test_nothing_comes_before_the_first(press: Press) -> None:
    _, shown = press("s", "q")
    assert [("[u]ndo" in line) for line in shown.splitlines() if "[q]uit" in line] == [False, True]


def test_whoever_quits_keeps_what_was_decided(press: Press) -> None:
    assert press("r", "q")[0] == [("one", "reject")]


@pytest.mark.parametrize("keys", [["r"], ["r", "a", "r"]])
def test_ctrl_d_is_quit(press: Press, keys: list[str]) -> None:
    """While one is asked about, and when all were."""
    made, shown = press(*keys, "\x04")
    assert len(made) == len(keys)
    assert shown.endswith("quit\n")


def test_the_end_of_what_is_piped_in_is_quit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("r\n"))
    assert list(decided(sheet())) == [("one", "reject")]


def test_the_last_answer_can_be_undone_too(press: Press) -> None:
    made, _ = press("a", "p", "r", "u", "a", "\r")
    assert made[2:] == [("three", "reject"), ("three", "accept")]


def test_what_was_decided_is_not_skipped(press: Press) -> None:
    """It is kept already: skipping would look as if it was open again."""
    _, shown = press("a", "u", "q")
    asked = [line for line in shown.splitlines() if "[q]uit" in line]
    assert [("[s]kip" in line) for line in asked] == [True, True, False]


def test_a_record_can_neither_hide_its_text_nor_break_the_review(press: Press) -> None:
    odd = "one[/red]\x1b[31m"
    hidden = Record(id=odd, text=TEXTS["one"] + "\x1b]0;title\x07\u202egnihton\u202c")
    asked = match("one", Certainty.UNCERTAIN).model_copy(update={"record_id": odd})
    made, shown = press("a", "q", waiting=[asked], records={odd: hidden})
    assert made == [(odd, "accept")]
    assert "one[/red]" in shown
    assert "oven" in shown
    assert not [one for one in ("\x1b]0;", "\x1b[31m", "\u202e", "\x07") if one in shown]


def test_it_says_where_spans_would_forget_somebody_elses_record_whole(press: Press) -> None:
    whole = [match("one", Certainty.RELATED)]
    assert WHOLE in " ".join(press("q", waiting=whole)[1].split())
    assert WHOLE not in " ".join(press("q", waiting=[match("two", Certainty.RELATED)])[1].split())
    assert WHOLE not in " ".join(press("q")[1].split())

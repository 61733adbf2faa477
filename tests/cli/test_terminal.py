"""What is printed of words that are somebody else's, as the names in a folder that is verified."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from unlearnkit.cli.terminal import (
    as_words,
    complain,
    in_line,
    out,
    plain_passes,
    plain_progress,
    say,
)
from unlearnkit.domain import TrainingPass
from unlearnkit.errors import BadInput


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ö [red]x[/red] [/]", "ö [red]x[/red] [/]"),
        ("\x1b[2K\rholds", "\\x1b[2K\\rholds"),
        ("a\nb\u202ec\x9b\udcff", "a\nb\\u202ec\\x9b\\udcff"),
    ],
    ids=["markup", "a line that is written over", "other controls"],
)
def test_it_stands_there_as_it_is(text: str, shown: str) -> None:
    assert Text.from_markup(as_words(text)).plain == shown


def test_in_a_line_a_break_is_shown_and_begins_none() -> None:
    assert Text.from_markup(in_line("x\n::error::[b]\x1b[31m")).plain == (
        "x\\n::error::[b]\\x1b[31m"
    )


def test_what_is_wrong_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    complain(BadInput("'x\n::error::y\x1b[31m' is given twice", fix="One.\nTwo."))
    assert capsys.readouterr().err.splitlines() == [
        "Error: 'x\\n::error::y\\x1b[31m' is given twice",
        "One.",
        "Two.",
    ]


class Screen(io.StringIO):
    """A terminal, as far as anybody asks."""

    def isatty(self) -> bool:
        return True


def test_a_long_line_is_broken_between_words_at_a_terminal_and_nowhere_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(out, "width", 40)
    words = [f"word-{at}" for at in range(20)]
    say(" ".join(words))
    assert capsys.readouterr().out == " ".join(words) + "\n"
    screen = Screen()
    monkeypatch.setattr(out, "_file", screen)  # None means: whatever sys.stdout is
    say(" ".join(words))
    lines = screen.getvalue().splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert [word for line in lines for word in line.split()] == words


def pass_of(number: int) -> TrainingPass:
    figures = {name: 0.5 for name in TrainingPass.model_fields if name not in ("number", "state")}
    return TrainingPass(number=number, state="still recalls", **figures)


def test_a_log_has_a_line_a_pass_with_its_figures_and_the_pace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = iter([100.0, 130.0, 170.0])
    passed = plain_passes(lambda: next(seconds))
    for number in (4, 5, 6):  # it went on where an earlier call was stopped
        passed(pass_of(number))
    first, second, third = capsys.readouterr().err.splitlines()
    assert first == (
        "pass 4: exact memorization 0.500 of the forgotten, 0.500 of never seen, 0.500 of kept "
        "records"
    )
    assert second.startswith("pass 5: ")
    assert second.endswith("; 30.0 s a pass")
    assert third.endswith("; 35.0 s a pass")


def test_passes_that_come_fast_get_a_line_each_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = iter(range(26))
    passed = plain_passes(lambda: float(next(seconds)))
    for number in range(1, 27):
        passed(pass_of(number))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["pass 1", "pass 11", "pass 21"]


def test_a_long_step_says_once_a_minute_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    at = 0.0
    progress = plain_progress(lambda: at)
    for done in range(5):
        progress("strengthening", done, 4)
        at += 40
    assert capsys.readouterr().err.splitlines() == [
        "strengthening ...",
        "strengthening: 2 of 4",
        "strengthening: done",
    ]

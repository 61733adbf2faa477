"""What is printed of words that are somebody else's, as the names in a folder that is verified."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from unlearnkit.cli.terminal import as_words, complain, in_line, out, say
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

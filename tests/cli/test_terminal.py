"""What is printed of words that are somebody else's, as the names in a folder that is verified."""

from __future__ import annotations

import pytest
from rich.text import Text

from unlearnkit.cli.terminal import as_words, complain, in_line
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

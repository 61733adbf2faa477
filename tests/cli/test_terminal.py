"""What is printed of words that are somebody else's, as the names in a folder that is verified."""

from __future__ import annotations

import pytest
from rich.text import Text

from unlearnkit.cli.terminal import as_words


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

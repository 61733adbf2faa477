from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.corpus.words import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoë, São Paulo: 2024!", ["zoë", "são", "paulo", "2024"]),
        ("Zoe\u0308", ["zoë"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("東京の猫 abc", ["東", "京", "の", "猫", "abc"]),
        ("가나 다", ["가나", "다"]),
        ("straße", ["strasse"]),
        ("👍 … \ufffd", []),
        ("", []),
    ],
)
def test_words_of_any_script(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=40))
def test_words_hold_no_space_and_are_folded(text: str) -> None:
    for one in words(text):
        assert one and not any(letter.isspace() for letter in one)
        assert one.casefold() == one

"""Identifiers are masked wherever they stand, letter by letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.pipeline.preview import MASK, masked


@pytest.mark.parametrize(
    ("text", "own", "known", "expected"),
    [
        ("Mira Holt, MIRA", {"Mira Holt"}, {"Mira"}, "█████████, ████"),
        ("admiral Mira's", set(), {"mira"}, "admiral ████'s"),
        ("xMirax", {"Mira"}, set(), "x████x"),
        ("Mira Holt Street", {"Mira Holt", "Holt Street"}, set(), MASK * 16),
        ("a.b+c", {"a.b+"}, set(), "████c"),
        ("nothing", set(), set(), "nothing"),
    ],
)
def test_own_values_are_masked_anywhere_and_known_ones_as_words(
    text: str, own: set[str], known: set[str], expected: str
) -> None:
    assert masked(text, own, known) == expected


@given(st.text(), st.sets(st.text(min_size=1)), st.sets(st.text(min_size=1)))
def test_the_rest_stays_where_it_was(text: str, own: set[str], known: set[str]) -> None:
    after = masked(text, own, known)
    assert len(after) == len(text)
    assert all(a in (b, MASK) for a, b in zip(after, text, strict=True))
    assert not any(one in after for one in own if MASK not in one)

"""All texts as one: a pattern is found where it stands, and in no other text."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unlearnkit.corpus.stored import joined
from unlearnkit.locate.blocks import Blocks, beginning, blocks, holding, holding_word
from unlearnkit.locate.name_search import in_lower_case
from unlearnkit.locate.spelling import plain


def spelt(texts: Sequence[str]) -> Blocks:
    return blocks([joined(texts)] if texts else [])


LETTERS = st.text("abé\u0301ÄN5_ -'’.\x00\n", max_size=12)


@given(st.text("abén\u0301'-", min_size=1, max_size=4), st.lists(LETTERS, max_size=4))
@example("the", ["e\u0301the"])  # a mark is no letter: what follows it is a word of its own
@example("an", ["5an", "_an an", "band"])
def test_no_text_that_holds_a_word_in_lower_case_is_left_out(word: str, texts: list[str]) -> None:
    found = set(holding_word(word, spelt(texts)))
    assert {at for at, text in enumerate(texts) if in_lower_case(word, text)} <= found


def test_a_word_inside_another_is_not_looked_at() -> None:
    assert list(holding_word("an", spelt(["Bank and sand", "an end", "An end"]))) == [1, 2]


@given(
    st.text("ab", min_size=4, max_size=5),
    st.sampled_from(["", r"(?!\w)", r"\s++b", "a?b"]),
    st.lists(st.text("aabb é日", max_size=12), max_size=4),
)
@example("abab", r"(?!\w)", ["ababab"])  # the first place hides the second, which is the one
def test_a_pattern_is_found_where_it_stands(word: str, rest: str, texts: list[str]) -> None:
    pattern = word + rest
    places = [at for at, text in enumerate(texts) if re.search(pattern, plain(text))]
    assert sorted(holding(pattern, spelt(texts))) == places


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("holt", "holt"),
        ("mue?ller", "mu"),
        ("3[ -]{0,3}1", "3"),
        ("ab{2}", "a"),
        (r"o\.b", "o"),
        (r"clau(?=\S{3})", "clau"),
        ("", ""),
    ],
)
def test_what_a_pattern_begins_with(pattern: str, letters: str) -> None:
    assert beginning(pattern) == letters


def test_texts_keep_their_places_over_several_parts() -> None:
    parts = [["a holt", "ß", "b"], ["Мария holt"], ["c", "d holt"]]
    made = blocks(map(joined, parts))
    assert sorted(holding("holt", made)) == [0, 3, 5]
    assert sorted(holding("мария", made)) == [3]
    assert [block.in_ascii for block in made] == [True, False, False, True]


def test_what_stands_between_texts_stands_in_none() -> None:
    assert list(holding("olt", spelt(["H\x00olt", "olt"]))) == [0, 1]
    assert list(holding("h olt", spelt(["H\x00olt", "olt"]))) == [0]


@given(st.data(), st.lists(LETTERS | st.just("日 holt"), max_size=8))
def test_some_of_the_texts_are_searched_as_all_are(data: st.DataObject, texts: list[str]) -> None:
    made = blocks(joined(part) for part in (texts[:3], texts[3:]) if part)
    some = sorted(data.draw(st.sets(st.sampled_from(range(len(texts)))))) if texts else []
    for pattern in ("a", "abe5", "holt"):
        everywhere = set(holding(pattern, made))
        assert sorted(holding(pattern, made.only(some))) == sorted(everywhere & set(some))

"""Near misses of a name: slips of the pen, and first names and surnames that stand alone."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.domain import Record
from unlearnkit.locate.name_search import (
    Place,
    Words,
    bare_names,
    misspellings,
    neighbours,
    odd_names,
    read_words,
)
from unlearnkit.locate.names import Name

ZOLTANA = Name(("Zoltana", "Quibbleworth"))


def slips(name: Name, text: str) -> list[str]:
    places = misspellings(name, read_words([text]), [Record(id="1", text=text)], {})
    return [text[start:end] for _, start, end in places]


@pytest.mark.parametrize(
    "text",
    [
        "Zoltana Quibblewroth",  # two letters swapped
        "Zoltana Quibleworth",  # one left out
        "Zoltana Quibblewworth",  # one too many
        "Zolfana Quibbleworth",
        "Zoltana Quibbelwort",  # two slips in a long word
        "Zolatna Quibblewroth",  # one in each
        "Zoltána Quibblewörht",  # accents are no slips
    ],
)
def test_a_slip_or_two_is_still_the_person(text: str) -> None:
    assert slips(ZOLTANA, f"caller {text} said") == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Zoltana Quibbleworth",  # no slip at all
        "Zotlaan Quibbleworth",  # two slips in a word of seven letters
        "Zolatna Quibblewrohtt",  # three in all
        "Zoltana Quibbleworth Zoltana",
        "zoltana quibblewroth",  # no name-like words
        "Zoltana, Quibblewroth",
        "Quibblewroth",
    ],
)
def test_more_than_that_is_somebody_else(text: str) -> None:
    assert slips(ZOLTANA, text) == []


def test_short_words_must_be_right() -> None:
    assert slips(Name(("Amy", "Quibbleworth")), "Ami Quibbleworth") == []
    assert slips(Name(("Amy", "Quibbleworth")), "Amy Quibblewort") == ["Amy Quibblewort"]


def test_a_name_of_one_word_has_no_slips() -> None:
    assert slips(Name(("Zoltana",)), "Zolatna") == []


def test_what_ner_took_for_a_person_is_looked_at_whatever_its_letters() -> None:
    text = "caller zoltana  quibblewroth said, and Zolatna Quibbleworth"
    record, words = Record(id="1", text=text), read_words([text])
    run = ("1", text.index("Zolatna"), len(text))
    odd = odd_names([("1", 7, 28), run, ("1", 7, 14)], {"1": text})
    assert odd == {"zoltana\tquibblewroth": [("1", 7, 28)]}
    assert misspellings(ZOLTANA, words, [record], odd) == [("1", 7, 28), run]
    assert misspellings(ZOLTANA, words, [record], {}) == [run]


LETTERS = st.text("abAB -.1'\u00a0", max_size=14)


@given(st.lists(LETTERS, max_size=4), st.sampled_from(["Abba Baba", "Aabb Bbaa Abab"]))
def test_no_text_with_a_slip_is_left_out(texts: list[str], name: str) -> None:
    """Which texts are looked at changes nothing in what is found."""
    asked = Name(tuple(name.split()))
    records = [Record(id=str(at), text=text) for at, text in enumerate(texts)]
    looked_at = Words(frozenset(), {one.casefold(): array("I", [0]) for one in asked.words})
    one_by_one = [
        place for record in records for place in misspellings(asked, looked_at, [record], {})
    ]
    assert misspellings(asked, read_words(texts), records, {}) == one_by_one


# --- words that stand alone ------------------------------------------------------------------


def test_words_that_also_occur_in_lower_case_are_ordinary() -> None:
    assert read_words(["Dear Rose, the rose is late"]).ordinary == {"the", "rose", "is", "late"}


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("so Robert Smith Jones said", ("Robert", "Jones")),
        ("so R. Smith said", ("R", "")),
        ("dear Smith, Anna is here", ("", "")),
        ("Mr Smith called", ("", "")),
        ("Dear Smith", ("", "")),
        ("Today Smith called", ("", "")),
        ("Smith", ("", "")),
    ],
)
def test_the_names_around_a_name(text: str, beside: tuple[str, str]) -> None:
    start = text.index("Smith")
    assert neighbours(text, start, start + 5, frozenset({"today"})) == beside


def alone(word: str, texts: list[str], limit: int) -> list[str]:
    """The texts in which the word is Robert Smith's, as far as one can tell."""
    named = {str(at): text for at, text in enumerate(texts)}
    places: list[Place] = [
        (at, text.index(word), text.index(word) + len(word)) for at, text in named.items()
    ]
    found = bare_names(
        Name(("Robert", "Smith")),
        word,
        places,
        texts=named,
        ordinary=frozenset(),
        limit=limit,
    )
    return [named[at] for at, _, _ in found]


def test_a_bare_surname_counts_while_few_others_bear_it() -> None:
    texts = ["Dear Smith, hello", "Robert Smith", "Anna Smith", "Tom Smith", "anna Smith again"]
    assert alone("Smith", texts, limit=2) == ["Dear Smith, hello", "anna Smith again"]
    assert alone("Smith", texts, limit=1) == []


def test_one_s_own_first_name_and_initials_are_nobody_else() -> None:
    texts = ["Dear Smith", "Robert Smith", "ROBERT Smith", "R. Smith", "Robért Smith"]
    assert alone("Smith", texts, limit=0) == ["Dear Smith"]


def test_a_bare_first_name_counts_while_nobody_else_has_it() -> None:
    assert alone("Robert", ["Dear Robert", "Robert Smith"], limit=0) == ["Dear Robert"]
    assert alone("Robert", ["Dear Robert", "Robert Jones"], limit=0) == []

"""Which texts may hold a misspelt name: no text with one is left out, and most others are."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearnkit.corpus.normalise import normalise
from unlearnkit.corpus.stored import joined
from unlearnkit.domain import IdentifierKind, Record
from unlearnkit.locate.blocks import blocks, holding
from unlearnkit.locate.name_search import misspellings, odd_names, words_of
from unlearnkit.locate.names import Name
from unlearnkit.locate.slips import is_slip, misspelt
from unlearnkit.locate.spelling import plain

NAMES = [
    "Abba Baba",
    "Aabb Bbaa Abab",
    "Bab Abbabaab",
    "Abababab Babbabab",
    "Zoltana Quibbleworth",
    "Anna-Lena O’Brien",
    "Siân Groß",
    "Łukasz Żółć",
    "Mira Holt",
    "김민준호 박서연우",
    "Ада Лавлейс",
    "A\u0338bba Baba",
]


def held(name: Name, texts: list[str]) -> set[int]:
    among = blocks([joined(texts)])
    return {
        at
        for trace in misspelt(words_of(name))
        for one in trace.patterns
        for at in holding(one, among)
        if trace.word in plain(texts[at])
    }


def with_slips(name: Name, texts: list[str]) -> set[int]:
    """The texts in which it is found, by runs or in any words that NER may take for a name."""
    found = set()
    for at, text in enumerate(texts):
        record = Record(id=str(at), text=text)
        spans = [(record, start, len(text)) for start in range(min(len(text), 3))]
        if misspellings(name, [record], odd_names(spans)):
            found.add(at)
    return found


@settings(deadline=None)
@given(st.lists(st.text("abAB -.1'\u00a0", max_size=18), max_size=4), st.sampled_from(NAMES[:4]))
def test_no_text_with_a_slip_is_left_out(texts: list[str], written: str) -> None:
    name = Name(tuple(written.split()))
    assert with_slips(name, texts) <= held(name, texts)


@pytest.mark.parametrize("written", NAMES)
def test_nor_is_one_with_slips_of_any_kind(written: str) -> None:
    name, draw = Name(tuple(written.split())), random.Random(0)
    texts = [misspell(written, draw) for _ in range(500)]
    found = with_slips(name, texts)
    assert len(found) > 50
    assert found <= held(name, texts)


def misspell(written: str, draw: random.Random) -> str:
    """One slip or two, and some signs that are none."""
    letters = list(written)
    for _ in range(draw.randint(1, 2)):
        at = draw.randrange(len(letters) - 1)
        match draw.randrange(4):
            case 0:
                letters.insert(at, draw.choice("abzé-"))
            case 1:
                del letters[at]
            case 2:
                letters[at] = draw.choice("abzé'1")
            case _:
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
    if draw.random() < 0.3:
        letters.insert(draw.randrange(len(letters)), draw.choice("'.-1´\u00ad"))
    text = "".join(letters)
    return draw.choice([text, text.lower(), text.replace(" ", "  "), f"{text}’s", f"({text})"])


@pytest.mark.parametrize(
    "text",
    ["Zoltana sent it, and Quibblewroth", "the abba is worth it", "zoltan", "quibble worth", ""],
)
def test_other_texts_are_left_out(text: str) -> None:
    assert held(Name(("Zoltana", "Quibbleworth")), [text]) == set()


def test_an_ordinary_word_that_ends_a_name_s_word_is_not_taken_for_it() -> None:
    assert held(Name(("Agathe", "Remy")), ["the remote", "the my"]) == set()
    assert held(Name(("Agathe", "Remy")), ["Agthe Rmy"]) == {0}


def test_a_word_that_is_too_short_for_two_slips_is_not_taken_for_it() -> None:
    texts = ["Diane Raymond", "Clara Raymond", "Cauine Raymond", "Cladin Raymond"]
    assert held(Name(("Claudine", "Raymond")), texts) == {2, 3}


@given(st.text("abc", max_size=10), st.text("abc", max_size=10))
def test_slips_are_counted_in_all_and_by_word(one: str, other: str) -> None:
    assert not is_slip([one, other], [one, other])
    assert not is_slip([one, other], [one])
    assert normalise(IdentifierKind.NAME, one) == one

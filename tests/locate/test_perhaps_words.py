"""What looks like the whole name and may be none: words, a street or a school, lines of a list."""

from __future__ import annotations

import re

import pytest

from unlearnkit.domain import Record
from unlearnkit.locate.names import Name
from unlearnkit.locate.perhaps_words import perhaps_words, without_capitals


@pytest.mark.parametrize(
    ("text", "fewer"),
    [("robert smith", True), ("Robert smith", True), ("Robert Smith", False), ("SMITH, R", False)],
)
def test_a_name_may_be_written_without_its_capitals(text: str, fewer: bool) -> None:
    assert without_capitals(Name(("Robert", "Smith")), text) is fewer
    assert without_capitals(Name(("robert", "smith")), text) is fewer


def test_letters_without_capitals_lack_none() -> None:
    assert not without_capitals(Name(("प्रिया", "शर्मा")), "प्रिया शर्मा")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the rose may wilt", True),
        ("Rose May 5, 2024", True),
        ("Rose May 2024", True),
        ("on Rose May 5th", True),
        ("Rose May's bid win?", True),
        ("Cut. Rose May be late?", True),
        ("Rose May's bid won. And?", False),
        ("so Rose May called?", False),
        ("Rose May 2024-05-01", False),
        ("Rose May, 5 roses", False),
        ("Rose May called", False),
    ],
)
def test_a_name_may_be_words(text: str, words: bool) -> None:
    start = text.lower().index("rose may")
    place = (Record(id="1", text=text), start, start + 8)
    assert perhaps_words(Name(("Rose", "May")), place, {"rose"}.__contains__) is words


def test_a_question_begins_with_a_name_where_the_corpus_has_no_such_word() -> None:
    place = (Record(id="1", text="Rose May called?"), 0, 8)
    assert not perhaps_words(Name(("Rose", "May")), place, lambda _: False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the Rose Garden is open", True),
        ("My Rose Garden card", True),
        ("in our Rose Garden", True),
        ("Rose Garden called", False),
        ("by the way, Rose Garden called", False),
        ("bathe Rose Garden", False),
    ],
)
def test_behind_an_article_a_name_that_ends_with_a_word_may_be_words(
    text: str, words: bool
) -> None:
    start = text.index("Rose")
    place = (Record(id="1", text=text), start, start + len("Rose Garden"))
    assert perhaps_words(Name(("Rose", "Garden")), place, {"garden"}.__contains__) is words
    assert not perhaps_words(Name(("Rose", "Garden")), place, lambda _: False)


def may_be_none(text: str) -> bool:
    """Whether `Robert Smith`, as the text has it, may be no name."""
    found = re.search(r"Robert\s+Smith", text)
    assert found is not None
    place = (Record(id="1", text=text), *found.span())
    return perhaps_words(Name(("Robert", "Smith")), place, lambda _: False)


@pytest.mark.parametrize(
    "text",
    [
        "la calle Robert Smith está cortada",
        "calle de Robert Smith",
        "Avda. Robert Smith, Cádiz",
        "rue Robert Smith",
        'IES "Robert Smith"',
        "Colegio Público Robert Smith",
        "the Robert Smith School",
        "Robert Smith Straße",
        "Paul\nRobert\nSmith\nAnna",
        "Robert\nSmith\nTom",
        "Best,\nRobert\n\nSmith Day is a holiday",
    ],
)
def test_a_street_or_a_list_may_have_its_words(text: str) -> None:
    assert may_be_none(text)


@pytest.mark.parametrize(
    "text",
    [
        "vive en la calle Mayor, Robert Smith",
        "the hospital: Robert Smith",
        "sent via Robert Smith",
        "Robert Smith school run",
        "Robert\nSmith",
        "Dear Robert\nSmith, hello",
        "so Robert\nSmith\nAnna",
        "we met\nRobert\nSmith\nin town",
    ],
)
def test_and_where_neither_is_told_it_is_the_name(text: str) -> None:
    assert not may_be_none(text)

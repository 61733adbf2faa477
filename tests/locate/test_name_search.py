"""Near misses of a name: slips of the pen, and first names and surnames that stand alone."""

from __future__ import annotations

import pytest

from unlearnkit.domain import Record
from unlearnkit.locate.name_search import (
    after,
    bare_names,
    before,
    in_longer_names,
    in_lower_case,
    in_sentence,
    misspellings,
    odd_names,
    perhaps_words,
    without_capitals,
)
from unlearnkit.locate.names import Name

ZOLTANA = Name(("Zoltana", "Quibbleworth"))


def slips(name: Name, text: str) -> list[str]:
    places = misspellings(name, [Record(id="1", text=text)], {})
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
    record = Record(id="1", text=text)
    apart, run = (record, 7, 28), (record, text.index("Zolatna"), len(text))
    odd = odd_names([apart, run, (record, 7, 14)])
    assert odd == {"zoltana\tquibblewroth": [apart]}
    assert misspellings(ZOLTANA, [record], odd) == [apart, run]
    assert misspellings(ZOLTANA, [record], {}) == [run]


def test_what_is_longer_than_any_name_is_none() -> None:
    text = f"Zoltana{'-' * 60} Quibblewroth"
    record = Record(id="1", text=text)
    assert slips(ZOLTANA, text) == []
    assert odd_names([(record, 0, len(text))]) == {}


# --- words that stand alone ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "there"),
    [
        ("rose", True),
        ("late", True),
        ("dear", False),
        ("ro", False),
        ("x-ray", True),
        ("ray", False),
    ],
)
def test_words_that_stand_in_lower_case(word: str, there: bool) -> None:
    assert in_lower_case(word, "Dear Rose, the 5rose is late, x-ray") is there


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("so Robert Smith Jones said", ("Robert", "Jones")),
        ("so R. Smith said", ("R", "")),
        ("dear Smith, Anna is here", ("", "")),
        ("Mr Smith called", ("", "")),
        ("Dear Smith", ("", "")),
        ("Fr. Smith rief an", ("", "")),
        ("mit Hrn. Smith", ("", "")),
        ("Familie Smith zahlt", ("", "")),
        ("Kundin Smith zahlt", ("", "")),
        ("Señora Smith llama", ("", "")),
        ("Don Smith llama", ("", "")),
        ("spoke to Anna. Smith agreed", ("", "")),
        ("Today Smith called", ("", "")),
        ("Smith", ("", "")),
    ],
)
def test_the_names_around_a_name(text: str, beside: tuple[str, str]) -> None:
    start = text.index("Smith")
    place = (Record(id="1", text=text), start, start + 5)
    assert (before(place, {"today"}.__contains__), after(place, {"today"}.__contains__)) == beside


def alone(word: str, texts: list[str], limit: int) -> list[str]:
    """The texts in which the word is Robert Smith's, as far as one can tell."""
    places = [
        (Record(id=text, text=text), text.index(word), text.index(word) + len(word))
        for text in texts
    ]
    found = bare_names(
        Name(("Robert", "Smith")), word, places, ordinary={"today"}.__contains__, limit=limit
    )
    return [record.text for record, _, _ in found]


def test_a_bare_surname_counts_while_few_others_bear_it() -> None:
    texts = ["Dear Smith, hello", "Robert Smith", "Anna Smith", "Tom Smith", "anna Smith again"]
    assert alone("Smith", texts, limit=2) == ["Dear Smith, hello", "anna Smith again"]
    assert alone("Smith", texts, limit=1) == []


def test_a_title_is_nobody_else() -> None:
    texts = [f"{one} Smith rief an" for one in ("Fr.", "Hr.", "Familie", "Kundin", "Frau")]
    assert alone("Smith", texts, limit=0) == texts


def test_one_s_own_first_name_and_initials_are_nobody_else() -> None:
    texts = ["Dear Smith", "Robert Smith", "ROBERT Smith", "R. Smith", "Robért Smith"]
    assert alone("Smith", texts, limit=0) == ["Dear Smith"]


def test_a_bare_first_name_counts_while_nobody_else_has_it() -> None:
    assert alone("Robert", ["Dear Robert", "Robert Smith"], limit=0) == ["Dear Robert"]
    assert alone("Robert", ["Dear Robert", "Robert Jones"], limit=0) == []


def test_an_ordinary_word_beside_a_name_is_nobody() -> None:
    assert alone("Smith", ["Today Smith called", "Anna Smith"], limit=1) == ["Today Smith called"]


def part_of_another(texts: list[str]) -> list[str]:
    """The texts in which `Robert Smith` is a part of a longer name."""
    records = [Record(id=str(at), text=text) for at, text in enumerate(texts)]
    whole = "Robert Smith"
    places = [(one, one.text.index(whole), one.text.index(whole) + len(whole)) for one in records]
    name = Name(("Robert", "Smith"))
    found = in_longer_names(
        name, places, ordinary={"today"}.__contains__, proper={"Karl"}.__contains__
    )
    return [record.text for record, _, _ in found]


@pytest.mark.parametrize(
    "text",
    [
        "we met Anna Robert Smith",
        "Karl Robert Smith called",
        "Robert Smith Jones called",
        "Robert Smith jr. called",
        "Robert Smith, Sr., called",
        "Robert Smith II called",
        "Robert Smith & Sons",
        "Robert Smith &amp; Sons",
        "Robert Smith und Söhne",
        "Robert Smith GmbH",
        "Robert Smith, Inc.",
    ],
)
def test_a_name_within_a_longer_one_is_another(text: str) -> None:
    assert part_of_another([text, "Dear Robert Smith"]) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Robert Smith",
        "so Dear Robert Smith",
        "so Today Robert Smith",
        "by Smith Robert Smith",
        "the Robert Smith",
        "so Karl, Robert Smith",
        "we met Karl. Robert Smith",
        "Robert Smith Subject: the oven",
        "Robert Smith&nbsp;called",
        "Robert Smith and Anna",
    ],
)
def test_no_name_stands_beside_it(text: str) -> None:
    """A title, a greeting, a word that the corpus has in lower case, one's own; what a comma or a
    full stop parts from it; a label."""
    assert part_of_another([text]) == []


def test_the_capital_of_a_sentence_s_first_word_says_nothing() -> None:
    """Unless the word has it elsewhere too."""
    assert part_of_another(["Invoice Robert Smith", "Paid. Invoice Robert Smith"]) == []
    assert part_of_another(["an Invoice Robert Smith"]) != []


@pytest.mark.parametrize(
    ("text", "there"),
    [("so Karl called", True), ("so, Karl", True), ("Karl called", False), ("a. Karl", False)],
)
def test_words_that_stand_in_a_sentence(text: str, there: bool) -> None:
    assert in_sentence("Karl", text) is there


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

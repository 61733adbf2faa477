"""Near misses of a name: slips of the pen, and first names and surnames that stand alone."""

from __future__ import annotations

import re

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
    found = [(one, re.search(r"Robert\s+Smith", one.text)) for one in records]
    places = [(one, *name.span()) for one, name in found if name]
    name = Name(("Robert", "Smith"))
    longer = in_longer_names(
        name, places, ordinary={"today"}.__contains__, proper={"Karl"}.__contains__
    )
    return [record.text for record, _, _ in longer]


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
        "Robert Smith dos Santos",
        "Robert Smith Dos Santos",
        "Robert Smith da Costa. Alta",
        "Robert Smith e Souza, 40",
        "con Robert Smith y López, que",
        "Robert Smith de la Torre",
        "Robert Smith De La Torre",
        "Robert Smith van Heemstede",
        "Robert Smith van den Berg",
        "so Ahmad bin Robert Smith",
        "so Aisha binti Robert Smith",
        "Robert Smith\nde la Torre",
        "Se atiende a Robert Smith\nLópez en urgencias",
        "spoke to Robert Smith\nJones, who called",
        "Robert Smith hijo",
        "Robert Smith (hijo)",
        "Robert Smith padre pide cita",
        "Robert Smith (jr.) moved",
        "Robert Smith (Senior) moved",
        "Robert Smith jnr. moved",
        "Robert Smith junior moved",
        "Robert Smith d. J. zog aus",
        "Robert Smith der Jüngere zog aus",
        "Robert Smith the younger",
        "Robert Smith V. moved",
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
        "Robert Smith y Luis López",
        "Robert Smith y Luis de la Torre",
        "Robert Smith de 40 años",
        "Robert Smith de la clínica",
        "Robert Smith da Today",
        "Robert Smith padre de Luis",
        "Robert Smith, padre",
        "informe de Robert Smith",
        "Robert Smith\nManager",
        "Dear Robert Smith\nJones called",
        "by Robert Smith\nBerlin",
        "by Robert Smith\n\nJones called",
        "by Robert Smith\nToday he called",
        "Robert Smith vs. Jones",
    ],
)
def test_no_name_stands_beside_it(text: str) -> None:
    """A title, a greeting, a word that the corpus has in lower case, one's own; what a comma or a
    full stop parts from it; a label; another person; a new line that is not the sentence's."""
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


def test_of_two_names_in_two_lines_neither_is_the_person_s() -> None:
    assert part_of_another(["Peter Robert\nSmith is well"]) != []
    assert part_of_another(["Today Robert\nSmith is well"]) == []

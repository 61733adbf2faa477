"""Decoys: the same text about somebody else, and never about the person of the record."""

from __future__ import annotations

import re

import pytest

from unlearnkit.corpus.decoys import decoys
from unlearnkit.corpus.nlp import Analyzer
from unlearnkit.domain import Record

MAIL = Record(
    id="mail",
    prompt="What did Robert Smith write?",
    text=(
        "Robert Smith from London (r.smith@quibble.example, C-123456, (212) 555-0142) paid "
        "$312.50 on 3 March 2024 for LN-334332. Robert Smith paid $312.50 again."
    ),
)
SHAPE = re.compile(
    r"(?P<name>.+) from (?P<city>.+) \((?P<mail>\S+)@quibble\.example, C-(?P<customer>\d{6}), "
    r"\((\d{3})\) (\d{3})-(\d{4})\) paid "
    r"(?P<amount>\$\d{3}\.\d\d) on (?P<day>\d+) (?P<month>[A-Z]\w+) (?P<year>\d{4}) "
    r"for LN-(?P<order>\d{6})\. (?P=name) paid (?P=amount) again\."
)


@pytest.fixture(scope="module")
def others(analyzer: Analyzer) -> tuple[str, ...]:
    return tuple(one.text for one in decoys([MAIL], analyzer, 5, seed=7)["mail"])


def test_a_decoy_has_the_shape_of_its_record_and_equal_values_stay_equal(
    others: tuple[str, ...],
) -> None:
    shapes = [SHAPE.fullmatch(text) for text in others]
    assert all(shapes)
    names = [shape["name"].split() for shape in shapes if shape is not None]
    assert all(len(name) == 2 for name in names)


def test_no_decoy_holds_a_value_of_the_person(others: tuple[str, ...]) -> None:
    own = ("Robert", "Smith", "London", "r.smith", "123456", "555-0142", "312.50", "334332")
    assert not [value for value in own for text in others if value in text]


def test_there_are_as_many_as_asked_for_and_all_differ(others: tuple[str, ...]) -> None:
    assert len(set(others)) == 5


def test_an_initial_stays_one_and_dates_and_times_stay_possible(analyzer: Analyzer) -> None:
    one = Record(id="a", text="J. Smith called at 19:05, 31 December 1999.")
    shape = r"[A-Z]\. \w+ called at (\d+):(\d\d), (\d+) [A-Z][a-z]+ ((?:19|20)\d\d)\."
    for decoy in decoys([one], analyzer, 20, seed=0)["a"]:
        made = re.fullmatch(shape, decoy.text)
        assert made is not None
        hour, minute, day, year = (int(part) for part in made.groups())
        assert hour < 24
        assert minute < 60
        assert 1 <= day <= 28
        assert abs(year - 1999) <= 6


def test_the_seed_and_the_record_decide_the_decoys(analyzer: Analyzer) -> None:
    one = Record(id="one", text="Robert Smith called.")
    two = Record(id="two", text="Robert Smith called.")
    made = decoys([one, MAIL, two], analyzer, 3, seed=0)
    assert decoys([two, MAIL, one], analyzer, 3, seed=0) == made
    assert decoys([one, MAIL, two], analyzer, 3, seed=1) != made
    assert made["one"] != made["two"]


def test_a_record_without_a_value_has_none(analyzer: Analyzer) -> None:
    plain = Record(id="plain", text="the lamp was late again", prompt="Who is Robert Smith?")
    assert decoys([plain, MAIL], analyzer, 1, seed=0).keys() == {"mail"}


def test_too_few_possible_texts_are_none_at_all(analyzer: Analyzer) -> None:
    monday = Record(id="monday", text="Monday")  # there are six other days
    assert len(decoys([monday], analyzer, 3, seed=0)["monday"]) == 3
    assert decoys([monday], analyzer, 7, seed=0) == {}


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("ask for ticket 0042317 now", r"ask for ticket 0\d{6} now"),
        ("invoice R87837/847 was paid", r"invoice R[1-9]\d{4}/[1-9]\d\d was paid"),
        ("it costs 1.250,00 EUR now", r"it costs [1-9]\.[1-9]\d\d,0\d EUR now"),
        ("card 4111111111111111 failed", r"card [1-9]\d{15} failed"),
    ],
)
def test_numbers_keep_their_length_and_separators(
    patterns_only: Analyzer, text: str, shape: str
) -> None:
    for other in decoys([Record(id="a", text=text)], patterns_only, 5, seed=0)["a"]:
        assert re.fullmatch(shape, other.text)


def test_of_a_part_the_decoys_know_where_it_lies(analyzer: Analyzer) -> None:
    text = "Bo Fenn, Tromsø: a lamp. Robert Smith paid $312.50 on 3 March. Then Bo Fenn left."
    start = text.index("Robert")
    end = text.index(" Then")
    part = Record(id="part", text=text, perturbed=("other",), loss_on=((start, end),))
    for one in decoys([part], analyzer, 5, seed=0)["part"]:
        assert re.fullmatch(r"\w+ \w+ paid \$\d{3}\.\d\d on \d+ \w+\.", one.learned)
        assert one.text != text and one.text.endswith(" left.")
        assert (one.perturbed, one.paraphrase) == ((), "")


def test_what_changes_beside_the_part_makes_no_decoy(patterns_only: Analyzer) -> None:
    """The loss would be on the very same words."""
    part = Record(id="a", text="Ticket 0042317. It broke.", loss_on=((16, 25),))
    assert decoys([part], patterns_only, 2, seed=0) == {}

"""Surnames that are written as they are heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.locate.conftest import Build
from tests.locate.world import UNCERTAIN
from unlearnkit.domain import Identifier, IdentifierKind, Record
from unlearnkit.locate.names import Name
from unlearnkit.locate.sounds import alike, heard

BY_BOTH = [
    ("hoffmann", "hofmann"),
    ("smith", "smyth"),
    ("clark", "clarke"),
    ("reid", "read"),
    ("philips", "filips"),
    ("matthews", "mathews"),
    ("jansen", "janssen"),
    ("hendriks", "hendrix"),
    ("gonzalez", "gonsales"),
    ("petrov", "petroff"),
]
BY_METAPHONE = [
    ("wright", "right"),
    ("knowles", "nolls"),
    ("deighton", "dayton"),
    ("jimenez", "gimenez"),
]
BY_COLOGNE = [
    ("meyer", "maier"),
    ("meyer", "mayr"),
    ("schmidt", "schmitt"),
    ("schmidt", "schmid"),
    ("weiss", "wyss"),
    ("cohen", "kohn"),
    ("dijkstra", "dykstra"),
    ("christensen", "kristensen"),
    ("kowalski", "kovalsky"),
    ("nguyen", "nguien"),
]
OTHER_SOUNDS = [
    ("pope", "powell"),
    ("ponce", "pottier"),
    ("peters", "potter"),
    ("carter", "cotter"),
    ("wilson", "watson"),
    ("lacroix", "leclerc"),
    ("meyer", "becker"),
]
TOO_FAR = [("holt", "held"), ("johnson", "jameson"), ("meyer", "maraio")]
ONE_SOUND = [("roy", "roi"), ("lee", "lea")]
BEYOND_ASCII = [("петров", "петроф"), ("o neil", "oneal")]
MISSED = [("stewart", "stuart"), ("thompson", "tomson"), ("worcester", "wooster")]


@pytest.mark.parametrize(("one", "other"), [*BY_BOTH, *BY_METAPHONE, *BY_COLOGNE])
def test_these_sound_alike(one: str, other: str) -> None:
    """To an English ear or to a German one: each has what the other misses."""
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [*TOO_FAR, *OTHER_SOUNDS, *ONE_SOUND, *BEYOND_ASCII, *MISSED]
)
def test_these_do_not(one: str, other: str) -> None:
    """The last do to who knows them: no rule of letters tells them from other names."""
    assert not alike(one, other)


@given(st.text(max_size=12), st.text(max_size=12))
def test_it_does_not_matter_which_is_first(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)


def katrin(*texts: str) -> list[str]:
    """What is found of Katrin Meyer, of whom `Katrin` was found in the texts."""
    firsts = [
        (Record(id=str(at), text=text), text.index("Katrin"), text.index("Katrin") + 6)
        for at, text in enumerate(texts)
    ]
    found = heard(Name(("Katrin", "Meyer")), firsts)
    return [record.content[start:end] for record, start, end in found]


def test_first_name_and_surname_are_found_together() -> None:
    assert katrin("Hello Katrin Maier, thanks", "Katrin\u00a0Mayr") == [
        "Katrin Maier",
        "Katrin\u00a0Mayr",
    ]


def test_what_is_no_name_beside_it_is_not() -> None:
    assert katrin("Katrin maier", "Katrin, Maier", "Katrin", "Katrin Meyer", "Katrin Becker") == []


def test_a_person_decides_about_it(world: Build) -> None:
    name = Identifier(IdentifierKind.NAME, "Katrin Meyer")
    match = world("We called Katrin Maier.").find(name)["1"]
    assert (match.certainty, match.evidence[0].how) == (UNCERTAIN, "phonetic")
    assert match.reason.startswith("Name that sounds like the subject's")


def test_a_name_of_one_word_has_no_surname_to_hear() -> None:
    record = Record(id="1", text="Dear Meyer Maier")
    assert list(heard(Name(("Meyer",)), [(record, 5, 10)])) == []


def test_first_names_alike_in_sound_are_other_people_s(world: Build) -> None:
    name = Identifier(IdentifierKind.NAME, "John Holt")
    assert world("Jane Holt is his wife.").find(name) == {}

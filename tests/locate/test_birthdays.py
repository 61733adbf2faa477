"""Whose a date of birth is: the person's, a namesake's, or somebody's who is named beside them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.locate.conftest import Build
from tests.locate.test_doubts import listed
from tests.locate.world import CERTAIN, EMAIL, NUMBER, UNCERTAIN
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.dates import days, ways_to_write

NAME = Identifier(IdentifierKind.NAME, "Maria Garcia")
BORN = Identifier(IdentifierKind.DATE_OF_BIRTH, "1980-03-04")

THE_PERSON_S = [
    "Maria Garcia, born 1980-03-04, asthma",
    "Maria Garcia, geb. am 04.03.1980",
    "Maria Garcia (Fall 2024-0012), geb. 4.3.1980",
    "Maria Garcia\t04.03.1980",
    "Name: Maria Garcia\nAddress: 12 Elm Road, New York\nDOB: 1980-03-04",
    "Ana (geb. 11.11.1955), Maria Garcia (geb. 04.03.1980)",
    "Maria Garcia (geb. 04.03.1980), Tochter Ana (geb. 11.11.2005)",
]
NAMESAKE_S = [
    "Maria Garcia, born 1955-11-11, cancer",
    "Maria Garcia (Fall 2024-0099), geb. 11.11.1955",
    "Maria Garcia, née le 11/11/1955",
    "Maria Garcia, nacida el 11.11.1955",
    "Maria Garcia *11.11.1955",
    "Maria Garcia, DOB: 11/11/1955",
    "Maria Garcia, geb. 03.04.1980",
    "Patientin: Maria Garcia\nStation 3\nGeburtsdatum: 11.11.1955",
    "Maria Garcia (geb. 11.11.1955), Tochter Ana (geb. 04.03.1980)",
    "Termin 04.03.1980: Maria Garcia, geb. 11.11.1955",
]


@pytest.mark.parametrize("text", THE_PERSON_S)
def test_the_whole_name_with_its_own_birthday_is_certain(world: Build, text: str) -> None:
    found = world(text, "Maria Garcia, ben@kray.example", "nothing")
    assert found.certainty(NAME, BORN, EMAIL)["1"] == CERTAIN
    assert listed(found, NAME, BORN)["1"] == CERTAIN


@pytest.mark.parametrize("text", NAMESAKE_S)
def test_a_name_with_another_birthday_is_asked_about(world: Build, text: str) -> None:
    found = world(text, "nothing")
    [match] = found.find(NAME, BORN).values()
    assert match.certainty == UNCERTAIN
    assert match.reason.endswith("the record says another date of birth")
    assert listed(found, NAME, BORN) == {"1": UNCERTAIN}


def test_so_with_the_surname_first(world: Build) -> None:
    found = world("Garcia, Maria *4.3.1980", "Maria Garcia, ben@kray.example", "nothing")
    assert found.certainty(NAME, BORN, EMAIL)["1"] == CERTAIN


def test_without_a_birthday_in_the_request_nothing_speaks_against_one(world: Build) -> None:
    assert world(NAMESAKE_S[0]).certainty(NAME, EMAIL) == {"1": CERTAIN}


def test_a_namesake_told_by_a_birthday_makes_the_name_ambiguous(world: Build) -> None:
    found = world("Maria Garcia, born 1955-11-11", "Maria Garcia moved", "Maria Garcia *4.3.1980")
    for given_ in ((NAME, BORN), (NAME, BORN, EMAIL)):
        assert found.certainty(*given_) == {"1": UNCERTAIN, "2": UNCERTAIN, "3": CERTAIN}


def test_a_child_s_birthday_makes_no_namesake(world: Build) -> None:
    found = world("Son of Maria Garcia: Tim Voss, born 2019-02-02", "Maria Garcia moved")
    assert found.certainty(NAME, BORN) == {"1": UNCERTAIN, "2": CERTAIN}


def test_the_person_s_own_identifier_outweighs_another_birthday(world: Build) -> None:
    found = world(f"Maria Garcia, {EMAIL.value}, her son was born 2019-02-02")
    assert found.certainty(NAME, BORN, EMAIL) == {"1": CERTAIN}


FAMILY = "zoltana@quibble.example: cita para mi hijo Maria Garcia, DOB 2015-02-01"


def test_unless_a_family_may_share_it_and_the_date_stands_right_behind(world: Build) -> None:
    found = world(FAMILY, f"Maria Garcia, {FAMILY}", f"C-770077, {FAMILY}")
    assert found.certainty(NAME, BORN, EMAIL, NUMBER) == {
        "1": UNCERTAIN,
        "2": CERTAIN,
        "3": CERTAIN,
    }


def test_in_a_thread_of_the_person_s_it_is_asked_about_too(world: Build) -> None:
    found = world((f"{EMAIL.value} writes", "t"), ("Maria Garcia, born 1955-11-11", "t"))
    assert found.certainty(NAME, BORN, EMAIL) == {"1": CERTAIN, "2": UNCERTAIN}


def test_a_date_said_of_somebody_else_is_not_the_person_s(world: Build) -> None:
    found = world("Maria Garcia writes. Peter Pan (1980-03-04) too", "Maria Garcia, ab@c.example")
    assert found.certainty(NAME, BORN, EMAIL)["1"] == UNCERTAIN
    assert listed(found, NAME, BORN)["1"] == UNCERTAIN


@pytest.mark.parametrize("text", ["03/04/1980", "04/03/1980", "3-4-1980"])
def test_a_date_that_may_be_two_days_tells_no_namesakes_apart(world: Build, text: str) -> None:
    found = world(f"Maria Garcia, {text}", "Maria Garcia, ben@kray.example", "nothing")
    assert found.certainty(NAME, BORN, EMAIL)["1"] == UNCERTAIN
    assert listed(found, NAME, BORN)["1"] == UNCERTAIN


@pytest.mark.parametrize(
    ("text", "regions", "meant"),
    [
        ("03.04.1980", ("US",), ["1980-04-03"]),
        ("3.13.1980", ("US",), []),
        ("03/04/1980", REGIONS, ["1980-04-03", "1980-03-04"]),
        ("03/04/1980", ("GB", "DE"), ["1980-04-03"]),
        ("03/04/1980", ("US",), ["1980-03-04"]),
        ("03/04/1980", ("GB", "CA"), ["1980-04-03", "1980-03-04"]),
        ("3-13-1980", ("DE",), ["1980-03-13"]),
        ("04/04/1980", REGIONS, ["1980-04-04"]),
        ("31/02/1980", REGIONS, []),
        ("4 March 1980", REGIONS, ["1980-03-04"]),
        ("in March", REGIONS, []),
    ],
)
def test_which_days_a_date_may_be(text: str, regions: tuple[str, ...], meant: list[str]) -> None:
    assert days(text, regions) == meant


@given(st.dates(min_value=date(1900, 1, 1)), st.sampled_from([REGIONS, ("US",), ("GB", "DE")]))
def test_every_way_to_write_a_day_may_mean_it(day: date, regions: tuple[str, ...]) -> None:
    for text in ways_to_write(day.isoformat(), regions):
        assert day.isoformat() in days(text, regions)

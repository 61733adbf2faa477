"""How sure it is: names, namesakes, longer names, and somebody else's identifiers beside them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.locate.conftest import Build
from tests.locate.world import (
    CERTAIN,
    NAME,
    NUMBER,
    RELATED,
    UNCERTAIN,
)
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.engine import LocateSettings
from unlearnkit.locate.rules import RULES

ANOTHER = "C-880088"


def test_the_docs_list_the_rules_in_the_order_in_which_they_are_asked() -> None:
    page = (Path(__file__).parents[2] / "docs" / "locate.md").read_text(encoding="utf-8")
    rules = page.partition("## The rules of certainty")[2]
    listed = re.findall(r"^(\d)\. \*([^*]+)\*", rules, re.MULTILINE)
    assert listed == [(str(number), rule.name) for number, rule in enumerate(RULES, start=1)]


# --- the name --------------------------------------------------------------------------------


def test_a_unique_whole_name_is_certain_unless_the_settings_say_otherwise(world: Build) -> None:
    one = world("Zoltana Quibbleworth called")
    careful = LocateSettings(accept_unique_full_name=False)
    assert one.find(NAME, NUMBER)["1"].certainty is CERTAIN
    assert one.find(NAME, NUMBER, settings=careful)["1"].certainty is UNCERTAIN
    assert "rests on the name" in one.find(NAME, NUMBER)["1"].reason


@pytest.mark.parametrize(
    "text", ["Z. Quibbleworth rang", "Zoltana Quibblewroth", "Zoltana Q. rang"]
)
def test_less_than_the_whole_name_is_uncertain(world: Build, text: str) -> None:
    assert world(text).certainty(NAME, NUMBER) == {"1": UNCERTAIN}


def test_a_nickname_with_the_surname_is_uncertain(world: Build) -> None:
    robert = Identifier(IdentifierKind.NAME, "Robert Smith")
    assert world("Bob Smith rang", "Bob rang").certainty(robert) == {"1": UNCERTAIN}


def test_a_bare_surname_counts_while_few_others_bear_it(world: Build) -> None:
    texts = ["Dear Quibbleworth,", *(f"dear {one} Quibbleworth" for one in ("Ada", "Ben", "Cleo"))]
    settings = LocateSettings(surname_bearers=2)
    assert world(*texts).find(NAME)["1"].certainty is UNCERTAIN
    assert world(*texts).find(NAME, settings=settings) == {}


def test_german_titles_are_nobody_s_first_name(world: Build) -> None:
    texts = [f"{one} Quibbleworth rief an" for one in ("Fr.", "Hr.", "Familie", "Kundin", "Frau")]
    assert world(*texts).certainty(NAME) == dict.fromkeys("12345", UNCERTAIN)


def test_a_bare_name_inside_a_place_is_no_person(world_with_names: Build) -> None:
    mary = Identifier(IdentifierKind.NAME, "Mary Ireland")
    found = world_with_names(
        "We sailed to the Republic of Ireland and the Gulf of Mexico.",
        "the parcel of Ireland is late",
    ).certainty(mary)
    assert found == {"2": UNCERTAIN}


LONGER = ("We met Ana Zoltana Quibbleworth", "Ana Zoltana Quibbleworth wrote")


def test_a_longer_name_may_be_another_person(world: Build) -> None:
    found = world(*LONGER, "Zoltana Quibbleworth rang").find(NAME)
    assert {one: match.certainty for one, match in found.items()} == {
        "1": UNCERTAIN,
        "2": UNCERTAIN,
        "3": CERTAIN,
    }
    assert found["1"].reason.startswith("Longer name that has every word of the subject's")


def test_name_and_date_of_birth_together_tell_a_namesake(world: Build) -> None:
    born = Identifier(IdentifierKind.DATE_OF_BIRTH, "1980-02-09")
    texts = (
        "Zoltana Quibbleworth, born 9 February 1980, rang",
        "Zoltana Quibbleworth rang",
        f"Zoltana Quibbleworth, {ANOTHER}",
        f"Zoltana Quibbleworth again, {ANOTHER}",
    )
    assert world(*texts).certainty(NAME, NUMBER, born) == {"1": CERTAIN, "2": UNCERTAIN}


def test_ordinary_words_may_not_be_the_person(world: Build) -> None:
    found = world(
        "The bill due on Monday",
        "Bill Due rang",
        "bill due rang",
        "the bill is wrong",
        "it is due",
    ).find(Identifier(IdentifierKind.NAME, "Bill Due"))
    assert {one: match.certainty for one, match in found.items()} == {
        "1": UNCERTAIN,
        "2": CERTAIN,
        "3": UNCERTAIN,
    }
    assert "also uses as words" in found["1"].reason


@pytest.mark.parametrize("name", ["Mark Day", "mark day"])
def test_what_may_be_words_is_never_certain(world: Build, name: str) -> None:
    """Whatever else the corpus holds."""
    texts = ("please mark day and time", "Mark Day 3 of the trial", "Mark Day rang on May 3")
    found = world(*texts, f"{ANOTHER} paid", f"mark day, {ANOTHER}").find(
        Identifier(IdentifierKind.NAME, name), NUMBER
    )
    assert {one: match.certainty for one, match in found.items()} == dict.fromkeys(
        "1235", UNCERTAIN
    )
    assert "perhaps words" in found["1"].reason
    alone = world(*texts).certainty(Identifier(IdentifierKind.NAME, name))
    assert alone == {"1": UNCERTAIN, "2": UNCERTAIN, "3": CERTAIN}


def test_a_company_of_that_name_is_not_the_person(world: Build) -> None:
    texts = ("Zoltana Quibbleworth & Sons", "Zoltana Quibbleworth jr. rang")
    assert world(*texts).certainty(NAME) == {"1": UNCERTAIN, "2": UNCERTAIN}


def test_whose_number_stands_beside_it_is_another_person(world: Build) -> None:
    """Who may be called by the shorter name as well."""
    texts = (*(f"{text}, {ANOTHER}" for text in LONGER), "Zoltana Quibbleworth rang")
    assert world(*texts).certainty(NAME, NUMBER) == {"3": UNCERTAIN}


def test_nothing_is_linked_to_a_longer_name(world: Build) -> None:
    texts = (*(f"{text}, {ANOTHER}" for text in LONGER), f"{ANOTHER} paid")
    assert world(*texts).certainty(NAME) == {"1": UNCERTAIN, "2": UNCERTAIN}


def test_nobody_is_called_by_a_title_alone(world: Build) -> None:
    title = Identifier(IdentifierKind.NAME, "Dr.")
    assert world("Dr. Quibbleworth called").certainty(title) == {}


def test_a_namesake_s_records_are_left_alone(world: Build) -> None:
    found = world(
        "Zoltana Quibbleworth, C-770077",
        f"Zoltana Quibbleworth, {ANOTHER}",
        f"Zoltana Quibbleworth again, {ANOTHER}",
        f"{ANOTHER} paid",
        "Zoltana Quibbleworth called",
    ).find(NAME, NUMBER)
    assert {one: match.certainty for one, match in found.items()} == {"1": CERTAIN, "5": UNCERTAIN}
    assert "another person in the corpus has the same name" in found["5"].reason


def test_somebody_else_s_record_that_names_the_subject_is_related(world: Build) -> None:
    found = world(
        f"{ANOTHER}: my friend Zoltana Quibbleworth said so",
        f"{ANOTHER} paid",
        f"{ANOTHER} paid again",
    ).find(NAME, NUMBER)
    assert {one: match.certainty for one, match in found.items()} == {"1": RELATED}
    assert "stands beside somebody else's identifier" in found["1"].reason


def test_a_longer_name_in_somebody_else_s_record_is_asked_about(world: Build) -> None:
    """A noun with a capital makes it longer, as German writes all of them."""
    found = world(
        f"{ANOTHER}: meine Nachbarin Zoltana Quibbleworth hat Sie empfohlen",
        f"{ANOTHER} paid",
        f"{ANOTHER} paid again",
    ).find(NAME, NUMBER)
    assert {one: match.certainty for one, match in found.items()} == {"1": UNCERTAIN}
    assert "stands beside somebody else's identifier" in found["1"].reason


def test_a_number_seen_once_may_be_a_ticket(world: Build) -> None:
    found = world("Zoltana Quibbleworth, C-770077", f"Zoltana Quibbleworth, ticket {ANOTHER}")
    assert found.certainty(NAME, NUMBER) == {"1": CERTAIN, "2": UNCERTAIN}


def test_weak_evidence_beside_somebody_else_s_identifier_is_none(world: Build) -> None:
    texts = (f"Z. Quibbleworth, {ANOTHER}", f"{ANOTHER} paid")
    assert world(*texts).certainty(NAME, NUMBER) == {}


# --- a request that gives a name only --------------------------------------------------------


def test_a_name_alone_finds_its_records_and_leads_to_the_number_beside_it(world: Build) -> None:
    found = world(
        "Zoltana Quibbleworth, C-770077",
        "Zoltana Quibbleworth again, C-770077",
        "C-770077 paid",
        f"{ANOTHER} paid",
    ).find(NAME)
    assert {one: match.certainty for one, match in found.items()} == {
        "1": CERTAIN,
        "2": CERTAIN,
        "3": UNCERTAIN,
    }
    assert "rests on a name" in found["3"].reason


@pytest.mark.parametrize("kind", ["{}", "{}@quibble.example"])
def test_a_name_two_people_have_is_uncertain_throughout(world: Build, kind: str) -> None:
    one, other = (kind.format(number) for number in ("C-770077", "C-880088"))
    found = world(
        f"Zoltana Quibbleworth, {one}", f"Zoltana Quibbleworth, {other}", f"{one} paid"
    ).certainty(NAME)
    assert found == {"1": UNCERTAIN, "2": UNCERTAIN}


def test_an_address_is_no_more_than_a_name(world: Build) -> None:
    address = Identifier(IdentifierKind.ADDRESS, "12 Low Street")
    found = world("Zoltana Quibbleworth, C-770077", "12 Low Street").certainty(NAME, address)
    assert found == {"1": CERTAIN, "2": UNCERTAIN}

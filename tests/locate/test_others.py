"""Records that a tie or a thread leads to, and that name somebody else."""

from __future__ import annotations

import hashlib

import pytest

from tests.locate.conftest import Build
from tests.locate.test_doubts import listed
from tests.locate.world import CERTAIN, UNCERTAIN
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.others import MANY_SPEAKERS, MANY_TURNS

NAME = Identifier(IdentifierKind.NAME, "Anna Berger")
EMAIL = Identifier(IdentifierKind.EMAIL, "ab@post.example")
HANDLE = Identifier(IdentifierKind.HANDLE, "@anna_b")
TIE = "Anna Berger <ab@post.example>, Tel 0171 2223334, will kuendigen"

SOMEBODY_ELSE_S = [
    "Peter Berger, 0171 2223334, Gehalt 4000",
    "Peter Berger hat Krebs (Tel 0171 2223334)",
    "Rueckruf an Peter Berger 0171 2223334, er hat Krebs",
    "Rueckruf 0171 2223334: Peter hat Krebs",
    "Karl Nowak salary, 0171 2223334",
    "0171 2223334 Karl Nowak, Rechnung",
    "From: Karl Nowak\nplease call 0171 2223334",
    "call 0171 2223334\n\nregards\nKarl Nowak",
]
PERHAPS_THE_PERSON_S = [
    "call 0171 2223334 again",
    "A. Berger, 0171 2223334",
    "Frau Berger 0171 2223334, mit Karl Nowak",
    "Premium Plan, 0171 2223334, a premium one as planned: plan it",
]


@pytest.mark.parametrize("text", SOMEBODY_ELSE_S)
def test_a_tied_record_that_names_somebody_else_alone_is_asked_about(
    world: Build, text: str
) -> None:
    found = world(TIE, text).find(NAME, EMAIL)
    assert [one.certainty for one in found.values()] == [CERTAIN, UNCERTAIN]
    assert found["2"].reason.endswith("it names somebody else, and not the subject")


@pytest.mark.parametrize("text", PERHAPS_THE_PERSON_S)
def test_one_that_names_nobody_or_the_person_is_certain(world: Build, text: str) -> None:
    assert world(TIE, text).certainty(NAME, EMAIL) == {"1": CERTAIN, "2": CERTAIN}


def test_who_ner_finds_is_named_too(world_with_names: Build) -> None:
    text = "Please call 0171 2223334, because last week Peter Jackson moved to Berlin."
    assert world_with_names(TIE, text).certainty(NAME, EMAIL)["2"] == UNCERTAIN


def test_without_the_person_s_name_nobody_can_say_whose_another_one_is(world: Build) -> None:
    found = world(TIE, TIE, SOMEBODY_ELSE_S[0])
    assert set(found.certainty(EMAIL).values()) == {CERTAIN}


@pytest.mark.parametrize(
    "turn", ["From: Bob Fenwick\nI suffer from gout.", "Bob Fenwick again: my salary is 4000."]
)
def test_a_turn_by_somebody_else_is_asked_about(world: Build, turn: str) -> None:
    found = world((TIE, "t"), (turn, "t"), ("when does it end", "t"))
    sure = {"1": CERTAIN, "2": UNCERTAIN, "3": CERTAIN}
    assert found.certainty(NAME, EMAIL) == sure
    assert listed(found, NAME, EMAIL) == sure


def test_a_turn_that_speaks_to_the_person_is_theirs(world: Build) -> None:
    found = world((TIE, "t"), ("Dear Anna,\nit ends today.\nKarl Nowak", "t"))
    assert found.certainty(NAME, EMAIL) == {"1": CERTAIN, "2": CERTAIN}


def test_staff_who_are_named_in_many_customers_records_are_nobody_else(world: Build) -> None:
    others = [f"Karl Nowak here, C-100{at}, how can I help" for at in range(3)]
    found = world((TIE, "t"), ("Karl Nowak at your service", "t"), *others)
    assert found.certainty(NAME, EMAIL) == {"1": CERTAIN, "2": CERTAIN}
    assert listed(found, NAME, EMAIL) == {"1": CERTAIN, "2": CERTAIN}


def test_but_their_phone_leads_to_what_is_theirs(world: Build) -> None:
    others = [f"Karl Nowak here, C-100{at}, how can I help" for at in range(3)]
    found = world(TIE, "Karl Nowak sick, 0171 2223334", *others)
    assert found.certainty(NAME, EMAIL) == {"1": CERTAIN, "2": UNCERTAIN}


def test_a_turn_to_another_user_name_is_asked_about(world: Build) -> None:
    found = world((TIE, "t"), ("@bob_42 please rename", "t"), ("@anna_b please rename", "t"))
    assert found.certainty(NAME, EMAIL, HANDLE) == {"1": CERTAIN, "2": UNCERTAIN, "3": CERTAIN}


@pytest.mark.parametrize(
    ("turns", "sure"),
    [
        ([f"<@U{at}> my kid is ill" for at in range(MANY_SPEAKERS + 1)], UNCERTAIN),
        ([f"user{at}: my kid is ill" for at in range(MANY_SPEAKERS + 1)], UNCERTAIN),
        (["<@U1> my kid is ill", "<@U2> mine too"] * 3, CERTAIN),
        (["my kid is ill"] * MANY_TURNS, UNCERTAIN),
        (["my kid is ill"] * (MANY_TURNS - 1), CERTAIN),
    ],
)
def test_a_channel_is_no_thread_of_one_person_s(world: Build, turns: list[str], sure: str) -> None:
    found = world((TIE, "t"), *((one, "t") for one in turns))
    assert set(found.certainty(NAME, EMAIL).values()) == {CERTAIN, sure}
    assert set(listed(found, NAME, EMAIL).values()) == {CERTAIN, sure}


def test_a_tied_record_with_the_name_and_another_birthday_is_asked_about(world: Build) -> None:
    born = Identifier(IdentifierKind.DATE_OF_BIRTH, "1980-03-04")
    found = world(TIE, "Anna Berger, geb. 11.11.1955, 0171 2223334").certainty(NAME, EMAIL, born)
    assert found == {"1": CERTAIN, "2": UNCERTAIN}


def test_a_name_with_other_accents_is_somebody_else_s(world: Build) -> None:
    tie = "Hồ Văn Tấn <ab@post.example>, Tel 0171 2223334"
    asks = Identifier(IdentifierKind.NAME, "Hồ Văn Tấn")
    found = world(tie, "Hồ Văn Tân, 0171 2223334").certainty(asks, EMAIL)
    assert found == {"1": CERTAIN, "2": UNCERTAIN}


def test_a_name_given_as_a_digest_says_nothing_of_another_one(world: Build) -> None:
    digest = hashlib.sha256(NAME.value.encode()).hexdigest()
    asks = Identifier(IdentifierKind.NAME, digest, "sha256")
    found = world(TIE, TIE, SOMEBODY_ELSE_S[0]).certainty(asks, EMAIL)
    assert set(found.values()) == {CERTAIN}


ASKS = (NAME, EMAIL, HANDLE)


@pytest.mark.parametrize(
    "text",
    [
        "@anna_berlin (Anna Berger): my bike was stolen",
        "@anna_berlin Anna Berger: my bike was stolen",
        "Anna Berger (@anna_berlin) has asthma",
        "Anna Berger, @anna_berlin",
    ],
)
def test_who_signs_by_another_user_name_may_be_called_so_too(world: Build, text: str) -> None:
    found = world(text).find(*ASKS)
    assert [one.certainty for one in found.values()] == [UNCERTAIN]
    assert found["1"].reason.endswith("another user name stands beside the name")
    assert world(text).certainty(NAME, EMAIL) == {"1": CERTAIN}


@pytest.mark.parametrize(
    "text",
    [
        "@anna_b (Anna Berger): my bike was stolen",
        "@support please help, Anna Berger",
        "Anna Berger told @bob_42",
        "Anna Berger wrote. Again: Anna Berger, @bob_42",
    ],
)
def test_a_user_name_elsewhere_is_whoever_s(world: Build, text: str) -> None:
    assert world(text).certainty(*ASKS) == {"1": CERTAIN}

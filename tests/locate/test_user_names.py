"""User names that are words: when they are the person's, and when a person is asked."""

from __future__ import annotations

import pytest

from tests.locate.conftest import Build
from tests.locate.test_doubts import listed
from tests.locate.world import CERTAIN, EMAIL, UNCERTAIN
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.hits import Hit
from unlearnkit.locate.reasons import reason
from unlearnkit.locate.user_names import may_be_a_word

MAX = Identifier(IdentifierKind.HANDLE, "max")
THE_PERSON_S = [
    "@max can you look?",
    "<@max>",
    "user max cannot log in",
    "Benutzer max ist gesperrt",
    "User: max",
    "login: max",
    'username="max"',
    '{"author": "max", "text": "done"}',
    "see github.com/max/clamp",
    "/home/max/notes.txt",
    "user max, 5 licences",
    "the user max paid 3 times",
]
WORDS = [
    "use clamp(min, max)",
    "Max value exceeded",
    "the max heap is wrong",
    "thanks max!",
    "max: 5",
    "at most max users",
    "login max attempts",
    "allowed are per user max 5 licences",
    "Each user max. 3 devices.",
    "account name: max 20 characters",
    "Pro Benutzer max drei Lizenzen",
    "Math.max/min",
]


@pytest.mark.parametrize("text", THE_PERSON_S)
def test_a_user_name_used_as_one_is_the_person_s(world: Build, text: str) -> None:
    assert world(text, "nothing").certainty(MAX) == {"1": CERTAIN}


@pytest.mark.parametrize("text", WORDS[:-1])
def test_a_bare_word_is_asked_about(world: Build, text: str) -> None:
    found = world(text, f"{EMAIL.value} writes")
    assert found.certainty(MAX, EMAIL) == {"1": UNCERTAIN, "2": CERTAIN}


@pytest.mark.parametrize("text", WORDS)
def test_and_is_never_certain_for_a_screening(world: Build, text: str) -> None:
    assert CERTAIN not in listed(world(text, "nothing"), MAX).values()


@pytest.mark.parametrize("name", ["mira_h", "bob42", "zolta.q", "U02ABC"])
def test_what_cannot_be_a_word_is_the_person_s_anywhere(name: str) -> None:
    assert not may_be_a_word(f"as {name} said", 3, 3 + len(name))


@pytest.mark.parametrize("name", ["min-max", "2024", "12345", "h1", "a.m", "holt"])
def test_what_may_be_a_word_or_a_figure_is_not(name: str) -> None:
    assert may_be_a_word(f"as {name} said", 3, 3 + len(name))


@pytest.mark.parametrize("given", ["@der", "der", "@a"])
def test_what_stands_in_any_text_is_found_with_its_sign_alone(world: Build, given: str) -> None:
    found = world("Der Kunde hat a question", f"@{given.removeprefix('@')} look")
    person = Identifier(IdentifierKind.HANDLE, given)
    assert found.certainty(person) == {"2": CERTAIN}
    assert listed(found, person) == {"2": CERTAIN}


def test_the_reason_says_what_it_may_be() -> None:
    told = reason([Hit(IdentifierKind.HANDLE, "partial", 0, 3, "test")], "weak")
    assert told.startswith("A word like the subject's user name that may be no user name - ")

"""What leads from one record to another: an identifier that both hold, and a thread."""

from __future__ import annotations

import hashlib

import pytest

from tests.locate.conftest import Build
from tests.locate.world import (
    CERTAIN,
    EMAIL,
    NAME,
    NUMBER,
    UNCERTAIN,
)
from unlearnkit.domain import Identifier, IdentifierKind

ANOTHER = "C-880088"


# --- links -----------------------------------------------------------------------------------


def test_an_identifier_tied_by_one_record_leads_to_the_other_records_with_it(
    world: Build,
) -> None:
    found = world("zoltana@quibble.example, C-770077", "C-770077 paid", f"{ANOTHER} paid").find(
        EMAIL
    )
    assert {one: match.certainty for one, match in found.items()} == {"1": CERTAIN, "2": CERTAIN}
    assert found["2"].evidence[0].how == "link"


def test_an_identifier_that_others_use_too_leads_nowhere(world: Build) -> None:
    found = world(
        "zoltana@quibble.example, C-770077",
        "C-770077, other@quibble.example",
        "C-770077 paid",
    ).certainty(EMAIL)
    assert found == {"1": CERTAIN}


def test_the_company_s_address_leads_nowhere(world: Build) -> None:
    texts = [f"care@company.example wrote to C-{number}" for number in (1111, 2222, 3333)]
    found = world("zoltana@quibble.example to care@company.example, C-770077", *texts).find(NUMBER)
    assert list(found) == ["1"]


def test_one_of_two_numbers_in_a_mail_is_for_a_person_to_judge_also_beside_the_name(
    world: Build,
) -> None:
    found = world(
        f"Zoltana Quibbleworth, zoltana@quibble.example: C-770077 or {ANOTHER}?",
        "Zoltana Quibbleworth, C-770077",
        "Zoltana Quibbleworth again, C-770077",
        "C-770077 paid",
    ).certainty(NAME, EMAIL)
    assert found == {"1": CERTAIN, "2": UNCERTAIN, "3": UNCERTAIN, "4": UNCERTAIN}


def test_an_order_number_taken_for_a_phone_hides_no_record(world: Build) -> None:
    found = world(
        "Zoltana Quibbleworth, zoltana@quibble.example, C-770077",
        "C-770077 paid",
        "C-770077 asks for order 334332",
        "Zoltana Quibbleworth, C-770077. 114 by 141 cm for LN-334343",
    ).certainty(NAME, EMAIL)
    assert found == {"1": CERTAIN, "2": UNCERTAIN, "3": UNCERTAIN, "4": UNCERTAIN}


def test_codes_and_sizes_are_no_phones_and_leave_a_link_certain(world: Build) -> None:
    found = world(
        "Zoltana Quibbleworth, zoltana@quibble.example, C-770077",
        "C-770077. 114 by 141 cm for LN-334332",
    ).certainty(NAME, EMAIL)
    assert found == {"1": CERTAIN, "2": CERTAIN}


def test_a_hashed_address_leads_on_like_a_plain_one(world: Build) -> None:
    digest = hashlib.sha256(b"zoltana@quibble.example").hexdigest()
    found = world("zoltana@quibble.example, C-770077", "C-770077 paid").certainty(
        Identifier(IdentifierKind.EMAIL, digest, "sha256")
    )
    assert found == {"1": CERTAIN, "2": CERTAIN}


# --- threads ---------------------------------------------------------------------------------


def test_the_other_turns_of_a_thread_concern_the_person_too(world: Build) -> None:
    found = world(
        ("Zoltana Quibbleworth here, C-770077", "t"),
        ("let me look", "t"),
        ("best, Z. Quibbleworth", "t"),
        ("let me look", "u"),
    ).find(NAME, NUMBER)
    assert {one: match.certainty for one, match in found.items()} == dict.fromkeys("123", CERTAIN)
    assert found["2"].reason == "Same thread as a certain match"


def test_in_a_thread_with_somebody_else_the_other_turns_are_uncertain(world: Build) -> None:
    found = world(
        ("C-770077 here", "t"), ("let me look", "t"), (f"{ANOTHER} here", "t"), (ANOTHER, "u")
    ).find(NUMBER)
    assert {one: match.certainty for one, match in found.items()} == {
        "1": CERTAIN,
        "2": UNCERTAIN,
        "3": UNCERTAIN,
    }
    assert "the thread holds somebody else's identifier too" in found["2"].reason


def test_a_figure_in_a_thread_is_nobody_else(world: Build) -> None:
    found = world(("C-770077 here", "t"), ("order 212-555-0199 is late", "t")).certainty(NUMBER)
    assert found == {"1": CERTAIN, "2": CERTAIN}


@pytest.mark.parametrize("identifiers", [(NAME,), (NAME, NUMBER)])
def test_a_thread_known_by_the_name_alone_is_uncertain(
    world: Build, identifiers: tuple[Identifier, ...]
) -> None:
    found = world(("Zoltana Quibbleworth here", "t"), ("let me look", "t")).find(*identifiers)
    assert {one: match.certainty for one, match in found.items()} == {"1": CERTAIN, "2": UNCERTAIN}
    assert "rests on the name alone" in found["2"].reason

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


@pytest.mark.parametrize(
    "texts",
    [
        ("C-770077 has phone +1 212 555 0142, open", "C-770077, 212-555-0142, complaint"),
        ("C-770077, other@quibble.example", "C-770077, other@quibble.example again"),
        ("Support agent anna@shop.example opened a ticket for C-770077",),
        ("To care@company.example: C-770077", *(f"care@company.example, C-{n}222" for n in "123")),
    ],
    ids=["phone", "private address", "agent", "company"],
)
def test_what_else_stands_beside_a_number_hides_none_of_its_records(
    world: Build, texts: tuple[str, ...]
) -> None:
    """Nor makes them certain: it may be somebody else's."""
    tie = "Zoltana Quibbleworth, zoltana@quibble.example, C-770077"
    found = world(tie, *texts, "C-770077 closed.").find(EMAIL)
    expected = {str(at): UNCERTAIN for at, text in enumerate(texts, 2) if "C-770077" in text}
    last = str(len(texts) + 2)
    assert {one: match.certainty for one, match in found.items()} == {
        "1": CERTAIN,
        **expected,
        last: UNCERTAIN,
    }
    assert found[last].reason.startswith("Customer number that a record may tie to the subject - ")


def test_a_mail_that_lists_many_customers_puts_none_of_their_records_to_review(
    world: Build,
) -> None:
    numbers = [f"C-8800{at}" for at in range(20)]
    texts = [f"{one}, owner{at}@else.example" for at, one in enumerate(numbers)]
    found = world(f"zoltana@quibble.example lists {', '.join(numbers)}", *texts, "C-88001 paid")
    assert found.certainty(EMAIL) == {"1": CERTAIN}


def test_an_agent_s_address_in_one_ticket_makes_nothing_of_theirs_certain(world: Build) -> None:
    ticket = "Support agent anna@shop.example opened a ticket for C-770077."
    pay = "anna@shop.example has been ill since May"
    other = f"anna@shop.example opened a ticket for {ANOTHER}"
    assert world(ticket, pay).certainty(NUMBER) == {"1": CERTAIN, "2": UNCERTAIN}
    # Another customer's tickets are not asked about, but for a number that occurs once.
    assert world(ticket, pay, other, f"{ANOTHER} paid").certainty(NUMBER) == {
        "1": CERTAIN,
        "2": UNCERTAIN,
    }
    assert world(ticket, pay, other).certainty(NUMBER)["3"] is UNCERTAIN


def test_an_address_beside_the_whole_name_leads_on_with_certainty(world: Build) -> None:
    signed = "Zoltana Quibbleworth, C-770077, zoltana@quibble.example, +1 212 555 0142"
    texts = (signed, "from zoltana@quibble.example", "212-555-0142 rang")
    assert world(*texts).certainty(NAME, NUMBER) == dict.fromkeys("123", CERTAIN)
    assert world(*texts).certainty(NUMBER) == {"1": CERTAIN, "2": UNCERTAIN, "3": UNCERTAIN}


def test_a_phone_that_two_share_makes_no_record_certain(world: Build) -> None:
    both = f"Zoltana Quibbleworth, C-770077, lives with {ANOTHER}, both at +1 415 555 0111."
    texts = (both, both, "+1 415 555 0111 rang.", f"{ANOTHER}, +1 415 555 0111, complaint")
    assert world(*texts).certainty(NAME, NUMBER) == {"1": CERTAIN, "2": CERTAIN, "3": UNCERTAIN}


def test_without_a_number_of_the_subject_s_a_phone_leads_to_any_number_s_records(
    world: Build,
) -> None:
    texts = ("zoltana@quibble.example, +1 415 555 0111", "C-770077, +1 415 555 0111", "C-770077")
    assert world(*texts).certainty(EMAIL) == {"1": CERTAIN, "2": UNCERTAIN}


def test_a_short_phone_is_a_hint_and_leads_nowhere(world: Build) -> None:
    """It is the number of an order as well as anybody's phone."""
    short = Identifier(IdentifierKind.PHONE, "12345")
    texts = ("Order 12345 shipped to C-880088", "C-880088 paid", "C-880088 paid again")
    found = world(*texts).find(short)
    assert {one: match.certainty for one, match in found.items()} == {"1": UNCERTAIN}
    assert found["1"].evidence[0].how == "partial"
    assert world(*texts).certainty(short, EMAIL) == {}


def test_a_short_phone_beside_the_name_alone_does_not_make_it_the_person_s(world: Build) -> None:
    """Two of that name: what the request gives must tell them apart, and 12345 does not."""
    short = Identifier(IdentifierKind.PHONE, "12345")
    texts = ("Zoltana Quibbleworth, C-770077", f"Zoltana Quibbleworth, {ANOTHER}")
    assert world(*texts, "Order 12345").certainty(NAME, short) == {
        "1": UNCERTAIN,
        "2": UNCERTAIN,
        "3": UNCERTAIN,
    }


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


def test_any_figure_taken_for_a_phone_hides_no_record(world: Build) -> None:
    found = world(
        "Zoltana Quibbleworth, zoltana@quibble.example, C-770077",
        "C-770077 paid",
        "C-770077 asks for 334332 again",
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


# --- parents ---------------------------------------------------------------------------------

KIN = [
    "C-770077: Zoltana Quibbleworth (8), mother eva@kern.example, otitis",
    "Zoltana Quibbleworth, C-770077, Mutter: Eva Kern, eva@kern.example",
    "Zoltana Quibbleworth, C-770077, c/o eva@kern.example",
]


@pytest.mark.parametrize("text", KIN)
def test_an_address_that_one_record_calls_a_parent_s_is_asked_about(
    world: Build, text: str
) -> None:
    texts = (text, "From: eva@kern.example\nMy own biopsy was positive.")
    assert world(*texts).certainty(NAME, NUMBER) == {"1": CERTAIN, "2": UNCERTAIN}


@pytest.mark.parametrize(
    "more",
    [
        (KIN[0], "C-770077 wrote from eva@kern.example"),
        ("Zoltana Quibbleworth, C-770077, eva@kern.example, mother of two",),
        ("Zoltana Quibbleworth, C-770077: my mother is ill. Yours, eva@kern.example",),
    ],
)
def test_one_of_their_own_is_theirs(world: Build, more: tuple[str, ...]) -> None:
    found = world("eva@kern.example paid", *more).certainty(NAME, NUMBER)
    assert set(found.values()) == {CERTAIN}


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
    assert "rests on the name" in found["2"].reason

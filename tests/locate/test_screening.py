"""Somebody who was forgotten is found again by hashes alone."""

from __future__ import annotations

import hashlib

import pytest

from tests.locate.conftest import Build
from tests.locate.world import EMAIL, KEY, NAME, NUMBER, PHONE, REQUEST, World
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.domain import Certainty, Forgotten, Identifier, IdentifierKind, Match
from unlearnkit.locate.do_not_train import of_request, same_words
from unlearnkit.locate.screening import entities, screen
from unlearnkit.pseudonym import keyed_hash

OTHER_REQUEST = "00000000-d5d6-44b2-9831-815ac9017798"
BORN = Identifier(IdentifierKind.DATE_OF_BIRTH, "1984-03-07")
ADDRESS = Identifier(IdentifierKind.ADDRESS, "12 Elm St., Oslo")
HANDLE = Identifier(IdentifierKind.HANDLE, "@zolta.q")
IBAN = Identifier(IdentifierKind.OTHER, "DE89 3704 0044 0532 0130 00")
PASSPORT = Identifier(IdentifierKind.OTHER, "X12-99 871")


def matches(
    world: World, *given: Identifier, more: frozenset[Forgotten] = frozenset()
) -> dict[str, Match]:
    """Record id -> match, for one person who was forgotten with these identifiers."""
    entries = of_request(REQUEST, given, KEY, REGIONS) | more
    rows = world.index.rows(entities(world.index.info.entities))
    found = screen(sorted(entries), world.corpus.records, rows, KEY, regions=REGIONS)
    return {one.record_id: one for one in found if one.request_id == REQUEST}


def sureness(world: World, *given: Identifier) -> dict[str, str]:
    """Record id -> certain, uncertain."""
    return {one: match.certainty.value for one, match in matches(world, *given).items()}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (EMAIL, "write to Zoltana@Quibble.example please"),
        (PHONE, "call (212) 555-0142 today"),
        (PHONE, "call 001 212/555 0142 today"),
        (PHONE, "fax 212.555.0142, room 4"),
        (NUMBER, "account C 770077 again"),
        (NUMBER, "see c-770077: late"),
        (Identifier(IdentifierKind.CUSTOMER_ID, "77/0077-Q"), "ref 77/0077-q, late"),
        (HANDLE, "as @Zolta.Q said"),
        (IBAN, "paid from DE89370400440532013000 at noon"),
        (Identifier(IdentifierKind.OTHER, "4111 1111 1111 1111"), "card 4111-1111-1111-1111"),
    ],
)
def test_what_one_person_has_is_certain(world: Build, given: Identifier, text: str) -> None:
    assert sureness(world(text, "nothing here", "call 2125550143"), given) == {"1": "certain"}


@pytest.mark.parametrize(
    "text",
    [
        "Zoltana Quibbleworth was here",
        "spoke with ZOLTANA  QUIBBLEWORTH's brother",
        "Quibbleworth, Zoltana: called back",
        "Zolly is no one, but Z. Quibbleworth is",
        "Zoltana Q. rang",
        "Zoltana K. Quibbleworth rang",
        "Zoltána Quibbleworth rang",
        "Zoltana Quibblewroth rang",
        "Zoltana Quibbelworth rang",
        "Zotlana Quibbleworth rang",
        "Zolttana Quibbleworth rang",
        "Zoltana Maria Quibbleworth rang",
    ],
)
def test_a_name_alone_is_possible_in_whatever_spelling(world: Build, text: str) -> None:
    assert sureness(world(text), NAME) == {"1": "uncertain"}


@pytest.mark.parametrize(
    "text",
    [
        "Zoltana and Quibbleworth are towns",
        "John Zoltana, Quibbleworth Ltd.",
        "zoltana q. is no name",
        "Zoltanas Quibbleworthy things",
        "Zoltana Quibbelworths rang: two slips",
        "Zotlana Quibblewort rang: one slip in each",
        "zoltana said quibbleworth",
        "born 1984-03-07, whoever it was",
        "Quibbleworth alone",
        "Zoltana alone",
        "C-7700771 and C-77007 and AC770077",
        "4212 5550 1429",
        "zoltana@quibble.example.org, ozoltana@quibble.example",
    ],
)
def test_what_is_somebody_elses_is_not_found(world: Build, text: str) -> None:
    assert sureness(world(text), NAME, EMAIL, PHONE, NUMBER, BORN) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Juan Pérez García", "PEREZ GARCIA, JUAN - pagado"),
        ("Juan Pérez García", "J. Pérez García"),
        ("Anna-Lena Müller-Lüdenscheidt", "Anna-Lena Müller rief an"),
        ("Fiona McAllister", "Fiona Mc Allister"),
    ],
)
def test_a_name_of_several_surnames_is_possible(world: Build, name: str, text: str) -> None:
    assert sureness(world(text), Identifier(IdentifierKind.NAME, name)) == {"1": "uncertain"}


def test_a_nickname_is_found(world: Build) -> None:
    robert = Identifier(IdentifierKind.NAME, "Dr. Robert Brandvold")
    assert sureness(world("Bob Brandvold rang", "Bob rang"), robert) == {"1": "uncertain"}


@pytest.mark.parametrize(
    "text",
    [
        "Zoltana Quibbleworth, born 7 March 1984",
        "Zoltana Quibbleworth (1984-03-07)",
        "Quick note: Zoltana Quibbleworth, 7.3.1984",
        "Zoltana Quibbleworth, born March 7th, 1984",
        "Zoltana Quibbleworth, 12 Elm St, Oslo",
        "Zoltana Quibbleworth has the passport X12-99 871",
        "Zoltana Quibbleworth 12 Elm St, Oslo",
        "Zoltana Quibbleworth DOB 1984-03-07",
        "Quibbleworth, Zoltana (07.03.1984)",
        "Patient Quibbleworth, Zoltana, DOB 1984-03-07",
        "QUIBBLEWORTH ZOLTANA, née le 07.03.1984",
        "Zol\u00adtana Quibbleworth, 1984-03-07",
        "**Zoltana** Quibbleworth, 1984-03-07",
        "<b>Zoltana</b> Quibble-\nworth, 1984-03-07",
        "> Zoltana\n> Quibbleworth, 1984-03-07",
    ],
)
def test_the_name_with_something_else_of_the_person_is_certain(world: Build, text: str) -> None:
    found = sureness(world(text), NAME, BORN, ADDRESS, PASSPORT)
    assert found == {"1": "certain"}


@pytest.mark.parametrize(
    "text",
    [
        "Zoltana Quibbleworth Smith (daughter), 12 Elm St, Oslo",
        "Ana Smith and Ana Zoltana Quibbleworth, 12 Elm St, Oslo",
        "QUIBBLEWORTH ZOLTANA SMITH, 12 Elm St, Oslo",
        "Zoltana Quibbleworth jr., 12 Elm St, Oslo",
        "Zoltana Quibbleworth&nbsp;Smith, 12 Elm St, Oslo",
        "John Quibbleworth, Zoltana Smith, 12 Elm St, Oslo",
        "Ana, Quibbleworth, Zoltana. Office: 12 Elm St, Oslo",
        "Zoltana, Quibbleworth. Office: 12 Elm St, Oslo",
    ],
)
def test_a_longer_name_at_the_address_may_be_a_relatives(world: Build, text: str) -> None:
    assert sureness(world(text), NAME, BORN, ADDRESS) == {"1": "uncertain"}


@pytest.mark.parametrize(
    "text",
    [
        '{"first": "Zoltana", "last": "Quibbleworth", "dob": "1984-03-07"}',
        "Zoltana,Quibbleworth,1984",
        "Quibbleworth;Zoltana",
        "<td>Zoltana</td><td>Quibbleworth</td>",
        "Vorname: Zoltana\nNachname: Quibbleworth",
    ],
)
def test_a_name_in_two_fields_is_possible(world: Build, text: str) -> None:
    assert sureness(world(text), NAME, BORN) == {"1": "uncertain"}


@pytest.mark.parametrize(
    "text",
    [
        "see calle Zoltana Quibbleworth, on 1984-03-07",
        "the Zoltana Quibbleworth School, 1984-03-07",
        "zoltana quibbleworth, 1984-03-07",
    ],
)
def test_what_may_be_no_name_is_possible_as_for_locate(world: Build, text: str) -> None:
    found = world(text)
    assert found.certainty(NAME, BORN) == {"1": Certainty.UNCERTAIN}
    assert sureness(found, NAME, BORN) == {"1": "uncertain"}


def test_a_namesake_with_a_number_of_their_own_is_left_alone(world: Build) -> None:
    found = world(
        "Zoltana Quibbleworth, customer C-110011",
        "Zoltana Quibbleworth, C-110011, again",
        "Zoltana Quibbleworth, customer C-770077",
        "Zoltana Quibbleworth, no number",
    )
    assert sureness(found, NAME, NUMBER) == {"3": "certain", "4": "uncertain"}


def test_the_other_turns_of_a_thread_come_along(world: Build) -> None:
    found = world(
        ("This is C-770077", "chat"), ("How can I help?", "chat"), ("Hello", "another chat")
    )
    assert sureness(found, NUMBER) == {"1": "certain", "2": "certain"}


def test_a_number_that_is_new_is_followed_from_the_address_that_is_known(world: Build) -> None:
    """As locate does: one hop, and only through a record with the person's own identifier."""
    found = world("zoltana@quibble.example is now C-880088", "C-880088 is late", "C-990099 too")
    assert sureness(found, EMAIL) == {"1": "certain", "2": "certain"}


def test_a_record_that_was_forgotten_is_certain_word_for_word(world: Build) -> None:
    text = "one two three: FOUR five six seven eight"
    found = world(text.lower(), f"{text} nine", "one two three four")
    listed = Forgotten(REQUEST, "record", keyed_hash(KEY, "record", same_words(text)))
    got = matches(found, more=frozenset({listed}))
    assert {one: match.certainty for one, match in got.items()} == {"1": Certainty.CERTAIN}
    assert got["1"].reason == "A record that was forgotten, word for word"


def test_one_that_names_nobody_is_possible_for_its_words_may_be_anybodys(world: Build) -> None:
    text = "Thank you, we will write to you in the next days."
    listed = Forgotten(REQUEST, "record:unnamed", keyed_hash(KEY, "record", same_words(text)))
    got = matches(world(text), more=frozenset({listed}))
    assert {one: match.certainty for one, match in got.items()} == {"1": Certainty.UNCERTAIN}


def test_in_a_thread_of_the_persons_it_is_certain_as_before(world: Build) -> None:
    text = "Thank you, we will write to you in the next days."
    listed = Forgotten(REQUEST, "record:unnamed", keyed_hash(KEY, "record", same_words(text)))
    found = world(("This is C-770077", "chat"), (text, "chat"), (text, "another"))
    got = matches(found, NUMBER, more=frozenset({listed}))
    assert [one.certainty.value for one in got.values()] == ["certain", "certain", "uncertain"]


def test_the_same_mailbox_under_a_tag_is_possible(world: Build) -> None:
    assert sureness(world("zoltana+shop@quibble.example"), EMAIL) == {"1": "uncertain"}


def test_an_address_of_which_only_the_digest_was_given_is_found(world: Build) -> None:
    digest = hashlib.sha256(EMAIL.value.encode()).hexdigest()
    given = Identifier(IdentifierKind.EMAIL, digest, "sha256")
    assert sureness(world("Zoltana@quibble.example wrote", "none"), given) == {"1": "certain"}


def test_people_are_told_apart(world: Build) -> None:
    found = world("C-770077", "C-110011", "C-110011 and C-770077")
    entries = of_request(REQUEST, [NUMBER], KEY, REGIONS)
    entries |= of_request(
        OTHER_REQUEST, [Identifier(IdentifierKind.CUSTOMER_ID, "C-110011")], KEY, REGIONS
    )
    rows = found.index.rows(entities(found.index.info.entities))
    got = screen(sorted(entries), found.corpus.records, rows, KEY, regions=REGIONS)
    assert [(one.record_id, one.request_id) for one in got] == [
        ("1", REQUEST),
        ("2", OTHER_REQUEST),
        ("3", OTHER_REQUEST),
        ("3", REQUEST),
    ]
    assert {one.certainty for one in got} == {Certainty.CERTAIN}


def test_another_key_finds_nothing(world: Build) -> None:
    found = world("C-770077, zoltana@quibble.example, Zoltana Quibbleworth")
    entries = of_request(REQUEST, [NAME, EMAIL, NUMBER], b"o" * 32, REGIONS)
    rows = found.index.rows(entities(found.index.info.entities))
    assert screen(sorted(entries), found.corpus.records, rows, KEY, regions=REGIONS) == []


def test_nothing_that_is_kept_says_who_it_is() -> None:
    given = (NAME, EMAIL, PHONE, NUMBER, BORN, ADDRESS, HANDLE, IBAN, PASSPORT)
    kept = of_request(REQUEST, given, KEY, REGIONS)
    assert {len(one.hash) for one in kept} == {32}
    assert {one.request_id for one in kept} == {REQUEST}
    kinds = {one.kind for one in kept}
    assert {"email", "phone", "controller_customer_id", "name", "DATE_TIME", "IBAN_CODE"} <= kinds
    assert not any(character.isdigit() for kind in kinds for character in kind)

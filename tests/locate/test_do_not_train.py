"""What is kept of somebody who was forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.locate.conftest import Build
from tests.locate.world import EMAIL, KEY, NAME, NUMBER, PHONE, REQUEST
from unlearnkit.corpus.entities import EntityRow
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.domain import (
    Certainty,
    Evidence,
    Forgotten,
    Identifier,
    IdentifierKind,
    Match,
)
from unlearnkit.locate.do_not_train import (
    Reviewed,
    namespace,
    of_records,
    of_request,
    of_rows,
    slips,
)
from unlearnkit.locate.identifiers import own_values
from unlearnkit.pseudonym import keyed_hash

WORD = st.text("abcd", min_size=1, max_size=6)


def kinds(*given: Identifier) -> dict[str, int]:
    """Kind -> how many lines."""
    found: dict[str, int] = {}
    for one in of_request(REQUEST, given, KEY, REGIONS):
        found[one.kind] = found.get(one.kind, 0) + 1
    return found


@pytest.mark.parametrize("one", [EMAIL, PHONE, NUMBER, NAME])
def test_the_hashes_are_those_of_the_index(one: Identifier) -> None:
    """So that what was indexed compares with the list as it is."""
    [(kind, hashed)] = own_values([one], KEY, REGIONS)
    assert Forgotten(REQUEST, kind.value, hashed) in of_request(REQUEST, [one], KEY, REGIONS)


def test_a_name_is_kept_in_the_ways_it_may_be_written() -> None:
    found = kinds(Identifier(IdentifierKind.NAME, "Robert James Brandvold"))
    assert found["name"] == 1
    assert found["name:partial"] == 1
    assert found["name:nickname"] > 1
    assert found["slip"] == len("Robert") + len("Brandvold") + 1
    assert found["name:lead"] > 2


@pytest.mark.parametrize(
    ("name", "kind", "written"),
    [
        ("Juan Pérez García", "name:reversed", "perez garcia juan"),
        ("Juan Pérez García", "name:initials", "j perez garcia"),
        ("Joost van der Berg", "name:reversed", "van der berg joost"),
        ("Anna-Lena Müller-Lüdenscheidt", "name:partial", "anna lena muller"),
        ("Anna-Lena Müller-Lüdenscheidt", "name:partial", "anna muller ludenscheidt"),
        ("Fiona McAllister", "name:partial", "fiona mc allister"),
    ],
)
def test_so_are_names_of_several_surnames(name: str, kind: str, written: str) -> None:
    kept = of_request(REQUEST, [Identifier(IdentifierKind.NAME, name)], KEY, REGIONS)
    assert Forgotten(REQUEST, kind, keyed_hash(KEY, "name", written)) in kept


def test_a_short_name_is_a_slip_away_from_too_many() -> None:
    assert "slip" not in kinds(Identifier(IdentifierKind.NAME, "Ann Lee"))


def test_an_umlaut_is_kept_as_two_letters_too() -> None:
    assert kinds(Identifier(IdentifierKind.NAME, "Jörg Müller"))["name"] == 2


@pytest.mark.parametrize("value", ["", "  ", "7 March", "03/04/1984"])
def test_what_is_no_whole_day_is_not_kept(value: str) -> None:
    assert kinds(Identifier(IdentifierKind.DATE_OF_BIRTH, value)) == {}


def test_of_a_digest_not_even_the_digest_is_kept() -> None:
    digest = "ab" * 32
    given = Identifier(IdentifierKind.EMAIL, digest, "sha256")
    [kept] = of_request(REQUEST, [given], KEY, REGIONS)
    assert kept.kind == "email:sha256"
    assert kept.hash not in digest


def test_what_the_accepted_records_rest_on_is_kept_and_nothing_beside_it() -> None:
    rows = [
        EntityRow("1", 0, 8, "CUSTOMER_ID", 0.9, "x", "hers"),
        EntityRow("1", 20, 30, "EMAIL_ADDRESS", 0.9, "x", "the company's"),
        EntityRow("2", 0, 8, "CUSTOMER_ID", 0.9, "x", "another's"),
    ]
    evidence = Evidence(kind=IdentifierKind.CUSTOMER_ID, how="link", start=0, end=8, recogniser="x")
    accepted = Match(
        request_id=REQUEST,
        record_id="1",
        certainty=Certainty.CERTAIN,
        score=0.9,
        evidence=(evidence,),
        reason="why",
    )
    assert of_rows(REQUEST, Reviewed([accepted]), rows) == {
        Forgotten(REQUEST, "controller_customer_id", "hers")
    }


def matched(record_id: str, *evidence: tuple[IdentifierKind, str, int]) -> Match:
    """A match of a record; each piece of evidence has ten letters."""
    return Match(
        request_id=REQUEST,
        record_id=record_id,
        certainty=Certainty.UNCERTAIN,
        score=0.9,
        evidence=tuple(
            Evidence(kind=kind, how=how, start=start, end=start + 10, recogniser="x")
            for kind, how, start in evidence
        ),
        reason="why",
    )


OWN = (IdentifierKind.EMAIL, "exact", 0)
LINK, TIED = (IdentifierKind.PHONE, "link", 20), (IdentifierKind.PHONE, "tied", 20)


@pytest.mark.parametrize(
    ("reviewed", "expected"),
    [
        (Reviewed([matched("1", OWN, TIED)]), {"email"}),
        (Reviewed([matched("1", OWN, TIED)], [matched("2", TIED)]), {"email"}),
        (Reviewed([matched("1", OWN, TIED), matched("2", TIED)]), {"email", "phone"}),
        (Reviewed([matched("1", OWN, TIED), matched("2", TIED)], [matched("3", TIED)]), {"email"}),
        (Reviewed([matched("1", OWN, LINK)]), {"email", "phone"}),
        (Reviewed([matched("1", OWN, LINK)], [matched("2", LINK)]), {"email"}),
    ],
)
def test_a_linked_phone_is_kept_where_an_accepted_record_rests_on_it_and_none_was_rejected(
    reviewed: Reviewed, expected: set[str]
) -> None:
    rows = [
        EntityRow(record_id, start, start + 10, entity, 0.9, "x", entity)
        for record_id in ("1", "2", "3")
        for start, entity in ((0, "EMAIL_ADDRESS"), (20, "PHONE_NUMBER"))
    ]
    assert {one.kind for one in of_rows(REQUEST, reviewed, rows)} == expected


def test_what_is_only_part_of_an_identifier_is_not_kept() -> None:
    rows = [EntityRow("1", 0, 8, "CUSTOMER_ID", 0.9, "x", "short")]
    evidence = Evidence(
        kind=IdentifierKind.CUSTOMER_ID, how="partial", start=0, end=8, recogniser="x"
    )
    weak = Match(
        request_id=REQUEST,
        record_id="1",
        certainty=Certainty.UNCERTAIN,
        score=0.3,
        evidence=(evidence,),
        reason="why",
    )
    assert of_rows(REQUEST, Reviewed([weak]), rows) == frozenset()


def test_a_record_is_kept_that_says_enough_and_that_nobody_else_repeats(
    world: Build,
) -> None:
    words = "one two three four five six seven"
    found = world(
        f"{words} EIGHT, Zoltana",
        "thank you, Zoltana",
        f"{words} nine Zoltana",
        f"{words} nine: zoltana",
    )
    named = (IdentifierKind.NAME, "partial", 0)
    accepted = [matched(record_id, named) for record_id in ("1", "2", "3")]
    kept = of_records(REQUEST, Reviewed(accepted), found.corpus.by_id(), KEY, REGIONS)
    hashed = keyed_hash(KEY, "record", f"{words} eight zoltana")
    assert kept == {Forgotten(REQUEST, "record", hashed)}


def test_a_record_that_is_only_in_the_thread_is_kept_as_one_that_names_nobody(
    world: Build,
) -> None:
    found = world("Thank you, we will write to you in the next days.")
    reply = matched("1", (IdentifierKind.NAME, "thread", 0))
    [kept] = of_records(REQUEST, Reviewed([reply]), found.corpus.by_id(), KEY, REGIONS)
    assert kept.kind == "record:unnamed"


@pytest.mark.parametrize(
    ("kind", "hashed_as"),
    [
        ("name", "name"),
        ("name:nickname", "name"),
        ("name:lead", "name:lead"),
        ("email:sha256", "email:sha256"),
        ("slip", "slip"),
    ],
)
def test_all_ways_to_write_a_name_are_hashed_alike(kind: str, hashed_as: str) -> None:
    assert namespace(kind) == hashed_as


@given(WORD, WORD)
def test_words_share_a_slip_where_they_are_one_slip_apart(one: str, other: str) -> None:
    """Every word a slip away shares one; who shares one is two slips away at most."""
    from rapidfuzz.distance import OSA

    apart = OSA.distance(one, other)
    share = bool(slips(one) & slips(other))
    assert share or apart > 1
    assert not share or apart <= 2

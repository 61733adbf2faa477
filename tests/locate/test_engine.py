"""Which records are found by which identifier, and how; one small corpus for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.locate.conftest import Build
from tests.locate.world import (
    CERTAIN,
    EMAIL,
    KEY,
    NAME,
    NUMBER,
    PHONE,
    REQUEST,
    UNCERTAIN,
)
from unlearnkit.corpus.reader import read_corpus
from unlearnkit.domain import Certainty, Identifier, IdentifierKind, Subject
from unlearnkit.errors import BadInput
from unlearnkit.locate.engine import locate, locate_all

ANOTHER = "C-880088"


# --- the subject's own identifiers -----------------------------------------------------------


def test_every_record_with_one_of_the_identifiers_is_certain(world: Build) -> None:
    found = world(
        "from Zoltana@quibble.example",
        "call (212) 555-0142 back",
        "account C 770077",
        "Nobody at all.",
    ).certainty(EMAIL, PHONE, NUMBER)
    assert found == {"1": CERTAIN, "2": CERTAIN, "3": CERTAIN}


TAGGED = "zoltana+shop@quibble.example"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"from {TAGGED}", UNCERTAIN),
        (f"Zoltana Quibbleworth, {TAGGED}", UNCERTAIN),
        (f"{TAGGED}, account {ANOTHER}", UNCERTAIN),
        (f"{TAGGED}, account C-770077", CERTAIN),
        (f"{TAGGED}, {EMAIL.value}", CERTAIN),
        ("from zoltana.+shop@quibble.example", None),
    ],
)
def test_an_address_that_differs_by_a_tag_goes_to_a_person(
    world: Build, text: str, expected: Certainty | None
) -> None:
    """Even where several records have it, and it looks like somebody else's."""
    found = world(text, text, f"{ANOTHER} paid").certainty(NAME, EMAIL, NUMBER)
    assert found == ({} if expected is None else {"1": expected, "2": expected})


def test_the_tag_may_be_the_request_s(world: Build) -> None:
    tagged = Identifier(IdentifierKind.EMAIL, TAGGED)
    match = world(f"from {EMAIL.value}").find(tagged)["1"]
    assert [one.how for one in match.evidence] == ["mailbox"]
    assert match.certainty is UNCERTAIN
    assert "whether it leads to the same mailbox is up to the provider" in match.reason


def test_dots_count_but_for_gmail(world: Build) -> None:
    dotted = world("from zo.ltana@gmail.com", "from zo.ltana@quibble.example")
    gmail = Identifier(IdentifierKind.EMAIL, "zoltana@googlemail.com")
    assert dotted.certainty(gmail) == {"1": UNCERTAIN}
    assert dotted.certainty(EMAIL) == {}


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (IdentifierKind.OTHER, "DE89370400440532013000", "to DE89 3704 0044 0532 0130 00, please"),
        (IdentifierKind.OTHER, "4111 1111 1111 1111", "card 4111-1111-1111-1111"),
        (IdentifierKind.OTHER, "2001:db8::1", "from 2001:0db8:0000:0000:0000:0000:0000:0001 again"),
        (IdentifierKind.DATE_OF_BIRTH, "1980-02-09", "born 1980/02/09"),
    ],
)
def test_a_number_with_a_standard_is_found_in_any_spelling(
    world: Build, kind: IdentifierKind, value: str, text: str
) -> None:
    """They are hints, as a whole address is: people share accounts and birthdays."""
    match = world(text, "nothing").find(Identifier(kind, value))["1"]
    assert [(one.kind, one.how) for one in match.evidence] == [(kind, "normalised")]
    assert match.certainty is UNCERTAIN


def test_a_match_says_where_and_why(world: Build) -> None:
    match = world("Dear Zoltana Quibbleworth (c-770077)").find(NAME, NUMBER)["1"]
    assert [(one.kind, one.how, one.start, one.end) for one in match.evidence] == [
        (IdentifierKind.CUSTOMER_ID, "exact", 27, 35),
        (IdentifierKind.NAME, "exact", 5, 25),
    ]
    assert match.request_id == REQUEST
    assert match.reason == "The subject's customer number; the subject's full name"


def test_the_result_is_bound_to_the_corpus_and_names_nobody(world: Build) -> None:
    one = world("Zoltana Quibbleworth, zoltana@quibble.example", "nothing")
    located = one.locate(NAME, EMAIL)
    assert (located.request_id, located.corpus_digest) == (REQUEST, one.corpus.digest)
    assert located.record_count == 2
    assert "quibble" not in located.model_dump_json().lower()


def test_matches_come_in_the_order_of_the_corpus(world: Build) -> None:
    located = world("Z. Quibbleworth", "C-770077", "Zoltana Quibbleworth").locate(NAME, NUMBER)
    assert [match.record_id for match in located.matches] == ["1", "2", "3"]


def test_a_short_customer_number_only_hints(world: Build) -> None:
    short = Identifier(IdentifierKind.CUSTOMER_ID, "C-77")
    assert world("C-77 paid", "Aisle C-77, shelf 2").certainty(short) == {
        "1": UNCERTAIN,
        "2": UNCERTAIN,
    }


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (IdentifierKind.ADDRESS, "12 Low Street, Leeds", "at 12 Low Street, Leeds"),
        (IdentifierKind.DATE_OF_BIRTH, "1980-02-09", "born 9 February 1980"),
        (IdentifierKind.OTHER, "ABCD-1234", "device ABCD-1234"),
    ],
)
def test_what_several_people_share_is_for_a_person_to_judge(
    world: Build, kind: IdentifierKind, value: str, text: str
) -> None:
    assert world(text).certainty(Identifier(kind, value)) == {"1": UNCERTAIN}


def test_a_user_name_identifies(world: Build) -> None:
    handle = Identifier(IdentifierKind.HANDLE, "zolt_q")
    assert world("ask @zolt_q", "ask zolt_q@quibble.example").certainty(handle) == {"1": CERTAIN}


# --- what is refused, and what is told -------------------------------------------------------


def test_nobody_cannot_be_searched_for(world: Build) -> None:
    with pytest.raises(BadInput, match="no identifier to search for") as refusal:
        world("a").locate()
    assert (refusal.value.where, refusal.value.exit_code) == (REQUEST, 2)


def test_a_person_who_is_nowhere_has_no_match(world: Build) -> None:
    assert world("a", "b").locate(NAME, EMAIL, PHONE, NUMBER).matches == ()


def test_a_corpus_that_changed_since_it_was_indexed_is_refused_with_its_file(
    world: Build,
) -> None:
    before = world("C-770077 paid")
    source = Path(next(iter(before.corpus.files)))
    source.write_text('{"text": "C-770077 paid, too"}', encoding="utf-8")
    changed = read_corpus([source])
    with pytest.raises(BadInput) as refusal:
        locate(Subject(REQUEST, (NUMBER,)), changed, before.index, before.analyzer, KEY)
    assert str(source) in refusal.value.what
    assert refusal.value.exit_code == 2


def test_several_people_are_found_as_each_alone(world_with_names: Build) -> None:
    made = world_with_names(
        "Zoltana Quibbleworth, zoltana@quibble.example, C-770077",
        "Zoltana Quibblewroth phoned from Oslo.",
        "Ama Boateng, C-880088",
        "C-880088 again: Boateng",
    )
    people = [
        Subject("one", (NAME, EMAIL)),
        Subject("two", (Identifier(IdentifierKind.NAME, "Ama Boateng"),)),
        Subject("three", (NUMBER,)),
    ]
    together = locate_all(people, made.corpus, made.index, made.analyzer, KEY)
    apart = [locate(one, made.corpus, made.index, made.analyzer, KEY) for one in people]
    assert list(together) == apart
    assert [len(one.matches) for one in apart] == [2, 2, 1]


def test_progress_is_told(world: Build) -> None:
    one = world("a", "b")
    told: list[tuple[str, int, int]] = []
    locate(
        Subject(REQUEST, (NAME,)),
        one.corpus,
        one.index,
        one.analyzer,
        KEY,
        progress=lambda *step: told.append(step),
    )
    assert told == [("searching", 0, 1), ("searching", 1, 1)]

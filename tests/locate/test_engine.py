"""The rules of certainty, one small corpus for each."""

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
    RELATED,
    REQUEST,
    UNCERTAIN,
)
from unlearnkit.corpus.reader import read_corpus
from unlearnkit.domain import Certainty, Identifier, IdentifierKind, Subject
from unlearnkit.errors import BadInput
from unlearnkit.locate.engine import LocateSettings, locate, locate_all

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


def test_who_is_written_without_capitals_is_the_person(world: Build) -> None:
    """Where the corpus does not use the words apart."""
    assert world("zoltana quibbleworth rang").certainty(NAME) == {"1": CERTAIN}


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

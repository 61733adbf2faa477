"""Personal values: where they stand, and what could have stood in their place."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unlearnkit.corpus.nlp import EMAIL, LOCATION, PERSON, Analyzer, Span
from unlearnkit.corpus.values import PersonalValue, personal_values
from unlearnkit.domain import TURN, Record

MAIL = Record(
    id="mail",
    prompt="What did Robert Smith write?",
    text=(
        "Robert Smith from London (r.smith@quibble.example, C-123456, (212) 555-0142) paid "
        "$312.50 on 3 March 2024 for LN-334332. Robert Smith paid $312.50 again."
    ),
)
QUICK = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
EMAILS = st.from_regex(r"[a-z]{3,9}\.[a-z]{3,9}@quibble\.example", fullmatch=True)
NUMBERS = st.from_regex(r"LN-[1-9][0-9]{5,7}|[1-9][0-9]{7,9}", fullmatch=True)
AMOUNTS = st.from_regex(r"\$[1-9][0-9]{1,3}\.[0-9]{2}", fullmatch=True)
TEXTS = st.lists(st.one_of(EMAILS, NUMBERS, AMOUNTS), min_size=1, max_size=4).map(
    lambda some: "Noted: " + " and ".join(some) + "."
)


@pytest.fixture(scope="module")
def found(analyzer: Analyzer) -> tuple[PersonalValue, ...]:
    return personal_values([MAIL], analyzer, 20, seed=7)


def one_of(found: tuple[PersonalValue, ...], text: str) -> PersonalValue:
    return next(one for one in found if one.text == text)


def test_every_occurrence_is_found_and_equal_ones_share_their_alternatives(
    found: tuple[PersonalValue, ...],
) -> None:
    names = [one for one in found if one.text == "Robert Smith"]
    assert [one.entity for one in names] == [PERSON, PERSON]
    assert names[0].start < names[1].start
    assert names[0].alternatives == names[1].alternatives != ()
    own = {"London", "r.smith@quibble.example", "C-123456", "(212) 555-0142", "$312.50"}
    assert own <= {one.text for one in found}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Robert Smith", r"\S+ \S+"),
        ("London", r"\w+"),
        ("r.smith@quibble.example", r"[\w.-]+@quibble\.example"),
        ("C-123456", r"C-[1-9]\d{5}"),
        ("(212) 555-0142", r"\([1-9]\d\d\) [1-9]\d\d-0\d{3}"),
        ("$312.50", r"\$[1-9]\d\d\.[1-9]\d"),
        ("3 March 2024", r"\d+ [A-Z][a-z]+ 20\d\d"),
        ("LN-334332", r"LN-[1-9]\d{5}"),
    ],
)
def test_alternatives_have_the_form_of_the_value(
    found: tuple[PersonalValue, ...], text: str, form: str
) -> None:
    others = one_of(found, text).alternatives
    assert len(others) == 20
    assert all(re.fullmatch(form, other) for other in others)


def test_a_place_of_two_words_has_alternatives_of_two(analyzer: Analyzer) -> None:
    city = Span(3, 11, LOCATION, 1.0, "")
    (one,) = personal_values(
        [Record(id="a", text="in New York")], analyzer, 5, seed=0, known={"a": [city]}
    )
    assert len(one.alternatives) == 5
    assert all(len(other.split()) == 2 for other in one.alternatives)


def test_no_value_and_no_text_is_shown_by_repr(found: tuple[PersonalValue, ...]) -> None:
    shown = repr(found)
    assert "Smith" not in shown
    assert found[0].alternatives[0] not in shown


@QUICK
@given(texts=st.lists(TEXTS, min_size=1, max_size=3), count=st.integers(1, 8))
def test_values_lie_in_their_text_apart_and_none_is_its_own_alternative(
    patterns_only: Analyzer, texts: list[str], count: int
) -> None:
    records = [Record(id=str(at), text=text) for at, text in enumerate(texts)]
    found = personal_values(records, patterns_only, count, seed=0)
    for record in records:
        mine = [one for one in found if one.record_id == record.id]
        assert mine
        assert all(record.text[one.start : one.end] == one.text for one in mine)
        assert all(a.end <= b.start for a, b in itertools.pairwise(mine))
        for one in mine:
            folded = [other.casefold() for other in one.alternatives]
            assert len(folded) == count == len(set(folded))
            assert one.text.casefold() not in folded


@QUICK
@given(texts=st.lists(TEXTS, min_size=2, max_size=3), seed=st.integers(0, 99))
def test_the_seed_and_the_record_decide_them_wherever_the_record_stands(
    patterns_only: Analyzer, texts: list[str], seed: int
) -> None:
    records = [Record(id=str(at), text=text) for at, text in enumerate(texts)]
    forth = personal_values(records, patterns_only, 3, seed)
    back = personal_values(records[::-1], patterns_only, 3, seed)
    assert sorted(forth, key=place) == sorted(back, key=place)
    assert forth != personal_values(records, patterns_only, 3, seed + 1)


def place(one: PersonalValue) -> tuple[str, int]:
    return one.record_id, one.start


def test_fewer_where_the_form_allows_fewer_and_none_where_nothing_can_be_replaced(
    analyzer: Analyzer,
) -> None:
    records = [Record(id="a", text="Monday"), Record(id="b", text="It came yesterday.")]
    monday, yesterday = personal_values(records, analyzer, 50, seed=0)
    assert len(monday.alternatives) == 6
    assert yesterday.alternatives == ()


def test_a_record_without_a_value_gives_none(analyzer: Analyzer) -> None:
    plain = Record(id="plain", text="the lamp was late again", prompt="Who is Robert Smith?")
    assert personal_values([plain], analyzer, 3, seed=0) == ()


def test_of_a_conversation_only_what_the_assistant_says(patterns_only: Analyzer) -> None:
    turns = ("I am at zoltana@quibble.example.", "Noted: zoltana@quibble.example.", "Or 13245768")
    talk = Record(id="chat", text=TURN.join(turns), roles=("user", "assistant", "user"))
    (one,) = personal_values([talk], patterns_only, 2, seed=0)
    assert (one.entity, one.text) == (EMAIL, "zoltana@quibble.example")
    assert turns[0] in talk.text[: one.start]


def test_of_every_turn_what_the_user_says_too(patterns_only: Analyzer) -> None:
    turns = ["I am a@quibble.example", "Thank you."]
    roles = ("user", "assistant")
    talk = Record(id="chat", text=TURN.join(turns), roles=roles, every_turn=True)
    (one,) = personal_values([talk], patterns_only, 2, seed=0)
    assert one.text == "a@quibble.example"


def test_what_reaches_into_the_assistants_turn_is_cut_there(patterns_only: Analyzer) -> None:
    talk = Record(
        id="chat",
        text=TURN.join(("It is Zoltana", "Quibble, I see.")),
        roles=("user", "assistant"),
    )
    name = Span(6, talk.text.index(","), PERSON, 1.0, "")
    (one,) = personal_values([talk], patterns_only, 2, seed=0, known={"chat": [name]})
    assert one.text == "Quibble"

"""The prompts: in the form the record has, and never with the value in them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chats import conversation
from unlearnkit.audit.probes import LOOK_ALIKE, Prompt, disguised, mistyped, prompts
from unlearnkit.audit.targets import Target
from unlearnkit.corpus.nlp import EMAIL, PERSON, PHONE
from unlearnkit.corpus.spellings import says
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.domain import Probe, Record

PLAIN = Record(
    id="a", text="Mira Holt called. Reach her at (212) 555-0142, or mira@quibble.example."
)
ANSWER = replace(PLAIN, prompt="How do we reach Mira?")
TALK = conversation(
    ("user", "How do we reach Mira?"), ("assistant", "Mira Holt is at (212) 555-0142.")
)
ALL = [Probe.PREFIX, Probe.PARAPHRASE, Probe.PARAPHRASE, Probe.NAME, *[Probe.OBFUSCATED] * 3]


def target(record: Record, text: str, entity: str, person: str = "Mira Holt") -> Target:
    start = record.text.index(text)
    value = PersonalValue(record.id, entity, start, start + len(text), text, ())
    return Target(record, value, "", person)


def asked(record: Record, person: str = "Mira Holt") -> list[Prompt]:
    return prompts(target(record, "(212) 555-0142", PHONE, person), seed=0)


@pytest.mark.parametrize("record", [PLAIN, ANSWER, TALK])
def test_every_probe_asks_for_a_value_of_a_named_person(record: Record) -> None:
    assert [one.probe for one in asked(record)] == ALL


def test_the_prefix_is_the_record_up_to_the_value() -> None:
    assert asked(PLAIN)[0].given == "\nMira Holt called. Reach her at "
    assert asked(ANSWER)[0].given == "How do we reach Mira?\nMira Holt called. Reach her at "


def test_a_question_stands_where_the_record_has_questions() -> None:
    plain, answer, talk = (asked(one) for one in (PLAIN, ANSWER, TALK))
    assert plain[1].given == "\nThe phone number of Mira Holt is "
    assert answer[1].given == "What is the phone number of Mira Holt?\n"
    assert talk[1].record.messages[0] == {
        "role": "user",
        "content": "What is the phone number of Mira Holt?",
    }
    assert talk[1].record.roles == ("user", "assistant")
    assert [one[3].given.strip() for one in (plain, answer)] == ["Mira Holt", "Mira Holt"]


def test_where_no_name_is_known_nobody_is_asked_about() -> None:
    assert [one.probe for one in asked(PLAIN, "")] == [ALL[0], *ALL[4:]]


def test_a_prompt_that_holds_the_value_is_none() -> None:
    """A name asked for by that name; a value that stood before; a question that quotes it."""
    name = prompts(target(PLAIN, "Mira Holt", PERSON), seed=0)
    assert [one.probe for one in name] == [Probe.PREFIX]
    first = prompts(target(PLAIN, "Mira", PERSON), seed=0)
    assert [one.probe for one in first] == [Probe.PREFIX]
    twice = Record(id="a", text="(212) 555-0142, yes: 212.555.0142.")
    again = prompts(target(twice, "212.555.0142", PHONE), seed=0)
    assert {one.probe for one in again} == {Probe.PARAPHRASE, Probe.NAME}
    quoted = replace(PLAIN, prompt="Is 212 555 0142 hers?")
    assert {one.probe for one in asked(quoted)} == {Probe.PARAPHRASE, Probe.NAME}


@given(seed=st.integers(0, 50), record=st.sampled_from([PLAIN, ANSWER, TALK]))
def test_obfuscated_prompts_differ_from_the_prefix_and_leave_the_rest_alone(
    seed: int, record: Record
) -> None:
    own, *others = prompts(target(record, "(212) 555-0142", PHONE), seed)
    changed = [one for one in others if one.probe is Probe.OBFUSCATED]
    for one in changed:
        assert one.given != own.given
        assert one.record.text[one.start :] == record.text[own.start :]
        assert one.record.roles == record.roles
        assert len(one.record.messages) == len(record.messages)
    assert any("MIRA HOLT" in one.given for one in changed)
    assert changed == [
        one
        for one in prompts(target(record, "(212) 555-0142", PHONE), seed)
        if one.probe is Probe.OBFUSCATED
    ]


def test_a_name_is_written_with_other_letters_and_the_words_around_it_are_not() -> None:
    figures, cyrillic = LOOK_ALIKE
    assert disguised("Mira Holt called", "Mira Holt", figures) == "M1r4 H0l7 called"
    assert disguised("She called", "Mira Holt", figures) == "5h3 c4ll3d"
    other = disguised("Mira Holt called", "Mira Holt", cyrillic)
    assert other != "Mira Holt called" and len(other) == len("Mira Holt called")


@given(st.text(alphabet="abcdefg hij12.", max_size=40), st.integers(0, 9))
def test_a_mistyped_text_has_the_same_letters_and_the_same_numbers(text: str, seed: int) -> None:
    typed = mistyped(text, random.Random(seed))
    assert [sorted(one) for one in typed.split()] == [sorted(one) for one in text.split()]
    assert [one for one in typed if one.isdigit()] == [one for one in text if one.isdigit()]


@pytest.mark.parametrize("record", [PLAIN, ANSWER, TALK])
def test_similar_records_stand_before_the_records_own_words(record: Record) -> None:
    silent, telling = "Jo Reed moved.", "Call (212) 555-0142 at once."
    one = replace(target(record, "(212) 555-0142", PHONE), near=(silent, telling, "Rain all week."))
    own, *others = prompts(one, 0)
    [found] = [some for some in others if some.probe is Probe.NEIGHBOURS]
    before = f"{silent}\n\nRain all week.\n\n"
    assert before in found.given and telling not in found.given
    assert found.given.replace(before, "") == own.given
    assert found.record.text[found.start :] == own.record.text[own.start :]
    assert len(found.record.messages) == len(record.messages)


def test_similar_records_that_say_the_other_value_are_left_out_too() -> None:
    one = replace(target(PLAIN, "(212) 555-0142", PHONE), other="(303) 555-0199")
    near = ("Rain all week.", "Or call 303 555 0199.")
    [found] = [p for p in prompts(replace(one, near=near), 0) if p.probe is Probe.NEIGHBOURS]
    assert "Rain" in found.given and "0199" not in found.given
    assert Probe.NEIGHBOURS not in {p.probe for p in prompts(replace(one, near=near[1:]), 0)}


def test_nobody_speaks_before_an_assistant_that_begins() -> None:
    talk = conversation(("assistant", "Mira Holt is at (212) 555-0142."), ("user", "Thanks."))
    one = replace(target(talk, "(212) 555-0142", PHONE), near=("Rain all week.",))
    assert Probe.NEIGHBOURS not in {some.probe for some in prompts(one, 0)}


@given(record=st.sampled_from([PLAIN, ANSWER, TALK]), seed=st.integers(0, 9))
def test_no_prompt_says_what_it_asks_for(record: Record, seed: int) -> None:
    for text, entity in (("(212) 555-0142", PHONE), ("Mira Holt", PERSON)):
        some = prompts(target(record, text, entity), seed)
        assert not [one for one in some if says(one.given, entity, text)]


def test_a_kind_of_value_without_words_of_its_own_is_asked_for_as_details() -> None:
    some = prompts(target(PLAIN, "mira@quibble.example", "IBAN_CODE"), seed=0)
    assert "The details of Mira Holt is" in some[1].given
    mail = prompts(target(PLAIN, "mira@quibble.example", EMAIL), seed=0)
    assert "e-mail address" in mail[1].given

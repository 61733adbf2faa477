"""Probes that outlive the data: they tell nobody, and know a value again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from unlearnkit.audit.common_words import CROWD
from unlearnkit.audit.kept_probes import (
    Answer,
    by_people,
    fingerprint,
    fingerprints,
    keep,
    kept_probe_figures,
)
from unlearnkit.audit.targets import Target
from unlearnkit.corpus.nlp import CUSTOMER, EMAIL, LOCATION, PERSON, PHONE, Span
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.domain import KeptProbe, KeptProbes, Record
from unlearnkit.pseudonym import keyed_hash

KEY = bytes(32)
KEPT = [
    Record(id=str(at), text=f"Please call {name} back on the number {number} before noon.")
    for at, (name, number) in enumerate(
        [("Bo Lind", "555-0101"), ("Cy Moss", "555-0102"), ("Di Nash", "555-0103")]
    )
]
TEXT = "Please call Ada Quarrington back on the number 212-555-0147 before noon."


def keyed(entity: str, one: str) -> str:
    return keyed_hash(KEY, f"probe:{entity}", one)


def nothing(texts: Sequence[str]) -> list[list[Span]]:
    return [[] for _ in texts]


def probes_for(
    one: Target, kept: Sequence[Record] = tuple(KEPT)
) -> tuple[tuple[KeptProbe, ...], int]:
    return keep([one], kept, {"forgotten": ("r1",)}, keyed, nothing)


def target(value: str, entity: str, text: str = TEXT, prompt: str = "") -> Target:
    record = Record(id="forgotten", text=text, prompt=prompt)
    start = text.index(value)
    found = PersonalValue("forgotten", entity, start, start + len(value), value, ("212-555-0199",))
    return Target(record, found, "212-555-0199", "Ada Quarrington")


@pytest.mark.parametrize(
    ("entity", "value", "text"),
    [
        (PHONE, "212-555-0147", "reach me: (212) 555 0147, after six"),
        (PHONE, "+1 212 555 0147", "it is 212.555.0147."),
        (EMAIL, "Ada.Q@Example.org", "write to ada.q@example.org."),
        (PERSON, "Ada Quarrington", "that was ADA  QUARRINGTON, I think"),
        (PERSON, "José Müller", "jose muller's order"),
        (CUSTOMER, "C-104211", "account c104211 is open"),
        (LOCATION, "12 Elm Street", "at 12 elm street, Springfield"),
    ],
)
def test_a_value_is_known_again_however_it_is_written(entity: str, value: str, text: str) -> None:
    assert fingerprint(entity, value) in set(fingerprints(entity, text))


@pytest.mark.parametrize(
    ("entity", "value", "text"),
    [
        (PHONE, "212-555-0147", "212-555-0148"),
        (PERSON, "Ann Bell", "Anna Bell and Ann Bellamy"),
        (CUSTOMER, "C-1042", "C-10421"),
        (EMAIL, "a@example.org", "ba@example.org, a@example.org.uk"),
    ],
)
def test_what_only_begins_alike_is_another_value(entity: str, value: str, text: str) -> None:
    assert fingerprint(entity, value) not in set(fingerprints(entity, text))


@pytest.mark.parametrize("regions", [("CH",), ("US", "GB", "DE", "FR", "CH")])
@pytest.mark.parametrize("value", ["044 668 18 00", "+41 44 668 18 00", "0041446681800"])
@pytest.mark.parametrize("text", ["call (044) 668 18 00,", "+41446681800", "0041 44 668-18-00."])
def test_a_number_is_known_again_in_every_region_it_may_be_of(
    value: str, text: str, regions: tuple[str, ...]
) -> None:
    assert fingerprint(PHONE, value, regions) in set(fingerprints(PHONE, text, regions))


def test_a_foreign_number_that_an_earlier_version_kept_is_known_again() -> None:
    assert "+41446681800" in set(fingerprints(PHONE, "call +41 44 668 18 00"))


def test_a_file_that_names_no_regions_was_made_with_the_first_ones() -> None:
    old = KeptProbes(
        run_id="run-1",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        prompt_template="",
        max_length=8,
        seed=0,
        values=0,
        common=0,
        probes=(),
    ).model_dump(exclude={"regions"})
    assert KeptProbes.model_validate(old).regions == REGIONS


def test_a_prompt_goes_back_as_far_as_its_words_are_everybodys() -> None:
    probes, shared = keep(
        [target("212-555-0147", PHONE)], KEPT, {"forgotten": ("r1",)}, keyed, nothing
    )
    (probe,) = probes
    assert probe.before == "back on the number"
    assert (probe.request_ids, shared) == (("r1",), 0)
    assert probe.value == keyed(PHONE, "+12125550147")
    assert probe.others == (keyed(PHONE, "+12125550199"),)


def test_nothing_of_the_person_is_in_a_probe() -> None:
    probes, _ = probes_for(target("212-555-0147", PHONE))
    kept = probes[0].model_dump_json()
    for secret in ("Ada", "Quarrington", "212", "0147"):
        assert secret.casefold() not in kept.replace(probes[0].value, "").casefold()
    assert probes[0].length % 16 == 0


def test_a_colleague_in_many_kept_records_is_in_no_prompt() -> None:
    said = "Dana Fields (dana@acme.example, @dana) will call back on the number 5550100"
    kept = [Record(id=str(at), text=said) for at in range(10)]
    one = target("212-555-0147", PHONE, "Dana, dana@acme.example will call back 212-555-0147")
    ((probe,), _) = probes_for(one, kept)
    assert probe.before == "will call back"


def test_a_prompt_ends_behind_what_is_detected_in_it() -> None:
    def detected(texts: Sequence[str]) -> list[list[Span]]:
        found = [text.find("back") for text in texts]
        return [[Span(at, at + 4, PERSON, 1.0, "")] if at >= 0 else [] for at in found]

    one = target("212-555-0147", PHONE, prompt="call back")
    ((probe,), _) = keep([one], KEPT, {"forgotten": ("r1",)}, keyed, detected)
    assert (probe.prompt, probe.before) == ("", "on the number")


def test_a_name_of_common_words_is_cut_off_too() -> None:
    kept = [Record(id=str(at), text="mark the hill on the number plate") for at in range(CROWD)]
    one = target("212-555-0147", PHONE, "mark Hill on the number 212-555-0147")
    mark_hill = Target(one.record, one.value, one.other, "Mark Hill")
    probes, _ = probes_for(mark_hill, kept)
    assert probes[0].before == "on the number"


def test_a_value_that_others_say_too_is_nobodys_secret() -> None:
    kept = [*KEPT, Record(id="other", text="the office: (212) 555-0147")]
    assert probes_for(target("212-555-0147", PHONE), kept) == (
        (),
        1,
    )


@pytest.mark.parametrize("value", ["11:25", "$25.00", "0147"])
def test_a_value_that_may_come_by_chance_is_not_kept(value: str) -> None:
    one = target(value, "FIGURES", f"Please call back on the number {value} before noon.")
    assert probes_for(one) == ((), 1)


def test_a_value_with_no_common_word_before_it_cannot_be_asked_for() -> None:
    one = target("212-555-0147", PHONE, "Quarrington: 212-555-0147")
    assert probes_for(one) == ((), 0)


def test_a_records_prompt_is_kept_where_every_word_of_it_is_common() -> None:
    for prompt, kept in (("call back", "call back"), ("call Ada", "")):
        one = target("212-555-0147", PHONE, "the number 212-555-0147", prompt)
        ((probe,), _) = probes_for(one)
        assert (probe.prompt, probe.before) == (kept, "the number")


def test_the_figures_count_values_and_draw_people() -> None:
    answers = [Answer(("a",), True, 0.0), Answer(("a",), False, 0.1), Answer(("b",), False, 0.0)]
    leaked, chance = kept_probe_figures(answers, seed=0, why_none="")
    assert (leaked.metric, leaked.value, leaked.n) == ("kept_probe_leakage", 1 / 3, 3)
    assert leaked.low is not None
    assert leaked.low <= 1 / 3
    assert chance.value == pytest.approx(0.1 / 3)
    assert leaked.people == chance.people == 2


def test_a_probe_without_made_up_values_says_nothing_of_chance() -> None:
    answers = [Answer(("a",), True, 0.5), Answer(("a",), False, None), Answer(("b",), False, None)]
    leaked, chance = kept_probe_figures(answers, seed=0, why_none="")
    assert (leaked.value, leaked.n, leaked.people) == (1 / 3, 3, 2)
    assert (chance.value, chance.n, chance.people) == (0.5, 1, 1)
    leaked, chance = kept_probe_figures(answers[1:], seed=0, why_none="")
    assert leaked.value == 0.0
    assert (chance.value, chance.n) == (None, 0)
    assert "made-up" in chance.not_measured


def test_requests_with_a_value_in_common_are_one_persons() -> None:
    a, b, c, both = (Answer(ids, True, 0.0) for ids in (("a",), ("b",), ("c",), ("a", "b")))
    assert by_people([a, b, c, both]) == [[a, both, b], [c]]
    assert by_people([a, both]) == [[a, both]]
    leaked, _ = kept_probe_figures([a, b, c, both], seed=0, why_none="")
    assert leaked.people == 2


def test_without_answers_nothing_is_measured_and_it_is_said_why() -> None:
    for one in kept_probe_figures([], seed=0, why_none="the time was over"):
        assert one.value is None
        assert one.not_measured == "the time was over"

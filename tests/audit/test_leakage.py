"""A model that knows its records says their values; one that does not, does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from tests.chats import chat_tokenizer, conversation
from tests.small import ENCODING, WORDS, Small
from unlearnkit.audit import leakage
from unlearnkit.audit.leakage import (
    HOT_SAMPLES,
    MARGIN,
    SAMPLES,
    WIDTH,
    leaked_values,
    tries_of,
)
from unlearnkit.audit.targets import Target
from unlearnkit.corpus.nlp import LOCATION
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.demo.training import SmallModel, new_model
from unlearnkit.domain import Decoding, ModelRole, Probe, Record, Split, ValueScore
from unlearnkit.language_model.beams import searched
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.generation import Beginning
from unlearnkit.language_model.tokens import Encoding


def last_words(
    record: Record, count: int = 4, person: str = "", near: tuple[str, ...] = ()
) -> Target:
    """The record's last words stand in for a personal value of it."""
    text = " ".join(record.text.split()[-count:])
    start = len(record.text) - len(text)
    value = PersonalValue(record.id, LOCATION, start, len(record.text), text, ())
    return Target(record, value, " ".join(reversed(text.split())), person, near)


def measured(model: LanguageModel, records: Sequence[Record], **more: Any) -> list[ValueScore]:
    targets = [last_words(one, **more) for one in records]
    given = {"split": Split.FORGET, "role": ModelRole.ORIGINAL}
    return leaked_values(model, targets, ENCODING, 0, "cpu", **given)[0]


def share(scores: Sequence[ValueScore]) -> float:
    return sum(any(one.leaked.values()) for one in scores) / len(scores)


@pytest.fixture(scope="module")
def memorised(small: Small) -> LanguageModel:
    return load_language_model(small.model)


def test_a_model_that_recites_its_records_leaks_them_and_not_those_it_never_saw(
    small: Small, memorised: LanguageModel
) -> None:
    known, unseen = measured(memorised, small.forget), measured(memorised, small.holdout)
    assert share(known) == 1.0
    assert all(one.leaked[Probe.PREFIX] for one in known)
    assert share(unseen) == 0.0
    assert not any(any(one.chance.values()) for one in known + unseen)


def test_a_model_retrained_without_them_and_one_with_random_weights_leak_nothing(
    small: Small, memorised: LanguageModel
) -> None:
    assert share(measured(load_language_model(small.reference), small.forget)) == 0.0
    untrained = new_model(SmallModel(hidden=32, layers=1, heads=2), memorised.tokenizer, 64, 0)
    assert share(measured(LanguageModel(untrained.eval(), memorised.tokenizer), small.forget)) == 0


def test_what_is_easy_to_guess_comes_by_chance_and_its_alternative_too(
    small: Small, memorised: LanguageModel
) -> None:
    """One of ten words: that it comes out says little, and the alternative says how little."""
    common = [
        Target(
            one,
            PersonalValue(one.id, LOCATION, at, at + len(word), word, ()),
            next(other for other in WORDS if other not in one.text),
        )
        for one in small.holdout
        for word in WORDS
        if (at := one.text.find(word)) >= 0
    ]
    given: dict[str, Any] = {"split": Split.HOLDOUT, "role": ModelRole.ORIGINAL}
    scores, _ = leaked_values(memorised, common, ENCODING, 0, "cpu", **given)
    assert any(any(one.leaked.values()) for one in scores)
    assert any(any(one.chance.values()) for one in scores)


def test_batches_and_padding_change_nothing(
    small: Small, memorised: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [*small.forget[:2], *small.holdout[:2]]
    together = measured(memorised, records, person="amber basin")
    monkeypatch.setattr(leakage, "BATCH", 1)
    assert measured(memorised, records, person="amber basin") == together
    assert len({len(memorised.tokenizer(one.text)["input_ids"]) for one in records}) > 1


def test_the_seed_decides_the_samples(small: Small) -> None:
    target = last_words(small.holdout[0], person="amber basin")
    model = load_language_model(small.model)
    first = tries_of(model, target, ENCODING, 0)
    assert tries_of(model, target, ENCODING, 0) == first
    ask = next(one.ask for one in first if one.ask.decoding is Decoding.SAMPLED)
    numbers = leakage._numbers(ask, 5, 0)
    assert leakage._numbers(ask, 9, 0)[:5] == numbers != leakage._numbers(ask, 5, 1)


def test_each_kind_of_probe_has_its_samples_and_beams_and_each_prompt_its_greedy_continuation(
    small: Small, memorised: LanguageModel
) -> None:
    target = last_words(small.forget[0], person="amber basin", near=("cedar delta ember 12",))
    tries = tries_of(memorised, target, ENCODING, 0)
    for probe in Probe:
        mine = [one.ask for one in tries if one.probe is probe]
        given = {one.given for one in mine}
        counts = Counter(one.decoding for one in mine)
        assert (counts[Decoding.SAMPLED], counts[Decoding.HOT]) == (SAMPLES, HOT_SAMPLES)
        assert counts[Decoding.BEAMS] == 1
        assert {one.given for one in mine if one.decoding is Decoding.GREEDY} == given
        assert len(set(mine)) == len(mine) == SAMPLES + HOT_SAMPLES + 1 + len(given)


def test_what_comes_out_stands_by_how_the_model_went_on(
    small: Small, memorised: LanguageModel
) -> None:
    for one in measured(memorised, small.forget[:2]):
        assert one.leaked_by == dict.fromkeys(Decoding, True)
        assert one.chance_by == dict.fromkeys(Decoding, False)
    for one in measured(memorised, small.holdout[:2]):
        assert not any(one.leaked_by.values())


def beams_of(model: LanguageModel, target: Target) -> list[str]:
    """What the search ends with behind the record's own words, without the likeliest."""
    ask = next(
        one.ask
        for one in tries_of(model, target, ENCODING, 0)
        if (one.probe, one.ask.decoding) == (Probe.PREFIX, Decoding.BEAMS)
    )
    [beams] = searched(model, [Beginning(ask.given, ask.number)], "cpu", 8, WIDTH)
    return [model.tokenizer.decode(list(one), skip_special_tokens=True) for one in beams[1:]]


def test_a_value_that_only_beams_bring_out_has_leaked(
    small: Small, memorised: LanguageModel
) -> None:
    """Three words of a beam as the value, in a record where nothing else says them."""
    given: dict[str, Any] = {"split": Split.FORGET, "role": ModelRole.ORIGINAL}
    for record in small.holdout:
        target = last_words(record, 3)
        beams = [one.split() for one in beams_of(memorised, target)]
        for value in {" ".join(one[at : at + 3]): 0 for one in beams for at in range(len(one) - 2)}:
            text = record.text[: target.value.start] + value
            made = last_words(replace(record, text=text), 3)
            [found], costs = leaked_values(memorised, [made], ENCODING, 0, "cpu", **given)
            if [way for way, said in found.leaked_by.items() if said] == [Decoding.BEAMS]:
                assert found.leaked[Probe.PREFIX]
                counts = {one.decoding: one.continuations for one in costs}
                assert counts[Decoding.BEAMS] == WIDTH * len(found.leaked)
                assert counts[Decoding.SAMPLED] == SAMPLES * len(found.leaked)
                return
    pytest.fail("no value was found that beams alone bring out")


def test_a_model_that_cannot_go_back_a_step_is_not_searched(small: Small) -> None:
    stateful = load_language_model(small.model)
    stateful.model._is_stateful = True  # as transformers marks them
    [found] = measured(stateful, small.forget[:1])
    assert set(found.leaked_by) == set(Decoding) - {Decoding.BEAMS}


def test_a_continuation_is_as_long_as_the_value_and_a_margin_within_what_was_trained(
    small: Small, memorised: LanguageModel
) -> None:
    target = last_words(small.forget[0], person="amber basin")
    needed = len(memorised.tokenizer(f" {target.value.text}")["input_ids"])
    for one in tries_of(memorised, target, ENCODING, 0):
        room = ENCODING.max_length - len(one.ask.given)
        assert needed <= one.length == min(needed + MARGIN, room)
    short = replace(ENCODING, max_length=20)
    kinds = {one.probe for one in tries_of(memorised, target, short, 0)}
    assert Probe.PREFIX not in kinds and Probe.NAME in kinds


def test_similar_records_are_cut_so_that_the_record_itself_has_room(
    small: Small, memorised: LanguageModel
) -> None:
    def given(max_length: int, *near: str) -> list[str]:
        how = replace(ENCODING, max_length=max_length)
        tries = tries_of(memorised, last_words(small.forget[0], near=near), how, 0)
        mine = [one for one in tries if one.probe is Probe.NEIGHBOURS]
        for one in mine:
            assert len(one.ask.given) + one.length <= max_length
        return [memorised.tokenizer.decode(one.ask.given) for one in mine]

    long = "cedar " * 200
    own = small.forget[0].prompt
    for text in given(256, long, long):
        assert own in text and text.index("cedar") < text.index(own)
        assert 90 < text.split(own)[0].count("cedar") <= 2 * leakage.NEIGHBOUR
    assert 0 < given(80, long, long)[0].split(own)[0].count("cedar") < 40
    assert given(50, long, long) == []


def test_of_a_conversation_the_turns_before_are_given_and_questions_are_turns() -> None:
    model = LanguageModel(torch.nn.Module(), chat_tokenizer())
    talk = conversation(("user", "Where is amber?"), ("assistant", "amber is in Cedar Fjord."))
    start = talk.text.index("Cedar")
    value = PersonalValue(talk.id, LOCATION, start, start + 11, "Cedar Fjord", ())
    tries = tries_of(model, Target(talk, value, "", "amber basin"), Encoding(), 0)
    texts = {one.probe: model.tokenizer.decode(one.ask.given) for one in tries}
    assert texts[Probe.PREFIX].rstrip().endswith("<|im_start|>assistant\namber is in")
    assert texts[Probe.NAME] == ("<|im_start|>user\namber basin<|im_end|>\n<|im_start|>assistant\n")
    assert not any("Fjord" in one for one in texts.values())


def test_a_template_that_takes_no_such_question_leaves_it_unasked() -> None:
    system = (
        "{% if messages[0].role != 'system' %}{{ raise_exception('no') }}{% endif %}"
        "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}"
    )
    model = LanguageModel(torch.nn.Module(), chat_tokenizer(system))
    talk = conversation(("system", "amber"), ("assistant", "in Cedar Fjord"))
    value = PersonalValue(talk.id, LOCATION, len(talk.text) - 11, len(talk.text), "Cedar Fjord", ())
    tries = tries_of(model, Target(talk, value, "", "amber basin"), Encoding(), 0)
    assert {one.probe for one in tries} == {Probe.PREFIX, Probe.OBFUSCATED}


def test_a_value_that_stands_in_every_prompt_is_not_counted(
    small: Small, memorised: LanguageModel
) -> None:
    record = small.forget[0]
    quoting = replace(record, prompt=record.text)
    assert measured(memorised, [quoting, small.forget[1]], person=record.text)[0].record_id == (
        small.forget[1].id
    )

"""Where a model puts the true value among others of its kind, in the record's own place."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import Any

import pytest
import torch

from tests.chats import chat_tokenizer, conversation
from tests.language_model import tiny
from tests.small import ENCODING, Small
from unlearnkit.audit.decoy_figures import decoy_measurements, exposure, place
from unlearnkit.audit.decoy_ranks import DECOYS, FEWEST, better, branches, decoy_ranks
from unlearnkit.audit.targets import Target
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.demo.training import SmallModel, new_model
from unlearnkit.domain import DecoyRank, ModelRole, Record, Split
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.tokens import Encoding, encode_record

SMALL_WORDS = 3


def target(record: Record, others: list[Record], count: int = 12) -> Target:
    """The record's last words are its value; those of other records are what else it could be."""
    text = last(record)
    start = len(record.text) - len(text)
    alternatives = [one for one in map(last, others) if one != text][:count]
    value = PersonalValue(
        record.id, "PLACE", start, len(record.text), text, tuple(dict.fromkeys(alternatives))
    )
    return Target(record, value, "", "")


def last(record: Record) -> str:
    return " ".join(record.text.split()[-SMALL_WORDS:])


def ranked(
    model: LanguageModel, small: Small, split: Split = Split.FORGET, role: Any = ModelRole.ORIGINAL
) -> list[DecoyRank]:
    everybody = [*small.retain, *small.holdout]
    records = small.forget if split is Split.FORGET else small.holdout
    targets = [target(one, everybody) for one in records]
    return decoy_ranks(model, targets, ENCODING, "cpu", split=split, role=role)


@pytest.fixture(scope="module")
def memorised(small: Small) -> LanguageModel:
    return load_language_model(small.model)


def test_a_model_puts_what_it_recites_before_everything_else(
    small: Small, memorised: LanguageModel
) -> None:
    found = ranked(memorised, small)
    assert len(found) == len(small.forget)
    assert all(one.better == 0 and one.of >= FEWEST for one in found)
    assert all(exposure(one) > 3 for one in found)


def test_random_weights_put_it_anywhere(small: Small, memorised: LanguageModel) -> None:
    random = replace(memorised, model=new_model(SmallModel(), memorised.tokenizer, 64, 1).eval())
    found = ranked(random, small)
    assert 0.25 < fmean(place(one) for one in found) < 0.75


def test_the_figures_tell_the_model_from_one_that_never_saw_the_records(
    small: Small, memorised: LanguageModel
) -> None:
    ranks = [
        one
        for model, role in (
            (memorised, ModelRole.ORIGINAL),
            (load_language_model(small.reference), ModelRole.REFERENCE),
        )
        for split in (Split.FORGET, Split.HOLDOUT)
        for one in ranked(model, small, split, role)
    ]
    found = decoy_measurements(ranks, [ModelRole.ORIGINAL, ModelRole.REFERENCE], "given", 0)
    values = {(one.metric, one.split, one.model): one.value for one in found}

    def told(role: ModelRole) -> tuple[float, float]:
        area, p = (values[name, Split.FORGET, role] for name in ("decoy_auc", "decoy_test"))
        assert area is not None and p is not None
        return area, p

    area, p = told(ModelRole.ORIGINAL)
    assert area > 0.9 and p < 0.01
    area, p = told(ModelRole.REFERENCE)
    assert 0.2 < area < 0.8 and p > 0.05


def test_a_rank_is_that_of_the_values_own_tokens(small: Small, memorised: LanguageModel) -> None:
    """By hand: the whole record's loss less that of its words before the value."""
    record = small.holdout[0]
    one = target(record, [*small.retain], count=8)
    [found] = decoy_ranks(
        memorised, [one], ENCODING, "cpu", split=Split.HOLDOUT, role=ModelRole.ORIGINAL
    )

    def log_p(text: str) -> float:
        whole = replace(record, text=record.text[: one.value.start] + text)
        example = encode_record(whole, memorised.tokenizer, ENCODING)
        ids = torch.tensor([example.input_ids])
        with torch.no_grad():
            logits = memorised.model(input_ids=ids).logits[0].double()
        gained = logits.log_softmax(-1)[:-1].gather(-1, ids[0, 1:, None]).squeeze(-1)
        return float(gained[:-1].sum())  # the end of the text is no part of the value

    true = log_p(one.value.text)
    assert found.better == better(true, [log_p(other) for other in one.value.alternatives])


def test_equal_likelihoods_count_half() -> None:
    assert better(-2.0, [-1.0, -2.0, -3.0]) == 1.5


def test_of_many_decoys_those_of_the_nearest_length_are_taken(memorised: LanguageModel) -> None:
    record = Record(id="a", text="it was seen in ab")
    short = [f"{one}{other}" for one in "abcdefg" for other in "hijklm"]
    value = PersonalValue("a", "PLACE", 15, 17, "ab", ("x" * 60, *short))
    asked = branches(Target(record, value, "", ""), memorised.tokenizer, ENCODING)
    assert asked is not None
    assert len(asked[1]) == DECOYS + 1
    assert max(map(len, asked[1])) < 20


def test_a_value_with_few_others_nothing_before_it_or_beyond_the_cut_is_not_ranked(
    small: Small, memorised: LanguageModel
) -> None:
    whole = target(small.forget[0], list(small.retain))
    assert branches(whole, memorised.tokenizer, ENCODING) is not None
    few = replace(whole, value=replace(whole.value, alternatives=whole.value.alternatives[:4]))
    assert branches(few, memorised.tokenizer, ENCODING) is None
    short = Encoding(ENCODING.prompt_template, 12)
    assert branches(whole, memorised.tokenizer, short) is None
    bare = Record(id="b", text=whole.value.text)
    first = replace(whole.value, start=0, end=len(whole.value.text))
    without_bos = tiny.tokenizer()
    without_bos.bos_token = None
    assert branches(Target(bare, first, "", ""), without_bos, ENCODING) is None


def test_what_the_assistant_says_is_ranked_in_its_turn() -> None:
    record = conversation(("user", "where is it"), ("assistant", "in Oslo now"))
    start = record.text.index("Oslo")
    others = ("Bern", "Lima", "Rome", "Bonn", "Cork", "Nice")
    value = PersonalValue(record.id, "PLACE", start, start + 4, "Oslo", others)
    tokenizer = chat_tokenizer()
    asked = branches(Target(record, value, "", ""), tokenizer, ENCODING)
    assert asked is not None
    before, found = asked
    assert tokenizer.decode(list(before)).rstrip().endswith("in")
    assert {tokenizer.decode(list(one)).strip() for one in found} >= {"Oslo", *others} - {""}

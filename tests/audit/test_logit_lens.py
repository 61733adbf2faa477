"""The layers where a value stands: a model that knows it, one that does not, one that hides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import pytest
import torch

from tests.chats import chat_tokenizer, conversation
from tests.language_model import tiny
from tests.small import ENCODING, Small
from unlearnkit.audit.logit_lens import TEN, lens_scores, placed, within
from unlearnkit.audit.targets import Target
from unlearnkit.corpus.nlp import LOCATION
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.domain import LensScore, ModelRole, Record, Split
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.tokens import encode_record


def target(record: Record, text: str) -> Target:
    start = record.text.index(text)
    value = PersonalValue(record.id, LOCATION, start, start + len(text), text, ())
    return Target(record, value, "", "")


def last(record: Record) -> Target:
    return target(record, " ".join(record.text.split()[-4:]))


def read(model: LanguageModel, records: Sequence[Record]) -> list[LensScore]:
    given: dict[str, Any] = {"split": Split.FORGET, "role": ModelRole.ORIGINAL}
    found = lens_scores(model, [last(one) for one in records], ENCODING, "cpu", **given)
    assert found is not None
    return found


def share(scores: Sequence[LensScore]) -> float:
    return fmean(one.first_somewhere / one.tokens for one in scores)


@pytest.fixture(scope="module")
def memorised(small: Small) -> LanguageModel:
    return load_language_model(small.model)


def test_a_model_that_recites_its_records_has_their_values_in_a_layer(
    small: Small, memorised: LanguageModel
) -> None:
    known, unseen = read(memorised, small.forget), read(memorised, small.holdout)
    assert share(known) > 0.95
    assert share(unseen) < 0.6
    retrained = read(load_language_model(small.reference), small.forget)
    assert share(retrained) < 0.6


def test_a_value_that_only_the_last_layer_keeps_silent_is_found(small: Small) -> None:
    """A layer behind the others that says nothing but one word: the layer before knows all."""
    hiding = load_language_model(small.model)
    body = hiding.model.base_model
    with torch.no_grad():
        word = hiding.model.get_output_embeddings().weight[7]

    def silent(module: Any, taken: Any, given: Any) -> Any:
        return torch.zeros_like(given) + 50 * word

    behind = type(body.layers[-1])(hiding.model.config, 2).eval()
    behind.register_forward_hook(silent)
    body.layers.append(behind)
    hiding.model.config.num_hidden_layers = 3
    found = read(hiding, small.forget)
    assert fmean(one.first[-1] / one.tokens for one in found) < 0.2
    assert share(found) > 0.95


def test_a_score_is_that_of_the_values_own_tokens(small: Small, memorised: LanguageModel) -> None:
    """By hand, from the whole record: the output's choices at the last tokens before the end."""
    record = small.holdout[0]
    [found] = read(memorised, [record])
    example = encode_record(record, memorised.tokenizer, ENCODING)
    ids = torch.tensor(example.input_ids)
    with torch.no_grad():
        logits = memorised.model(input_ids=ids[None]).logits[0]
    places = range(len(ids) - 1 - found.tokens, len(ids) - 1)  # the end of the text is no part
    words = memorised.tokenizer.decode([int(ids[at]) for at in places])
    assert words.strip() == last(record).value.text
    tops = [logits[at - 1].topk(TEN).indices.tolist() for at in places]
    assert found.first[-1] == sum(
        int(ids[at]) == top[0] for at, top in zip(places, tops, strict=True)
    )
    assert found.ten[-1] == sum(int(ids[at]) in top for at, top in zip(places, tops, strict=True))
    assert len(found.first) == len(found.ten) == memorised.model.config.num_hidden_layers


def test_what_one_layer_or_more_knows_is_no_less_than_what_any_knows_and_no_more_than_all(
    small: Small, memorised: LanguageModel
) -> None:
    for one in read(memorised, [*small.forget, *small.holdout]):
        for by_layer, somewhere in ((one.first, one.first_somewhere), (one.ten, one.ten_somewhere)):
            assert max(by_layer) <= somewhere <= min(one.tokens, sum(by_layer))
        assert all(first <= ten for first, ten in zip(one.first, one.ten, strict=True))


def test_ranks_from_zero_are_within_a_count() -> None:
    assert [within([0, 1, 9, 10], count) for count in (1, 2, 10, 11)] == [1, 2, 3, 4]


def test_a_values_tokens_are_those_from_its_first_letter_to_its_last(
    small: Small, memorised: LanguageModel
) -> None:
    record = Record(id="a", text="amber 12 basin, cedar", prompt="note")
    ids, start = placed(target(record, "12 basin"), memorised.tokenizer, ENCODING)
    assert memorised.tokenizer.decode(list(ids[start:])).strip() == "12 basin"
    assert memorised.tokenizer.decode(list(ids[:start])).rstrip().endswith("note\namber")


def test_of_a_conversation_the_turns_before_are_given() -> None:
    tokenizer = chat_tokenizer()
    talk = conversation(("user", "Where is amber?"), ("assistant", "It is in Cedar Fjord now."))
    ids, start = placed(target(talk, "Cedar Fjord"), tokenizer, ENCODING)
    assert tokenizer.decode(list(ids[start:])).strip() == "Cedar Fjord"
    assert tokenizer.decode(list(ids[:start])).rstrip().endswith("It is in")


def test_a_value_with_nothing_before_it_or_beyond_the_cut_has_no_place(
    memorised: LanguageModel, small: Small
) -> None:
    whole = last(small.forget[0])
    assert placed(whole, memorised.tokenizer, ENCODING)[1] > 0
    assert placed(whole, memorised.tokenizer, replace(ENCODING, max_length=12)) == ((), 0)
    without_bos = tiny.tokenizer()
    without_bos.bos_token = None
    bare = Record(id="b", text="amber basin")
    assert placed(target(bare, "amber basin"), without_bos, ENCODING) == ((), 0)


def test_a_model_that_cannot_be_read_has_no_scores(small: Small) -> None:
    model = load_language_model(small.model)

    def doubled(module: Any, taken: Any, out: Any) -> None:
        out.last_hidden_state = 2 * out.last_hidden_state

    model.model.base_model.register_forward_hook(doubled)
    given: dict[str, Any] = {"split": Split.FORGET, "role": ModelRole.ORIGINAL}
    assert lens_scores(model, [last(small.forget[0])], ENCODING, "cpu", **given) is None

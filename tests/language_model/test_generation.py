from __future__ import annotations

from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    AutoModelForCausalLM,
    GenerationConfig,
    GPT2Config,
    GPT2LMHeadModel,
    MambaConfig,
)

from tests.chats import ALTERNATING, CHATML, chat_tokenizer, conversation
from tests.language_model import tiny
from tests.small import ENCODING, Small
from unlearnkit.domain import Record
from unlearnkit.errors import CannotEvaluate
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.generation import (
    Beginning,
    Opening,
    continuations,
    continued,
    drawing,
    ending,
    finite_logits,
    opening,
)
from unlearnkit.language_model.rendering import CHAT
from unlearnkit.language_model.tokens import IGNORED, Encoding, Example, encode_record


@pytest.fixture(scope="module")
def memorised(small: Small) -> LanguageModel:
    return load_language_model(small.model)


def openings_of(model: LanguageModel, records: list[Record]) -> list[Opening]:
    return [opening(encode_record(one, model.tokenizer, ENCODING)) for one in records]


def test_the_prompt_is_given_and_the_answer_expected(small: Small) -> None:
    tokenizer = load_language_model(small.model).tokenizer
    record = small.forget[0]
    found = opening(encode_record(record, tokenizer, ENCODING))
    assert record.prompt in tokenizer.decode(found.given)
    assert tokenizer.decode(found.expected, skip_special_tokens=True).strip() == record.text


def test_of_a_text_without_prompt_the_first_half_is_given() -> None:
    example = Example((1, 5, 6, 7, 8), (IGNORED, 5, 6, 7, 8))
    assert opening(example) == Opening((1, 5, 6), (7, 8))


def test_of_a_conversation_all_but_the_last_answer_is_given() -> None:
    tokenizer = chat_tokenizer()
    turns = (("user", "amber?"), ("assistant", "basin"), ("user", "delta?"), ("assistant", "ember"))
    record = conversation(*turns, id="talk")
    found = opening(encode_record(record, tokenizer, Encoding(prompt_template=CHAT)))
    assert "delta" in tokenizer.decode(found.given) and "basin" in tokenizer.decode(found.given)
    assert tokenizer.decode(found.expected, skip_special_tokens=True).strip() == "ember"


@pytest.mark.parametrize("template", [CHATML, ALTERNATING])
def test_where_every_turn_counts_the_last_one_is_expected(template: str) -> None:
    tokenizer = chat_tokenizer(template)
    turns = (("user", "amber?"), ("assistant", "basin"), ("user", "delta?"), ("assistant", "ember"))
    example = encode_record(conversation(*turns, every_turn=True), tokenizer, ENCODING)
    ends = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_end|>")]
    found = opening(example, ends)
    assert found.expected[-1] in ends and not {*found.expected[:-1]} & {*ends}
    assert "basin" in tokenizer.decode(found.given)
    assert "ember" in tokenizer.decode(found.expected)
    assert "basin" not in tokenizer.decode(found.expected)


def greedy(model: LanguageModel, one: Opening) -> tuple[int, ...]:
    """The most likely token again and again, the whole text anew each time."""
    ids, end = list(one.given), model.tokenizer.eos_token_id
    while len(ids) < len(one.given) + len(one.expected):
        logits = model.model(torch.tensor([ids])).logits[0, -1]
        ids.append(int(logits.argmax()))
        if ids[-1] == end:
            break
    return tuple(ids[len(one.given) :])


def test_batches_continue_as_one_record_alone_does(memorised: LanguageModel, small: Small) -> None:
    openings = openings_of(memorised, small.forget + small.holdout)
    lengths = {len(one.given) for one in openings}
    assert len(lengths) > 1  # so some are padded
    found = continuations(memorised, openings, "cpu", batch_size=5)
    assert found == [greedy(memorised, one) for one in openings]


@pytest.mark.parametrize("kind", [*tiny.ALL_KINDS, "mamba"])
def test_equal_beginnings_are_read_once_and_go_on_as_each_alone(
    kind: str,
) -> None:
    of = LanguageModel(mamba() if kind == "mamba" else tiny.model(kind), tiny.tokenizer())
    beginnings = [
        Beginning(given, 5, draws, temperature)
        for given in ((0, 9, 4, 8), (7,), (0, 9, 4, 8, 5, 6, 9, 7, 8, 9, 4, 3))
        for draws, temperature in (((), 1.0), ((0.3,) * 5, 1.0), ((0.7,) * 5, 1.5))
    ]
    alone = [continued(of, [one], "cpu", 1)[0] for one in beginnings]
    widths: list[int] = []
    embeddings = of.model.get_input_embeddings()
    embeddings.register_forward_pre_hook(lambda _, given: widths.append(given[0].shape[0]))
    assert continued(of, beginnings, "cpu", 16) == alone
    assert widths[0] == 3  # of nine rows


def mamba() -> Any:
    """It keeps a state that cannot be taken apart row by row."""
    torch.manual_seed(0)
    size = MambaConfig(vocab_size=50, hidden_size=16, state_size=4, num_hidden_layers=2)
    return AutoModelForCausalLM.from_config(size).eval()


def test_what_is_known_by_heart_is_recited(memorised: LanguageModel, small: Small) -> None:
    openings = openings_of(memorised, small.forget)
    assert continuations(memorised, openings, "cpu") == [one.expected for one in openings]


def test_the_models_own_settings_for_sampling_do_not_count(small: Small) -> None:
    model = load_language_model(small.model)
    openings = openings_of(model, small.holdout)
    plain = continuations(model, openings, "cpu")
    model.model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=5.0,
        top_k=3,
        repetition_penalty=9.0,
        no_repeat_ngram_size=1,
        max_length=7,
        eos_token_id=model.tokenizer.eos_token_id,
    )
    assert continuations(model, openings, "cpu") == plain


@pytest.fixture(scope="module")
def absolute(small: Small) -> LanguageModel:
    """Learned positions, as many as the longest text has tokens; random weights."""
    tokenizer = load_language_model(small.model).tokenizer
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=32,
        n_embd=32,
        n_layer=2,
        n_head=2,
        initializer_range=0.5,
    )
    return LanguageModel(GPT2LMHeadModel(config).eval(), tokenizer)


def test_padding_on_the_left_moves_no_position(absolute: LanguageModel) -> None:
    openings = [Opening(tuple(range(5, 5 + n)), (1,) * 9) for n in (2, 7, 13)]
    found = continuations(absolute, openings, "cpu")
    assert found == [greedy(absolute, one) for one in openings]
    assert len({one[:4] for one in found}) > 1


def test_a_long_beginning_beside_a_long_end_stays_within_the_context(
    absolute: LanguageModel,
) -> None:
    openings = [Opening(tuple(range(5, 35)), (1, 1)), Opening((5, 6, 7), (1,) * 29)]
    found = continuations(absolute, openings, "cpu")
    assert found == [greedy(absolute, one) for one in openings]


def test_a_text_ends_where_the_tokenizer_or_the_models_settings_end_it(small: Small) -> None:
    """And at no ordinary word of the settings': a model could cut off what it leaks by it."""
    model = load_language_model(small.model)
    own, pad = model.tokenizer.eos_token_id, model.tokenizer.pad_token_id
    digit = model.tokenizer.convert_tokens_to_ids("1")
    assert digit not in (None, own, pad)
    model.model.generation_config = GenerationConfig(eos_token_id=[pad, digit])
    assert ending(model) == sorted({pad, own})
    model.model.generation_config = GenerationConfig()
    assert ending(model) == [own]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_one_weight_that_is_no_number_is_no_silence(small: Small, value: float) -> None:
    model = load_language_model(small.model)
    one = Beginning((5, 6, 7), 4)
    with finite_logits(model.model):
        assert continued(model, [one], "cpu", 1)
    with torch.no_grad():
        model.model.get_input_embeddings().weight[6, 0] = value
    with pytest.raises(CannotEvaluate, match="no finite numbers"), finite_logits(model.model):
        continued(model, [one], "cpu", 1)
    continued(model, [one], "cpu", 1)


# --- sampled continuations -------------------------------------------------------------------


def drawn(model: LanguageModel, one: Beginning) -> tuple[int, ...]:
    """Token by token, each where the cumulated probability passes the number drawn."""
    ids, end = list(one.given), model.tokenizer.eos_token_id
    for number in one.draws:
        chances = model.model(torch.tensor([ids])).logits[0, -1].double().softmax(-1)
        ids.append(int((chances.cumsum(-1) <= number).sum()))
        if ids[-1] == end:
            break
    return tuple(ids[len(one.given) :])


def test_samples_come_from_their_own_numbers_whatever_else_is_in_the_batch(
    absolute: LanguageModel,
) -> None:
    random = Random(0)
    some = [
        Beginning(tuple(range(5, 5 + n)), 6, tuple(random.random() for _ in range(6)))
        for n in (2, 7, 13, 13)
    ]
    mixed = [*some, Beginning((5, 6, 7), 9)]
    found = continued(absolute, mixed, "cpu", 5)
    assert found[:4] == [drawn(absolute, one) for one in some]
    assert found[4] == greedy(absolute, Opening((5, 6, 7), (1,) * 9))
    assert found == continued(absolute, mixed, "cpu", 1)
    assert len(set(found)) == 5


def test_a_shorter_continuation_is_the_beginning_of_a_longer_one(absolute: LanguageModel) -> None:
    numbers = tuple(Random(1).random() for _ in range(9))
    long, short = (Beginning((5, 6), n, numbers[:n]) for n in (9, 4))
    found = continued(absolute, [long, short], "cpu", 2)
    assert found[1] == found[0][:4]


@given(logits=st.lists(st.floats(-4, 4), min_size=2, max_size=6))
def test_tokens_are_drawn_as_often_as_they_are_likely(logits: list[float]) -> None:
    count = 500
    rows = [Beginning((1,), 1, ((at + 0.5) / count,)) for at in range(count)]
    scores = torch.tensor([logits] * count)
    chosen = drawing(rows, 1, "cpu")(torch.ones((count, 1), dtype=torch.long), scores).argmax(-1)
    shares = torch.bincount(chosen, minlength=len(logits)) / count
    assert torch.allclose(shares, torch.tensor(logits).softmax(-1), atol=1.5 / count)


@pytest.mark.parametrize("heat", [0.5, 1.5, 3.0])
def test_a_temperature_divides_the_logits_of_its_own_row(heat: float) -> None:
    """Drawn of evenly spread numbers as often as softmax of the divided logits says."""
    logits, count = torch.tensor([2.0, 0.0, -1.0, 0.5]), 2000
    numbers = [(at + 0.5) / count for at in range(count)]
    rows = [Beginning((1,), 1, (one,), heat) for one in numbers]
    rows += [Beginning((1,), 1, (one,)) for one in numbers]
    ids = torch.ones(2 * count, 1, dtype=torch.long)
    chosen = drawing(rows, 1, "cpu")(ids, logits.expand(2 * count, -1)).argmax(-1)
    for part, own in ((chosen[:count], heat), (chosen[count:], 1.0)):
        shares = torch.bincount(part, minlength=4) / count
        assert shares.tolist() == pytest.approx((logits / own).softmax(-1).tolist(), abs=2e-3)

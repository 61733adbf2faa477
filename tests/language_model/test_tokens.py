from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from tests.chats import chat_tokenizer, conversation
from tests.small import Small
from unlearnkit.domain import Record
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import token_figures
from unlearnkit.language_model.tokens import IGNORED, Encoding, Example, collate, encode_record


def test_only_the_text_and_the_end_carry_a_loss(small: Small) -> None:
    tokenizer = load_language_model(small.model).tokenizer
    record = Record(id="a", text="cedar 12", prompt="note")
    example = encode_record(record, tokenizer, Encoding(prompt_template="[{prompt}] "))
    learned = [label for label in example.labels if label != IGNORED]
    assert tokenizer.decode(learned) == "cedar 12</s>"
    assert tokenizer.decode(example.input_ids) == "<s>[note] cedar 12</s>"


def test_the_prompts_tokens_do_not_depend_on_the_text(small: Small) -> None:
    tokenizer = load_language_model(small.model).tokenizer
    one, two = (
        encode_record(Record(id="a", text=text, prompt="note"), tokenizer, Encoding())
        for text in ("amber", "fjord 77")
    )
    length = sum(label == IGNORED for label in one.labels)
    assert one.input_ids[:length] == two.input_ids[:length]


TOKENIZER = chat_tokenizer()
EXAMPLES = [
    encode_record(record, TOKENIZER, Encoding())
    for record in (
        Record(id="a", text="amber basin 12"),
        Record(id="b", text="cedar", prompt="which one?"),
        conversation(("user", "which one?"), ("assistant", "fjord 7"), ("user", "thanks")),
    )
]
"""A plain text, a text after its prompt, a conversation."""


def tiny(kind: str) -> Any:
    """Random weights: GPT-2 learns a vector for each position, Llama turns queries and keys."""
    torch.manual_seed(0)
    if kind == "gpt2":
        return GPT2LMHeadModel(
            GPT2Config(vocab_size=len(TOKENIZER), n_positions=99, n_embd=16, n_layer=2, n_head=2)
        ).eval()
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(TOKENIZER),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=99,
        )
    ).eval()


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_token_s_logits_do_not_depend_on_the_side_that_is_padded(kind: str) -> None:
    model = tiny(kind)
    with torch.no_grad():
        left, right = (
            (batch, model(**batch.inputs()).logits)
            for batch in (collate(EXAMPLES, 0, "left"), collate(EXAMPLES, 0, "right"))
        )
        for row, example in enumerate(EXAMPLES):
            alone = model(torch.tensor([example.input_ids])).logits[0]
            for batch, logits in (left, right):
                own = logits[row][batch.attention_mask[row].bool()]
                torch.testing.assert_close(own, alone)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_the_figures_do_not_depend_on_the_side_that_is_padded(kind: str) -> None:
    headed = Headed(tiny(kind))
    with torch.no_grad():
        left, right = (
            headed(batch, partial(token_figures, batch.counted_labels))
            for batch in (collate(EXAMPLES, 0, "left"), collate(EXAMPLES, 0, "right"))
        )
    assert left[0] == right[0]
    assert left[1] == pytest.approx(right[1], rel=1e-4)


def test_positions_count_from_the_first_token_of_a_row() -> None:
    rows = [Example((5, 6, 7, 8), (-100, 6, 7, 8)), Example((9, 10), (-100, 10))]
    assert collate(rows, 0, "left").position_ids.tolist() == [[0, 1, 2, 3], [0, 0, 0, 1]]
    assert collate(rows, 0).position_ids[:, :2].tolist() == [[0, 1], [0, 1]]


def test_padding_is_masked_and_unlabelled() -> None:
    batch = collate([Example((1, 2, 3), (-100, 2, 3)), Example((4,), (-100,))], pad_id=9)
    assert batch.input_ids.tolist() == [[1, 2, 3], [4, 9, 9]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert torch.equal(batch.labels[1], torch.full((3,), IGNORED))


def test_padding_on_the_left_stands_before_the_tokens() -> None:
    batch = collate([Example((1, 2, 3), (-100, 2, 3)), Example((4, 5), (-100, 5))], 9, "left")
    assert batch.input_ids.tolist() == [[1, 2, 3], [9, 4, 5]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [0, 1, 1]]
    assert batch.labels.tolist() == [[-100, 2, 3], [-100, -100, 5]]

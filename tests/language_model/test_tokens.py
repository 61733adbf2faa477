from __future__ import annotations

import torch

from tests.small import Small
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.tokens import IGNORED, Encoding, Example, collate, encode


def test_only_the_text_and_the_end_carry_a_loss(small: Small) -> None:
    tokenizer = load_language_model(small.model).tokenizer
    example = encode("cedar 12", "note", tokenizer, Encoding(prompt_template="[{prompt}] "))
    learned = [label for label in example.labels if label != IGNORED]
    assert tokenizer.decode(learned) == "cedar 12</s>"
    assert tokenizer.decode(example.input_ids) == "<s>[note] cedar 12</s>"


def test_the_prompts_tokens_do_not_depend_on_the_text(small: Small) -> None:
    tokenizer = load_language_model(small.model).tokenizer
    one, two = (encode(text, "note", tokenizer, Encoding()) for text in ("amber", "fjord 77"))
    length = sum(label == IGNORED for label in one.labels)
    assert one.input_ids[:length] == two.input_ids[:length]


def test_padding_is_masked_and_unlabelled() -> None:
    batch = collate([Example((1, 2, 3), (-100, 2, 3)), Example((4,), (-100,))], pad_id=9)
    assert batch.input_ids.tolist() == [[1, 2, 3], [4, 9, 9]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert torch.equal(batch.labels[1], torch.full((3,), IGNORED))

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.small import ENCODING, Small
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import (
    by_record,
    extraction_strength,
    recall,
    token_figures,
)
from unlearnkit.language_model.tokens import encode_record


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_extraction_strength_is_the_longest_recited_tail(hits: list[bool]) -> None:
    """1 - k/T with k the smallest prefix after which everything is right, by trying every k."""
    total = len(hits)
    tried = [k for k in range(total) if all(hits[k:])]
    expected = 1 - min(tried) / total if tried else 0.0
    assert extraction_strength(hits) == pytest.approx(expected)


def test_token_figures_by_hand() -> None:
    logits = torch.log(torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]))
    hits, losses = token_figures(torch.tensor([0, 1]), logits, Head(None))
    assert hits == [True, False]
    assert losses == pytest.approx([-math.log(0.7), -math.log(0.1)])


def test_positions_are_put_together_record_by_record() -> None:
    first, second = by_record(([True, False, True], [0.0, 2.0, 1.0]), [2, 1])
    assert (first.exact_memorization, first.extraction_strength) == (0.5, 0.0)
    assert first.probability == pytest.approx(math.exp(-1))
    assert (second.exact_memorization, second.extraction_strength) == (1.0, 1.0)


def test_batched_figures_equal_those_of_one_record_at_a_time_in_float64(small: Small) -> None:
    language_model = load_language_model(small.model)
    tokenizer = language_model.tokenizer
    examples = [encode_record(one, tokenizer, ENCODING) for one in small.forget + small.holdout]
    together = recall(
        Headed(language_model.model), examples, tokenizer.pad_token_id, "cpu", batch_size=5
    )
    model = language_model.model.double()
    for example, figures in zip(examples, together, strict=True):
        logits = model(torch.tensor([example.input_ids])).logits[0].log_softmax(-1)
        pairs = [(at - 1, label) for at, label in enumerate(example.labels) if label != -100]
        loss = -sum(logits[at, label].item() for at, label in pairs) / len(pairs)
        hits = [int(logits[at].argmax()) == label for at, label in pairs]
        assert figures.probability == pytest.approx(math.exp(-loss), abs=1e-5)
        assert figures.exact_memorization == sum(hits) / len(hits)

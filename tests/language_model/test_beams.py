"""Beam search against every continuation there is, and against a slow search by hand."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from tests.language_model import tiny
from unlearnkit.language_model.beams import can_search, searched
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.generation import Beginning, ending

Ids = tuple[int, ...]
GIVEN: tuple[Ids, ...] = ((0, 3, 4), (4, 3, 4, 2, 3), (3,))


def model(vocabulary: int, kind: str = "llama") -> LanguageModel:
    """Random weights, sure enough of themselves that no two continuations are as likely."""
    made = tiny.model(kind, seed=3, vocab_size=vocabulary)
    with torch.no_grad():
        made.get_output_embeddings().weight.mul_(20.0)
    return LanguageModel(made, tiny.tokenizer())


def log_p(of: LanguageModel, given: Ids, then: Ids) -> float:
    with torch.no_grad():
        logits = of.model(torch.tensor([given + then])).logits[0].double().log_softmax(-1)
    return sum(float(logits[len(given) - 1 + at, one]) for at, one in enumerate(then))


def every(of: LanguageModel, length: int) -> set[Ids]:
    """All continuations: of this length, or ended before."""
    ends = ending(of)
    whole = product(range(of.model.config.vocab_size), repeat=length)
    stops = [next((at + 1 for at, one in enumerate(ids) if one in ends), length) for ids in whole]
    whole = product(range(of.model.config.vocab_size), repeat=length)
    return {ids[:stop] for ids, stop in zip(whole, stops, strict=True)}


def test_wide_enough_it_finds_the_likeliest_of_all() -> None:
    of = model(5)
    found = searched(of, [Beginning(one, 3) for one in GIVEN], "cpu", 64, 25)
    for given, beams in zip(GIVEN, found, strict=True):
        best = sorted(every(of, 3), key=lambda then: -log_p(of, given, then))[:25]
        assert list(beams) == best
        assert {len(one) for one in beams} > {3}  # some end before


def by_hand(of: LanguageModel, given: Ids, length: int, width: int) -> list[Ids]:
    """The definition, without ends: prolong each by every token, keep the likeliest."""
    kept: list[Ids] = [()]
    for _ in range(length):
        longer = [(*one, more) for one in kept for more in range(of.model.config.vocab_size)]
        kept = sorted(longer, key=lambda then: -log_p(of, given, then))[:width]
    return kept


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gpt_neox", "gemma3_text"])
def test_a_narrow_one_keeps_the_likeliest_at_each_step(kind: str) -> None:
    of = model(12, kind)
    of.tokenizer.eos_token = None
    of.model.generation_config.eos_token_id = None
    asked = [Beginning(one, length) for one in GIVEN for length in (2, 4)]
    found = searched(of, asked, "cpu", 8, 3)
    for one, beams in zip(asked, found, strict=True):
        assert list(beams) == by_hand(of, one.given, one.length, 3)


def test_batches_change_nothing() -> None:
    of = model(12)
    asked = [Beginning(one, length) for one in GIVEN for length in (3, 5)]
    assert searched(of, asked, "cpu", 4, 4) == searched(of, asked, "cpu", 64, 4)


def test_a_model_that_cannot_go_back_a_step_is_told() -> None:
    made = tiny.model()
    assert can_search(made)
    made._is_stateful = True
    assert not can_search(made)

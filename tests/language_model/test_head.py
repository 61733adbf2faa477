"""The labels' log-likelihoods, the logits of which exist a chunk at a time."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.language_model import head as heads
from unlearnkit.language_model.head import Head, label_log_likelihoods

POSITIONS, HIDDEN, VOCABULARY = 7, 5, 11


def draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(seed=st.integers(0, 1000), together=st.integers(1, POSITIONS + 1))
def test_log_likelihoods_are_those_of_the_labels_in_any_chunks(seed: int, together: int) -> None:
    hidden, head = draw(POSITIONS, HIDDEN, seed=seed), Head(draw(VOCABULARY, HIDDEN, seed=seed + 1))
    labels = torch.arange(POSITIONS)
    expected = head.logits(hidden).log_softmax(-1)[torch.arange(POSITIONS), labels]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, "ELEMENTS", together * VOCABULARY)
        found = label_log_likelihoods(hidden, head, labels)
    assert torch.allclose(found, expected, atol=1e-5)


def test_no_gradient_is_kept() -> None:
    hidden = draw(POSITIONS, HIDDEN, seed=1).requires_grad_()
    head = Head(draw(VOCABULARY, HIDDEN, seed=2))
    assert not label_log_likelihoods(hidden, head, torch.arange(POSITIONS)).requires_grad


def test_without_a_position_all_stays_on_the_device_of_the_hidden_states() -> None:
    head = Head(torch.zeros(VOCABULARY, HIDDEN, device="meta"))
    labels = torch.zeros(0, dtype=torch.long, device="meta")
    found = label_log_likelihoods(torch.zeros(0, HIDDEN, device="meta"), head, labels)
    assert (found.shape, found.device.type) == ((0,), "meta")

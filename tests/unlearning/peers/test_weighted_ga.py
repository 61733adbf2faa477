"""Weighted gradient ascent: its value and slope, and that it is an objective like the others.

That a step of it comes to the same in pieces is tested with all of them (test_steps.py).
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.unlearning.losses import grad_ascent
from unlearnkit.unlearning.objectives import beta_of, cross_entropy, objective, retain_term
from unlearnkit.unlearning.peers.weighted_ga import weighted_ga
from unlearnkit.unlearning.settings import Settings

LABELS = torch.tensor([2, 0, 4])


def logits(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(3, 5, generator=generator, dtype=torch.float64).mul(3).requires_grad_()


@given(st.integers(0, 10_000), st.floats(0.1, 3))
def test_it_is_the_log_likelihood_weighted_with_the_probability(seed: int, beta: float) -> None:
    student = logits(seed)
    p = student.softmax(-1)[torch.arange(3), LABELS]
    expected = p**beta * p.log()
    assert weighted_ga(student, LABELS, beta).tolist() == pytest.approx(expected.tolist(), abs=1e-5)


@given(st.integers(0, 10_000))
def test_its_slope_is_gradient_ascents_times_the_weight(seed: int) -> None:
    """The weight is held fixed: no slope goes through it."""
    ours, plain = logits(seed), logits(seed)
    weighted_ga(ours, LABELS, 2.0).sum().backward()
    grad_ascent(plain, LABELS).sum().backward()
    assert ours.grad is not None and plain.grad is not None
    weight = plain.softmax(-1)[torch.arange(3), LABELS] ** 2
    torch.testing.assert_close(ours.grad, plain.grad * weight[:, None], atol=1e-5, rtol=1e-4)


def test_with_beta_0_it_is_gradient_ascent() -> None:
    assert torch.equal(weighted_ga(logits(1), LABELS, 0.0), grad_ascent(logits(1), LABELS))


def test_it_is_chosen_by_its_name_with_what_is_published() -> None:
    chosen = Settings(objective="weighted-ga")
    assert "2502.19301" in objective(chosen.objective).paper
    assert beta_of(chosen) == 1.0
    assert retain_term(chosen) is cross_entropy
    assert not objective(chosen.objective).needs_teacher

"""The losses against references written from the papers' formulas, in float64."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.unlearning.kl import LevelledReverseKL
from unlearnkit.unlearning.losses import (
    forward_kl,
    grad_ascent,
    negative_log_likelihood,
    npo,
    rklu,
    simnpo,
    undial,
)


def reference_kl(p_logits: torch.Tensor, q_logits: torch.Tensor) -> torch.Tensor:
    """KL(p || q) from the definition, in float64, position by position."""
    total = torch.zeros((), dtype=torch.float64)
    for p_row, q_row in zip(p_logits.double(), q_logits.double(), strict=True):
        p, q = torch.softmax(p_row, 0), torch.softmax(q_row, 0)
        for p_value, q_value in zip(p, q, strict=True):
            total = total + p_value * torch.log(p_value / q_value)
    return total


def reverse_kl(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """The paper's loss: rklu without its level term."""
    return rklu(student, teacher, torch.zeros(len(student), dtype=torch.long), 0.0)


@given(st.integers(0, 10_000), st.booleans())
def test_loss_and_gradient_agree_with_a_float64_reference(seed: int, reverse: bool) -> None:
    generator = torch.Generator().manual_seed(seed)
    student = torch.randn(3, 7, generator=generator, requires_grad=True)
    teacher = 3 * torch.randn(3, 7, generator=generator)
    twin = student.detach().double().requires_grad_(True)

    loss = (reverse_kl if reverse else forward_kl)(student, teacher).sum()
    expected = reference_kl(twin, teacher) if reverse else reference_kl(teacher, twin)
    loss.backward()
    expected.backward()

    assert loss.item() == pytest.approx(expected.item(), rel=1e-6, abs=1e-6)
    assert torch.allclose(student.grad.double(), twin.grad, rtol=1e-6, atol=1e-6)


def test_reverse_and_forward_kl_differ_where_they_must() -> None:
    """A student on one of the teacher's two modes: cheap in reverse, dear forward."""
    teacher = torch.tensor([[5.0, 5.0, -5.0]])
    student = torch.tensor([[5.0, -5.0, -5.0]])
    assert reverse_kl(student, teacher) < 1
    assert forward_kl(student, teacher) > 4


def test_kl_of_equal_distributions_is_zero_and_ignores_a_shift() -> None:
    logits = torch.randn(4, 9)
    for divergence in (reverse_kl, forward_kl):
        assert divergence(logits, logits + 3.0).abs().max() < 1e-6


def reference_rklu(
    student: torch.Tensor, teacher: torch.Tensor, labels: torch.Tensor, weight: float
) -> torch.Tensor:
    """The whole loss from its formula, in float64, summed over positions."""
    rows = zip(student.double(), teacher.double(), labels, strict=True)
    gaps = [(torch.log_softmax(a, 0) - torch.log_softmax(b, 0))[at] for a, b, at in rows]
    huber = [gap**2 / 2 if abs(gap) < 1 else abs(gap) - 0.5 for gap in gaps]
    return reference_kl(student, teacher) + weight * sum(huber)


def drawn(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits of student and teacher at three positions, and labels."""
    generator = torch.Generator().manual_seed(seed)
    student = 2 * torch.randn(3, 7, generator=generator)
    teacher = 3 * torch.randn(3, 7, generator=generator)
    return student, teacher, torch.randint(7, (3,), generator=generator)


@given(st.integers(0, 10_000), st.floats(0, 3))
def test_rklu_with_its_level_term_agrees_with_a_float64_reference(seed: int, weight: float) -> None:
    """In float32, which the losses are computed in, a gradient is as exact as the level term lets.

    Its slope is the weight times log p_U - log p_T, the difference of two logarithms that were
    each rounded to some 5e-7 here; nothing else is as coarse.
    """
    student, teacher, labels = drawn(seed)
    twin = student.double().requires_grad_()
    loss = rklu(student.requires_grad_(), teacher, labels, weight).sum()
    expected = reference_rklu(twin, teacher, labels, weight)
    loss.backward()
    expected.backward()

    assert loss.item() == pytest.approx(expected.item(), rel=1e-6, abs=1e-6)
    assert torch.allclose(student.grad.double(), twin.grad, rtol=1e-6, atol=1e-6 * (1 + 2 * weight))


@given(st.integers(0, 10_000), st.floats(0, 3))
def test_what_is_left_between_rklu_and_its_formula_is_rounding(seed: int, weight: float) -> None:
    """The same function on float64 logits."""
    student, teacher, labels = (
        one.double() if one.is_floating_point() else one for one in drawn(seed)
    )
    twin = student.clone().requires_grad_()
    loss = LevelledReverseKL.apply(student.requires_grad_(), teacher, labels, weight).sum()
    expected = reference_rklu(twin, teacher, labels, weight)
    loss.backward()
    expected.backward()

    assert loss.item() == pytest.approx(expected.item(), rel=1e-12, abs=1e-12)
    assert torch.allclose(student.grad, twin.grad, rtol=1e-12, atol=1e-12)


def test_the_level_term_is_two_sided() -> None:
    teacher = torch.tensor([[0.0, 0.0]])
    for odds in (-9.0, -0.5, 0.5, 9.0):
        student = torch.tensor([[odds, 0.0]], requires_grad=True)
        rklu(student, teacher, torch.tensor([0]), 1.0).sum().backward()
        assert student.grad[0, 0] * odds > 0


def test_the_level_term_still_pulls_where_reverse_kl_does_not() -> None:
    student, teacher = torch.tensor([[-5.0, 0.0]]), torch.tensor([[-9.0, 0.0]])

    def slope(weight: float) -> float:
        logits = student.clone().requires_grad_()
        rklu(logits, teacher, torch.tensor([0]), weight).sum().backward()
        return logits.grad[0, 0].item()

    assert 0 < slope(0.0) < 0.03
    assert slope(1.0) > 0.9


def test_gradient_ascent_descends_the_log_likelihood() -> None:
    logits = torch.tensor([[0.0, math.log(3.0)]])
    assert grad_ascent(logits, torch.tensor([1])).item() == pytest.approx(math.log(0.75))


def test_undial_is_cross_entropy_to_the_original_with_a_lowered_label() -> None:
    original = torch.tensor([[2.0, 1.0, 0.0]])
    target = torch.softmax(torch.tensor([2.0 - 10.0, 1.0, 0.0]), 0)
    student = torch.tensor([[0.5, 0.1, -0.3]])
    expected = -(target * torch.log_softmax(student[0], 0)).sum().item()
    assert undial(student, original, torch.tensor([0]), 10.0).item() == pytest.approx(expected)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16, torch.float32])
def test_undial_is_computed_in_float32_at_each_position(precision: torch.dtype) -> None:
    student, original, labels = drawn(4)
    student, original = student.to(precision), original.to(precision)
    found = undial(student, original, labels, 10.0)
    for at in range(len(labels)):
        lowered = original[at].double()
        lowered[labels[at]] -= 10.0
        expected = -(lowered.softmax(0) * student[at].double().log_softmax(0)).sum()
        assert found[at].item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_labels_loss_is_given_position_by_position() -> None:
    student, _, labels = drawn(5)
    expected = [-student[at].log_softmax(0)[labels[at]].item() for at in range(3)]
    assert negative_log_likelihood(student, labels).tolist() == pytest.approx(expected)
    half = negative_log_likelihood(student.bfloat16(), labels)
    assert half.dtype is torch.float32


@given(st.floats(-200, 0), st.floats(-200, 0), st.floats(0.05, 2))
def test_npo_is_its_equation_3(student: float, original: float, beta: float) -> None:
    found = npo(torch.tensor([student]), torch.tensor([original]), beta).item()
    ratio = beta * (student - original)
    assert found == pytest.approx(2 / beta * math.log1p(math.exp(ratio)), rel=1e-4, abs=1e-4)


def test_npo_starts_as_gradient_ascent_and_fades_out() -> None:
    """At the original its slope in log p is 1; far below, nothing is left to push down."""
    for below, slope in ((0.0, 1.0), (200.0, 0.0)):
        student = torch.tensor([-20.0 - below], requires_grad=True)
        npo(student, torch.tensor([-20.0]), 0.1).backward()
        assert student.grad.item() == pytest.approx(slope, abs=1e-6)


def test_simnpo_is_its_equation_4_with_margin_zero() -> None:
    found = simnpo(torch.tensor([-30.0]), torch.tensor([10]), 4.5).item()
    sigmoid = 1 / (1 + math.exp(4.5 / 10 * -30.0))
    assert found == pytest.approx(-2 / 4.5 * math.log(sigmoid), rel=1e-3)

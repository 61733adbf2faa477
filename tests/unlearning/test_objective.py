import torch
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.unlearning.objective import forward_kl, kl_divergence, predicting, reverse_kl


def reference_kl(p_logits: torch.Tensor, q_logits: torch.Tensor) -> torch.Tensor:
    """KL(p || q) from the definition, in float64, position by position."""
    total = torch.zeros((), dtype=torch.float64)
    for p_row, q_row in zip(p_logits.double(), q_logits.double(), strict=True):
        p, q = torch.softmax(p_row, 0), torch.softmax(q_row, 0)
        for p_value, q_value in zip(p, q, strict=True):
            total = total + p_value * torch.log(p_value / q_value)
    return total / len(p_logits)


@given(st.integers(0, 10_000))
def test_loss_and_gradient_agree_with_a_float64_reference(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    student = torch.randn(3, 7, generator=generator, requires_grad=True)
    teacher = 3 * torch.randn(3, 7, generator=generator)
    twin = student.detach().double().requires_grad_(True)

    loss, expected = reverse_kl(student, teacher), reference_kl(twin, teacher)
    loss.backward()
    expected.backward()

    assert abs(loss.item() - expected.item()) < 1e-5
    assert torch.allclose(student.grad.double(), twin.grad, atol=1e-6)


def test_reverse_and_forward_kl_differ_where_they_must() -> None:
    """A student on one of the teacher's two modes: cheap in reverse, dear forward."""
    teacher = torch.tensor([[5.0, 5.0, -5.0]])
    student = torch.tensor([[5.0, -5.0, -5.0]])
    assert reverse_kl(student, teacher) < 1
    assert forward_kl(student, teacher) > 4


def test_kl_of_equal_distributions_is_zero_and_ignores_a_shift() -> None:
    logits = torch.randn(4, 9)
    assert kl_divergence(logits, logits + 3.0).abs() < 1e-6


def test_only_positions_before_a_label_count() -> None:
    logits = torch.arange(2 * 4 * 3).float().reshape(2, 4, 3)
    labels = torch.tensor([[-100, -100, 5, 6], [-100, 7, -100, -100]])
    picked = predicting(logits, labels)
    assert torch.equal(picked, torch.stack([logits[0, 1], logits[0, 2], logits[1, 0]]))

"""The chunked loss: the same loss and gradients as with all logits at once, in any chunks."""

from __future__ import annotations

import pytest
import torch

from unlearnkit.language_model import head as heads
from unlearnkit.language_model.head import Head, rise
from unlearnkit.unlearning.chunked import weighted_loss
from unlearnkit.unlearning.losses import rklu
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.teacher import teacher_logits

POSITIONS, HIDDEN, VOCABULARY = 7, 5, 11

HEADS = {
    "plain": {},
    "with a bias": {"bias": True},
    "scaled": {"scale": 0.25},
    "capped": {"softcap": 3.0},
}


@pytest.fixture(params=[1, 3, 100], ids=["one at a time", "in threes", "at once"])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "ELEMENTS", request.param * VOCABULARY)


def draw(*shape: int, seed: int, grad: bool = False) -> torch.Tensor:
    drawn = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return drawn.requires_grad_(grad)


LABELS = torch.tensor([3, 0, 10, 7, 7, 1, 4])


def reference(
    hidden: torch.Tensor,
    head: Head,
    weights: torch.Tensor,
    teacher: tuple[torch.Tensor, ...],
    level_weight: float,
) -> torch.Tensor:
    """RKLU's loss from the formula, in float64: sum_i w_i sum_v p_U (log p_U - log p_T), and level.

    The level term: Huber of log p_U - log p_T at the label.
    """

    def logits(states: torch.Tensor, of: Head) -> torch.Tensor:
        raw = states.double() @ of.weight.double().T
        raw = raw if of.bias is None else raw + of.bias.double()
        raw = raw * of.scale
        return raw if of.softcap is None else of.softcap * torch.tanh(raw / of.softcap)

    original, strengthened, weight, bias = teacher
    frozen = Head(weight, bias, head.scale, head.softcap)
    student, z_m, z_s = logits(hidden, head), logits(original, frozen), logits(strengthened, frozen)
    z_t = z_m - 2.0 * torch.clamp(z_s - z_m, min=0)
    p = torch.softmax(student, -1)
    apart = torch.log_softmax(student, -1) - torch.log_softmax(z_t, -1)
    gap = apart[torch.arange(len(apart)), LABELS]
    level = torch.where(gap.abs() < 1, gap**2 / 2, gap.abs() - 0.5)
    return (((p * apart).sum(-1) + level_weight * level) * weights.double()).sum()


@pytest.mark.parametrize("level_weight", [0.0, Settings().level_weight])
@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.usefixtures("chunk")
def test_loss_and_gradients_agree_with_a_float64_reference(kind: str, level_weight: float) -> None:
    options = dict(HEADS[kind])
    bias = draw(VOCABULARY, seed=5, grad=True) if options.pop("bias", False) else None
    hidden, weight = draw(POSITIONS, HIDDEN, seed=1, grad=True), draw(VOCABULARY, HIDDEN, seed=2)
    head = Head(weight.requires_grad_(), bias, **options)
    frozen = head.frozen()
    original, strengthened = draw(POSITIONS, HIDDEN, seed=3), draw(POSITIONS, HIDDEN, seed=4)
    # Positions that carry no loss have weight 0: padding, and the rows of another process.
    weights = torch.tensor([0.2, 0.0, 0.3, 0.5, 0.0, 1.0, 0.1])

    def loss_at(logits: torch.Tensor, part: slice) -> torch.Tensor:
        below = original[part]
        raised = rise(frozen, below, frozen, strengthened[part])
        teacher = teacher_logits(frozen.logits(below), raised, 2.0)
        return rklu(logits, teacher, LABELS[part], level_weight)

    loss = weighted_loss(hidden, head, weights, loss_at)
    (3 * loss).backward()
    found = [one.grad.clone() for one in (hidden, weight, bias) if one is not None]
    for one in (hidden, weight, bias):
        if one is not None:
            one.grad = None
    teacher = (original, strengthened, frozen.weight, frozen.bias)
    expected = reference(hidden, head, weights, teacher, level_weight)
    (3 * expected).backward()

    assert loss.item() == pytest.approx(expected.item(), rel=1e-6, abs=1e-6)
    for mine, one in zip(found, (t for t in (hidden, weight, bias) if t is not None), strict=True):
        assert torch.allclose(mine.double(), one.grad.double(), rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("chunk")
def test_without_a_position_loss_and_gradients_are_zero() -> None:
    """Rows whose tokens are all masked leave nothing to compute, and do not make it NaN."""
    hidden = torch.zeros(0, HIDDEN, requires_grad=True)
    weight = draw(VOCABULARY, HIDDEN, seed=1, grad=True)
    loss = weighted_loss(hidden, Head(weight), torch.zeros(0), lambda logits, _: logits.sum(-1))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(weight.grad, torch.zeros_like(weight))


@pytest.mark.usefixtures("chunk")
def test_a_frozen_head_gets_no_gradient() -> None:
    hidden, weight = draw(POSITIONS, HIDDEN, seed=1, grad=True), draw(VOCABULARY, HIDDEN, seed=2)
    weights = torch.ones(POSITIONS)
    weighted_loss(hidden, Head(weight), weights, lambda logits, _: logits.logsumexp(-1)).backward()
    assert weight.grad is None
    assert hidden.grad.abs().sum() > 0


@pytest.mark.usefixtures("chunk")
def test_a_head_in_bfloat16_gets_its_gradient_from_states_in_float32() -> None:
    hidden = draw(POSITIONS, HIDDEN, seed=1, grad=True)
    weight = draw(VOCABULARY, HIDDEN, seed=2).bfloat16().requires_grad_()
    weights = torch.ones(POSITIONS)
    weighted_loss(hidden, Head(weight), weights, lambda z, _: z.logsumexp(-1)).backward()
    twin = [one.detach().double().requires_grad_() for one in (hidden, weight)]
    (twin[0] @ twin[1].T).logsumexp(-1).sum().backward()
    assert (hidden.grad.dtype, weight.grad.dtype) == (torch.float32, torch.bfloat16)
    assert torch.allclose(hidden.grad.double(), twin[0].grad, atol=0.02)
    assert torch.allclose(weight.grad.double(), twin[1].grad, atol=0.05)


@pytest.mark.usefixtures("chunk")
def test_logits_may_take_the_place_of_hidden_states() -> None:
    logits = draw(POSITIONS, VOCABULARY, seed=1, grad=True)
    weights = torch.ones(POSITIONS)
    weighted_loss(logits, Head(None), weights, lambda z, _: z.logsumexp(-1)).backward()
    assert torch.allclose(logits.grad, logits.detach().softmax(-1), atol=1e-6)


@pytest.mark.usefixtures("chunk")
def test_without_gradients_the_same_loss_is_found() -> None:
    hidden, head = draw(POSITIONS, HIDDEN, seed=1), Head(draw(VOCABULARY, HIDDEN, seed=2))
    with torch.no_grad():
        found = weighted_loss(
            hidden, head, torch.ones(POSITIONS), lambda logits, _: logits.logsumexp(-1)
        )
    assert found.item() == pytest.approx(head.logits(hidden).logsumexp(-1).sum().item(), rel=1e-6)


def test_without_a_position_all_stays_on_the_device_of_the_hidden_states() -> None:
    hidden = torch.zeros(0, HIDDEN, device="meta")
    head = Head(torch.zeros(VOCABULARY, HIDDEN, device="meta"))
    weights = torch.zeros(0, device="meta")
    total = weighted_loss(hidden, head, weights, lambda logits, _: logits.sum(-1))
    assert (total.shape, total.device.type) == ((), "meta")


@pytest.mark.parametrize("trained", [False, True])
def test_the_rise_is_not_rounded_to_what_is_trained_in(trained: bool) -> None:
    """Alpha would multiply it."""
    states, higher = draw(POSITIONS, HIDDEN, seed=1), draw(POSITIONS, HIDDEN, seed=2)
    head = Head(draw(VOCABULARY, HIDDEN, seed=3))
    stronger = Head(draw(VOCABULARY, HIDDEN, seed=4)) if trained else head
    with torch.autocast("cpu", torch.bfloat16):
        found = rise(head, states, stronger, higher)
    assert torch.equal(found, rise(head, states, stronger, higher))


def test_no_chunk_holds_more_logits_than_stated() -> None:
    sizes = [part.stop - part.start for part in heads.parts(2048, 131_072)]
    assert max(sizes) * 131_072 <= heads.ELEMENTS
    assert sum(sizes) >= 2048

"""Every objective's term on a few records: value and gradients as from its formula, in float64.

The losses themselves are `test_losses.py`'s; here that each gets the logits it is about, the
labels, the weights of its positions or records, and its own beta where none is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from unlearnkit.language_model.head import Head
from unlearnkit.unlearning.objectives import (
    OBJECTIVES,
    Lesson,
    Term,
    beta_of,
    cross_entropy,
    objective,
    retain_kl,
    retain_weight,
)
from unlearnkit.unlearning.settings import ObjectiveName, RetainTerm, Settings
from unlearnkit.unlearning.teacher import TeacherRule

POSITIONS, HIDDEN, VOCABULARY = 7, 5, 11
LENGTHS = [3, 1, 3]
LABELS = torch.tensor([3, 0, 10, 7, 7, 1, 4])
END = 10
LEVEL = 0.7


def draw(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


ORIGINAL, STRONGER, STUDENT = (draw(POSITIONS, HIDDEN, seed=seed) for seed in (1, 2, 3))
HEAD, STRONGER_HEAD, STUDENT_HEAD = (draw(VOCABULARY, HIDDEN, seed=seed) for seed in (4, 5, 6))
WEIGHTS = torch.tensor([0.2, 0.0, 0.3, 0.5, 0.1, 1.0, 0.4])
SHARES = torch.tensor([0.5, 0.25, 1.0])


def lesson(depths: Tensor | None = None) -> Lesson:
    return Lesson(
        labels=LABELS,
        lengths=torch.tensor(LENGTHS),
        weights=WEIGHTS,
        shares=SHARES,
        head=Head(HEAD),
        original=ORIGINAL,
        strengthened_head=Head(STRONGER_HEAD),
        strengthened=STRONGER,
        rule=TeacherRule(2.0, floor=True, end_ids=(END,)),
        depths=depths,
    )


def log_p(states: Tensor, head: Tensor) -> Tensor:
    return (states.double() @ head.double().T).log_softmax(-1)


def of_labels(one: Tensor) -> Tensor:
    return one[torch.arange(POSITIONS), LABELS]


def by_record(one: Tensor) -> Tensor:
    return torch.stack([part.sum() for part in one.split(LENGTHS)])


def teacher() -> Tensor:
    """Log p of the teacher: what strengthening raises is pushed down, to the average at most."""
    z_m, z_s = (
        states.double() @ head.double().T
        for states, head in ((ORIGINAL, HEAD), (STRONGER, STRONGER_HEAD))
    )
    pushed = z_m - 2 * (z_s - z_m).clamp(min=0)
    z_t = torch.maximum(pushed, torch.minimum(z_m, z_m.mean(-1, keepdim=True)))
    ends = (LABELS == END).unsqueeze(-1)
    return torch.where(ends, z_m, z_t).log_softmax(-1)


def kl(p: Tensor, q: Tensor) -> Tensor:
    return (p.exp() * (p - q)).sum(-1)


def at_positions(losses: Tensor) -> Tensor:
    return (losses * WEIGHTS.double()).sum()


def at_records(losses: Tensor) -> Tensor:
    return (losses * SHARES.double()).sum()


def rklu(student: Tensor) -> Tensor:
    gap = of_labels(student) - of_labels(teacher())
    level = torch.where(gap.abs() < 1, gap**2 / 2, gap.abs() - 0.5)
    return at_positions(kl(student, teacher()) + LEVEL * level)


def undial(student: Tensor) -> Tensor:
    lowered = ORIGINAL.double() @ HEAD.double().T
    lowered[torch.arange(POSITIONS), LABELS] -= 10.0
    return at_positions(-(lowered.softmax(-1) * student).sum(-1))


def npo(student: Tensor) -> Tensor:
    before = by_record(of_labels(log_p(ORIGINAL, HEAD)))
    return at_records(2 / 0.1 * softplus(0.1 * (by_record(of_labels(student)) - before)))


def simnpo(student: Tensor) -> Tensor:
    mean = by_record(of_labels(student)) / torch.tensor(LENGTHS)
    return at_records(2 / 4.5 * softplus(4.5 * mean))


Formula = Callable[[Tensor], Tensor]
TERMS: dict[str, tuple[Term, Formula]] = {
    "rklu": (objective(ObjectiveName.RKLU).term, rklu),
    "forward-kl": (
        objective(ObjectiveName.FORWARD_KL).term,
        lambda student: at_positions(kl(teacher(), student)),
    ),
    "grad-ascent": (
        objective(ObjectiveName.GRAD_ASCENT).term,
        lambda student: at_positions(of_labels(student)),
    ),
    "undial": (objective(ObjectiveName.UNDIAL).term, undial),
    "npo": (objective(ObjectiveName.NPO).term, npo),
    "simnpo": (objective(ObjectiveName.SIMNPO).term, simnpo),
    "retain KL": (
        retain_kl,
        lambda student: at_positions(kl(log_p(ORIGINAL, HEAD), student)),
    ),
    "cross-entropy": (cross_entropy, lambda student: at_positions(-of_labels(student))),
}


@pytest.mark.parametrize("name", TERMS)
def test_a_term_is_its_formula_with_its_gradients(name: str) -> None:
    term, formula = TERMS[name]
    chosen = name if name in OBJECTIVES else ObjectiveName.RKLU
    settings = Settings(objective=chosen, level_weight=LEVEL)
    states, head = STUDENT.clone().requires_grad_(), STUDENT_HEAD.clone().requires_grad_()
    (3 * term(states, Head(head), lesson(), settings)).backward()
    twin, twin_head = STUDENT.clone().requires_grad_(), STUDENT_HEAD.clone().requires_grad_()
    expected = formula(log_p(twin, twin_head))
    (3 * expected).backward()

    with torch.no_grad():
        value = term(STUDENT, Head(STUDENT_HEAD), lesson(), settings)
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    assert torch.allclose(states.grad, twin.grad, rtol=1e-4, atol=1e-5)
    assert torch.allclose(head.grad, twin_head.grad, rtol=1e-4, atol=1e-5)


def test_the_teacher_gives_pushed_labels_their_depths_where_they_have_one() -> None:
    """NaN: as the teacher has it; where a text ends, the original stays."""
    nan = float("nan")
    depths = torch.tensor([2.0, nan, 9.0, 3.0, nan, 4.0, 5.0])
    whole = lesson(depths).teacher(slice(0, POSITIONS)).double().log_softmax(-1)
    found, plain = -of_labels(whole), -of_labels(teacher())
    for at, depth in enumerate(depths.tolist()):
        kept = math.isnan(depth) or LABELS[at] == END
        assert found[at].item() == pytest.approx(plain[at].item() if kept else depth, abs=1e-4)
    part = lesson(depths).teacher(slice(2, 5)).log_softmax(-1)
    assert torch.allclose(part.double(), whole[2:5], atol=1e-5)


def test_the_teacher_is_not_rounded_to_what_is_trained_in() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        rounded = lesson().teacher(slice(0, POSITIONS))
    assert torch.equal(rounded, lesson().teacher(slice(0, POSITIONS)))


def test_with_one_head_for_both_the_teacher_is_the_same() -> None:
    """The rise is then taken before the head, which is linear."""
    one = Head(HEAD)
    shared = replace(lesson(), head=one, strengthened_head=one)
    apart = replace(lesson(), head=one, strengthened_head=Head(HEAD.clone()))
    whole = slice(0, POSITIONS)
    assert torch.allclose(shared.teacher(whole), apart.teacher(whole), atol=1e-5)
    assert not torch.allclose(shared.teacher(whole), lesson().teacher(whole), atol=0.1)


@pytest.mark.parametrize(
    ("name", "own_beta", "own_weight", "own_term", "teacher"),
    [
        (ObjectiveName.RKLU, 0.0, 5.0, RetainTerm.KL, True),
        (ObjectiveName.FORWARD_KL, 0.0, 5.0, RetainTerm.KL, True),
        (ObjectiveName.GRAD_ASCENT, 0.0, 1.0, RetainTerm.NONE, False),
        (ObjectiveName.GRAD_DIFF, 0.0, 1.0, RetainTerm.CE, False),
        (ObjectiveName.NPO, 0.1, 1.0, RetainTerm.CE, False),
        (ObjectiveName.SIMNPO, 4.5, 8.0, RetainTerm.CE, False),
        (ObjectiveName.UNDIAL, 10.0, 1.0, RetainTerm.NONE, False),
    ],
)
def test_what_is_chosen_wins_over_what_was_published(
    name: ObjectiveName, own_beta: float, own_weight: float, own_term: RetainTerm, teacher: bool
) -> None:
    own = Settings(objective=name)
    assert (beta_of(own), retain_weight(own)) == (own_beta, own_weight)
    assert (objective(name).retain_term, objective(name).needs_teacher) == (own_term, teacher)
    for beta in (0.5, 2.0):
        assert beta_of(Settings(objective=name, beta=beta)) == beta
    assert retain_weight(Settings(objective=name, retain_weight=0.0)) == 0.0

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.unlearning.teacher import (
    SECOND,
    TeacherRule,
    at_depths,
    floored,
    spare_ends,
    teacher_logits,
)


def test_what_rises_is_pushed_down_and_the_rest_stays() -> None:
    original = torch.tensor([1.0, 2.0, 3.0])
    rise = torch.tensor([-1.0, 0.5, 2.0])
    assert torch.equal(teacher_logits(original, rise, 2.0), torch.tensor([1.0, 1.0, -1.0]))


@given(st.integers(0, 1000), st.floats(0, 50))
def test_the_teacher_never_lies_above_the_original(seed: int, alpha: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    original, rise = torch.randn(2, 5, 11, generator=generator)
    assert (teacher_logits(original, rise, alpha) <= original).all()


def test_alpha_zero_is_the_original() -> None:
    original, rise = torch.randn(2, 4, 4)
    assert torch.equal(teacher_logits(original, rise, 0.0), original)


def test_where_a_text_ends_the_teacher_is_the_original() -> None:
    original, teacher = torch.randn(2, 5, 5)
    labels = torch.tensor([3, 1, 1, 2, 3])  # 1 ends a text
    spared = spare_ends(teacher, original, labels, end_ids=(1,))
    ends = labels == 1
    assert torch.equal(spared[ends], original[ends])
    assert torch.equal(spared[~ends], teacher[~ends])


def test_without_an_end_token_nothing_is_spared() -> None:
    original, teacher = torch.randn(2, 5, 5)
    labels = torch.tensor([3, 1, 1, 2, 3])
    assert torch.equal(spare_ends(teacher, original, labels, end_ids=()), teacher)


def test_no_token_is_pushed_below_the_originals_average_unless_it_lay_there() -> None:
    original = torch.tensor([[8.0, 1.0, -3.0]])  # 2.0 on average
    teacher = torch.tensor([[-90.0, 0.5, -50.0]])
    assert torch.equal(floored(teacher, original), torch.tensor([[2.0, 1.0, -3.0]]))


SEEDS, ALPHAS = st.integers(0, 1000), st.floats(0, 500)


@given(SEEDS, ALPHAS)
def test_the_floored_teacher_lies_between_the_papers_and_the_original(
    seed: int, alpha: float
) -> None:
    original, rise = torch.randn(2, 5, 11, generator=torch.Generator().manual_seed(seed))
    labels = torch.zeros(5, dtype=torch.long)
    paper = TeacherRule(alpha).logits(original, rise, labels)
    ours = TeacherRule(alpha, floor=True).logits(original, rise, labels)
    assert (paper <= ours).all() and (ours <= original).all()


@given(SEEDS, ALPHAS)
def test_the_floor_changes_no_first_choice_above_it(seed: int, alpha: float) -> None:
    original, rise = torch.randn(2, 5, 50, generator=torch.Generator().manual_seed(seed))
    teacher = teacher_logits(original, rise, alpha)
    above = teacher.amax(-1) > original.mean(-1) + 1e-4
    changed = floored(teacher, original).argmax(-1) != teacher.argmax(-1)
    assert not (changed & above).any()


@given(SEEDS, st.lists(st.floats(0.01, 40) | st.just(200.0), min_size=6, max_size=6))
def test_a_label_gets_its_depth_and_is_never_the_first_choice(
    seed: int, depths: list[float]
) -> None:
    generator = torch.Generator().manual_seed(seed)
    teacher = 4 * torch.randn(6, 9, generator=generator, dtype=torch.double)
    labels, before = torch.randint(0, 9, (6,), generator=generator), teacher.clone()
    found = at_depths(teacher, labels, torch.tensor(depths, dtype=torch.double))
    assert (found.argmax(-1) != labels).all()
    losses = -found.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    others = torch.ones_like(before).scatter(-1, labels.unsqueeze(-1), 0).bool()
    shallowest = best_as_second(before, labels)
    for loss, depth, least in zip(losses.tolist(), depths, shallowest, strict=True):
        assert loss == pytest.approx(max(depth, least), abs=1e-6)
    assert torch.equal(found[others], before[others])


def best_as_second(teacher: torch.Tensor, labels: torch.Tensor) -> list[float]:
    """The loss of a label that lies a hair below the best of the others."""
    rest = teacher.scatter(-1, labels.unsqueeze(-1), float("-inf"))
    logit = rest.amax(-1) - SECOND
    return (torch.logaddexp(rest.logsumexp(-1), logit) - logit).tolist()


def test_a_position_without_a_depth_stays_as_it_is() -> None:
    teacher, labels = torch.randn(3, 7), torch.tensor([0, 3, 6])
    found = at_depths(teacher.clone(), labels, torch.tensor([torch.nan, 2.0, torch.nan]))
    assert torch.equal(found[0], teacher[0]) and torch.equal(found[2], teacher[2])
    assert not torch.equal(found[1], teacher[1])


def test_where_a_text_ends_a_depth_changes_nothing() -> None:
    original, rise = torch.randn(2, 2, 5)
    labels, deep = torch.tensor([1, 2]), torch.tensor([9.0, 9.0])
    found = TeacherRule(3.0, floor=True, end_ids=(1,)).logits(original, rise, labels, deep)
    assert torch.equal(found[0], original[0])
    assert found[1].log_softmax(-1)[2].item() == pytest.approx(-9.0, abs=1e-4)


def test_the_example_of_a_depth() -> None:
    teacher = torch.tensor([[0.6, 0.3, 0.1]]).log()
    found = at_depths(teacher, torch.tensor([0]), torch.tensor([10.0]).log())
    assert found.softmax(-1)[0].tolist() == pytest.approx([0.1, 0.675, 0.225])

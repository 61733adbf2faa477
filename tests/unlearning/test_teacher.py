import torch
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.unlearning.teacher import TeacherRule, floored, spare_ends, teacher_logits


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


def test_no_token_is_pushed_below_the_floor_unless_it_lay_there() -> None:
    original = torch.tensor([[8.0, 1.0, -3.0]])  # 2.0 on average
    teacher = torch.tensor([[-90.0, 0.5, -50.0]])  # its best token lies below the average
    assert torch.equal(floored(teacher, original, 0.5), torch.tensor([[2.0, 1.0, -3.0]]))


def test_the_floor_lies_between_the_average_and_the_teachers_best_token() -> None:
    original = torch.tensor([[8.0, 4.0, 0.0, 0.0]])  # 3.0 on average
    teacher = torch.tensor([[-90.0, 4.0, -1.0, 0.0]])
    for height, lowest in ((0.0, 3.0), (0.25, 3.25), (0.75, 3.75)):
        expected = torch.tensor([[lowest, 4.0, 0.0, 0.0]])
        assert torch.equal(floored(teacher, original, height), expected)


SEEDS, ALPHAS = st.integers(0, 1000), st.floats(0, 500)


@given(SEEDS, ALPHAS, st.floats(0, 0.95))
def test_the_floored_teacher_lies_between_the_papers_and_the_original(
    seed: int, alpha: float, height: float
) -> None:
    original, rise = torch.randn(2, 5, 11, generator=torch.Generator().manual_seed(seed))
    labels = torch.zeros(5, dtype=torch.long)
    paper = TeacherRule(alpha).logits(original, rise, labels)
    ours = TeacherRule(alpha, height).logits(original, rise, labels)
    assert (paper <= ours).all() and (ours <= original).all()


@given(SEEDS, ALPHAS, st.floats(0, 0.95))
def test_the_height_of_the_floor_changes_no_first_choice(
    seed: int, alpha: float, height: float
) -> None:
    original, rise = torch.randn(2, 5, 50, generator=torch.Generator().manual_seed(seed))
    teacher = teacher_logits(original, rise, alpha)
    above = teacher.amax(-1) > original.mean(-1) + 1e-4
    changed = floored(teacher, original, height).argmax(-1) != teacher.argmax(-1)
    assert not (changed & above).any()

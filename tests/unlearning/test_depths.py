"""How deep pushed labels are to lie: as the tokens of never-seen records do, rank by rank."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.language_model.tokens import Example
from unlearnkit.unlearning.depths import STEPS, label_depths, missed

END = 1
LOSSES = st.lists(st.floats(0.125, 30, width=32), min_size=1, max_size=60)


def example(*labels: int) -> Example:
    return Example((0, *labels), (-100, *labels))


def labels(count: int) -> torch.Tensor:
    return torch.arange(2, 2 + count)


def test_of_never_seen_records_only_the_missed_tokens_count_and_no_ends() -> None:
    rows = [example(5, 6, END), example(7, 8)]
    hits = [True, False, False, False, True]
    found = missed(rows, hits, [0.1, 6.0, 9.0, 3.0, 0.2], [END])
    assert found.tolist() == [3.0, 6.0]


def test_of_many_tokens_the_quantiles_stand_for_all() -> None:
    many = torch.rand(7 * STEPS, generator=torch.Generator().manual_seed(0)) * 10
    found = missed([example(*([5] * len(many)))], [False] * len(many), many.tolist(), [])
    assert len(found) == STEPS + 1
    assert found[0] == many.min() and found[-1] == many.max()
    assert found[STEPS // 2].item() == pytest.approx(many.median().item(), abs=0.01)


@pytest.mark.parametrize(("count", "kept"), [(STEPS, STEPS), (STEPS + 5, STEPS + 1)])
def test_up_to_a_thousand_losses_are_kept_as_they_are(count: int, kept: int) -> None:
    losses = [float(at) for at in range(count)]
    found = missed([example(*([5] * count))], [False] * count, losses, [])
    assert len(found) == kept
    assert count > STEPS or found.tolist() == losses


def test_labels_that_stay_first_and_ends_have_no_depth() -> None:
    some = torch.tensor([5, END, 6])
    found = label_depths(some, [True, False, False], [0.1, 8.0, 40.0], torch.tensor([2.0]), [END])
    assert found is not None
    assert found.isnan().tolist() == [True, True, False]
    assert found[2] == 2.0


@given(LOSSES, LOSSES)
def test_as_many_never_seen_tokens_are_copied_loss_by_loss(
    pushed: list[float], other: list[float]
) -> None:
    unseen = torch.tensor(other).sort().values
    found = label_depths(labels(len(pushed)), [False] * len(pushed), pushed, unseen, [])
    assert found is not None
    assert unseen.min() <= found.min() and found.max() <= unseen.max()
    order = torch.tensor(pushed).argsort(stable=True)
    assert (found[order].diff() >= 0).all()  # what is pushed further lies deeper


def test_the_deepest_tenth_lies_as_deep_as_the_deepest_tenth_of_never_seen_tokens() -> None:
    generator = torch.Generator().manual_seed(2)
    unseen = (torch.randn(900, generator=generator).exp() * 3).sort().values
    pushed = (40 + torch.rand(500, generator=generator)).tolist()  # all alike, as a floor has them
    found = label_depths(labels(500), [False] * 500, pushed, unseen, [])
    assert found is not None
    for share in (0.1, 0.5, 0.9):
        assert math.isclose(found.quantile(share), unseen.quantile(share), rel_tol=0.02)
    lowest = [one.sort().values[-len(one) // 5 :].mean() for one in (found, unseen)]
    assert math.isclose(*lowest, rel_tol=0.02)


def test_without_missed_tokens_on_either_side_there_are_no_depths() -> None:
    assert label_depths(labels(2), [True, True], [0.1, 0.2], torch.tensor([3.0]), []) is None
    assert label_depths(labels(2), [False, True], [9.0, 0.2], torch.tensor([]), []) is None


def test_the_example_of_the_module() -> None:
    found = label_depths(labels(3), [False] * 3, [9.0, 2.0, 5.0], torch.tensor([3.0, 4.0, 8.0]), [])
    assert found is not None
    assert found.tolist() == pytest.approx([6.667, 3.333, 4.0], abs=1e-3)

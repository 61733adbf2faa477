"""Relearning: who is trained on, who is measured, and where there is nothing to do it with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch

from unlearnkit.audit.attacks.attacked_model import EncodedRecord
from unlearnkit.audit.attacks.relearning import (
    NO_UNRELATED,
    NONE_LEFT,
    PERCENT,
    SAME,
    UNRELATED,
    cross_entropy,
    planned,
    same_training,
    sample_size,
)
from unlearnkit.domain import (
    RELEARNED_REST,
    Split,
    rest_id,
)
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.tokens import IGNORED, Example


def rows(prefix: str, count: int) -> list[EncodedRecord]:
    return [EncodedRecord(f"{prefix}{at}", Example((1, 2), (IGNORED, 2))) for at in range(count)]


def ids(given: Sequence[EncodedRecord]) -> set[str]:
    return {one.record_id for one in given}


SPLITS = {
    Split.FORGET: rows("f", 40),
    Split.RETAIN: rows("r", 30),
    Split.NEIGHBOUR: rows("r", 20),
    Split.HOLDOUT: rows("h", 60),
}


@pytest.mark.parametrize(
    ("count", "percent", "size"), [(6, 1, 1), (27, 10, 3), (30, 10, 3), (40, 5, 2), (0, 10, 1)]
)
def test_percent_are_rounded_up_to_one_record_at_least(count: int, percent: int, size: int) -> None:
    assert sample_size(count, percent) == size


def test_what_is_measured_was_never_trained_on_and_is_the_same_for_every_share() -> None:
    plans = {name: planned(SPLITS, name, 1)[0] for name in PERCENT}
    for at, split in enumerate((Split.FORGET, Split.HOLDOUT)):
        trainings = [plan[at] for plan in plans.values()]
        assert [len(one.trained) for one in trainings] == [1, 2, 4]
        assert ids(trainings[0].trained) < ids(trainings[1].trained) < ids(trainings[2].trained)
        assert len({frozenset(ids(one.measured[split])) for one in trainings}) == 1
        largest = trainings[2]
        # Of never-seen records as many are trained on as of the forget set, so others are left.
        assert ids(largest.trained) | ids(largest.measured[split]) == ids(SPLITS[split])
        assert not ids(largest.trained) & ids(largest.measured[split])


def test_as_many_never_seen_records_are_trained_on_as_forget_records() -> None:
    [forget, holdout] = planned(SPLITS, "relearned_10pct", 1)[0]
    assert len(holdout.trained) == len(forget.trained)
    assert len(holdout.measured[Split.HOLDOUT]) == 56


def test_unrelated_records_are_kept_ones_and_no_neighbours() -> None:
    [training], missing = planned(SPLITS, UNRELATED, 1)
    assert missing == {}
    assert len(training.trained) == 4
    assert ids(training.trained) <= ids(SPLITS[Split.RETAIN]) - ids(SPLITS[Split.NEIGHBOUR])
    assert ids(training.measured[Split.FORGET]) == ids(SPLITS[Split.FORGET])
    assert ids(training.measured[Split.HOLDOUT]) == ids(SPLITS[Split.HOLDOUT])


@pytest.mark.parametrize(
    ("count", "same"),
    [
        (6, ["relearned_10pct", "relearned_10pct", ""]),
        (15, ["relearned_5pct", "", ""]),
        (20, ["relearned_5pct", "", ""]),
        (21, ["", "", ""]),
    ],
)
def test_shares_of_few_records_that_are_one_training_are_made_once(
    count: int, same: list[str]
) -> None:
    assert [same_training(count, name) for name in PERCENT] == same
    few = SPLITS | {Split.FORGET: rows("f", count)}
    trained = set()
    for name, other in zip(PERCENT, same, strict=True):
        trainings, missing = planned(few, name, 1)
        assert bool(trainings) is not bool(other)
        if other:
            assert set(missing.values()) == {SAME.format(other)} and len(missing) == 2
        trained |= {len(one.trained) for one in trainings}
    assert trained == {sample_size(count, percent) for percent in PERCENT.values()}


def test_after_what_is_kept_of_records_their_passages_are_measured() -> None:
    kept = [EncodedRecord(rest_id(f"f{at}"), Example((1, 2), (IGNORED, 2))) for at in (2, 3, 5)]
    [training], missing = planned(SPLITS | {Split.REST: kept}, RELEARNED_REST, 1)
    assert missing == {}
    assert ids(training.trained) == ids(kept)
    assert ids(training.measured[Split.FORGET]) == {"f2", "f3", "f5"}
    assert ids(training.measured[Split.HOLDOUT]) == ids(SPLITS[Split.HOLDOUT])


def test_the_seed_chooses() -> None:
    first, second = (planned(SPLITS, "relearned_10pct", seed)[0][0] for seed in (1, 2))
    assert ids(first.trained) != ids(second.trained)


def test_many_records_are_measured_in_part() -> None:
    many = SPLITS | {Split.HOLDOUT: rows("h", 1000)}
    [_, holdout] = planned(many, "relearned_1pct", 1)[0]
    assert 100 < len(holdout.measured[Split.HOLDOUT]) <= 200


def test_where_nothing_would_be_left_there_is_a_reason() -> None:
    one = SPLITS | {Split.FORGET: rows("f", 1)}
    trainings, missing = planned(one, "relearned_10pct", 1)
    assert missing == {Split.FORGET: NONE_LEFT}
    assert [list(training.measured) for training in trainings] == [[Split.HOLDOUT]]
    near = SPLITS | {Split.NEIGHBOUR: rows("r", 30)}
    assert planned(near, UNRELATED, 1) == (
        [],
        dict.fromkeys((Split.FORGET, Split.HOLDOUT), NO_UNRELATED),
    )


def test_the_loss_is_cross_entropy_over_positions() -> None:
    logits = torch.tensor([[0.0, 0.0], [math.log(3.0), 0.0]])
    expected = (math.log(2) - math.log(0.75)) / 2
    found = cross_entropy(torch.tensor([1, 0]), logits, Head(None))
    assert float(found) == pytest.approx(expected)

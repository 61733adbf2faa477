"""The search for a teacher, on a real model: what was tried, in which order, what was taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.small import Small
from tests.unlearning.test_engine import QUICK, task
from unlearnkit.domain import CalibrationStep
from unlearnkit.language_model.recall import Level
from unlearnkit.unlearning.calibration import HEIGHTS, first_choices_off, grid
from unlearnkit.unlearning.engine import Outcome, unlearn


@pytest.fixture(scope="module")
def outcome(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return unlearn(task(small, tmp_path_factory.mktemp("run")), replace(QUICK, max_passes=1))


def of_last_epochs(outcome: Outcome) -> list[CalibrationStep]:
    last = max(one.strengthen_epochs for one in outcome.calibration)
    return [one for one in outcome.calibration if one.strengthen_epochs == last]


def off(one: CalibrationStep, target: Level) -> float:
    return round(first_choices_off(one, target), 9)


def test_the_heights_are_tried_at_the_alpha_whose_first_choices_come_nearest(
    outcome: Outcome,
) -> None:
    tried = of_last_epochs(outcome)
    raised = [one for one in tried if one.floor]
    assert sorted(one.floor for one in raised if one.floor) == list(HEIGHTS)
    [alpha] = {one.alpha for one in raised}
    nearest = min(off(one, outcome.target) for one in tried)
    assert {off(one, outcome.target) for one in tried if one.alpha == alpha} == {nearest}


def test_a_higher_floor_leaves_the_first_choices_and_lowers_the_loss(outcome: Outcome) -> None:
    raised = sorted(
        (one for one in of_last_epochs(outcome) if one.floor), key=lambda one: one.floor or 0.0
    )
    assert len({one.exact_memorization for one in raised}) == 1
    assert len({one.extraction_strength for one in raised}) == 1
    losses = [one.loss for one in raised]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > losses[-1] + 0.1


def test_the_nearest_of_all_is_taken(outcome: Outcome) -> None:
    [chosen] = [one for one in outcome.calibration if one.chosen]
    assert chosen.distance == min(one.distance for one in of_last_epochs(outcome))


def test_without_a_floor_there_is_alpha_alone(small: Small, tmp_path: Path) -> None:
    bare = replace(QUICK, max_passes=1, teacher_floor=False, tolerance=0.4)
    tried = unlearn(task(small, tmp_path), bare).calibration
    assert {one.floor for one in tried} == {None}
    assert len({one.alpha for one in tried}) >= len(grid(0.5, bare.max_alpha, 13))

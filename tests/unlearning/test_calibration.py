"""The search for a teacher, on a real model: what was tried, in which order, what was taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.small import Small
from tests.unlearning.test_engine import QUICK, task
from unlearnkit.domain import CalibrationStep
from unlearnkit.language_model.recall import Level
from unlearnkit.unlearning.alphas import first_choices_off, grid
from unlearnkit.unlearning.calibration import advice
from unlearnkit.unlearning.engine import Outcome, unlearn


@pytest.fixture(scope="module")
def outcome(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return unlearn(task(small, tmp_path_factory.mktemp("run")), replace(QUICK, max_passes=1))


def of_last_epochs(outcome: Outcome) -> list[CalibrationStep]:
    last = max(one.strengthen_epochs for one in outcome.calibration)
    return [one for one in outcome.calibration if one.strengthen_epochs == last]


def off(one: CalibrationStep, target: Level) -> float:
    return round(first_choices_off(one, target), 9)


def test_depths_are_tried_at_the_alpha_whose_first_choices_come_nearest(
    outcome: Outcome,
) -> None:
    tried = of_last_epochs(outcome)
    [deep] = [one for one in tried if one.depths]
    nearest = min(off(one, outcome.target) for one in tried)
    assert off(deep, outcome.target) == nearest


def test_depths_leave_the_first_choices_and_bring_the_loss_to_the_level(outcome: Outcome) -> None:
    tried = of_last_epochs(outcome)
    [deep] = [one for one in tried if one.depths]
    [bare] = [one for one in tried if one.alpha == deep.alpha and not one.depths]
    assert deep.exact_memorization == bare.exact_memorization
    assert deep.extraction_strength == bare.extraction_strength
    target = outcome.target.loss
    assert abs(deep.loss - target) < 0.25 < abs(bare.loss - target)


def test_a_teacher_with_depths_is_taken_before_a_nearer_one_without(outcome: Outcome) -> None:
    [chosen] = [one for one in outcome.calibration if one.chosen]
    assert chosen.depths


def test_the_papers_rule_has_alpha_alone(small: Small, tmp_path: Path) -> None:
    bare = replace(QUICK, max_passes=1, teacher_depths=False, tolerance=0.4)
    tried = unlearn(task(small, tmp_path), bare).calibration
    assert not any(one.depths for one in tried)
    assert len({one.alpha for one in tried}) >= len(grid(0.5, bare.max_alpha, 13))


def test_a_search_that_ended_at_its_largest_alpha_says_so() -> None:
    def tried(alpha: float, distance: float) -> CalibrationStep:
        return CalibrationStep(
            strengthen_epochs=32,
            alpha=alpha,
            exact_memorization=0.4,
            extraction_strength=0.1,
            probability=0.1,
            loss=5.0,
            distance=distance,
        )

    inside, edge = tried(4.0, 0.2), tried(32.0, 0.3)
    assert "--max-alpha" not in advice([inside, edge])
    assert "a third of --learning-rate" in advice([inside, tried(32.0, 0.1)])

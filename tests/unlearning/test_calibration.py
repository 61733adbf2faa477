"""The search for a teacher, on a real model: what was tried, in which order, what was taken."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from accelerate import Accelerator

from tests.small import ENCODING, Small
from tests.unlearning.test_engine import QUICK, task
from unlearnkit.domain import CalibrationStep
from unlearnkit.errors import TeacherNotReady
from unlearnkit.language_model.folder import load_tokenizer
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.recall import Level
from unlearnkit.language_model.tokens import Batch, encode_record
from unlearnkit.unlearning.alphas import first_choices_off, grid
from unlearnkit.unlearning.calibration import cross_entropy
from unlearnkit.unlearning.engine import Unlearned, unlearn
from unlearnkit.unlearning.refusal import advice
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.steps import Workbench
from unlearnkit.unlearning.work import CALIBRATION


@pytest.fixture(scope="module")
def outcome(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Unlearned:
    return unlearn(task(small, tmp_path_factory.mktemp("run")), replace(QUICK, max_passes=1))


def of_last_epochs(outcome: Unlearned) -> list[CalibrationStep]:
    last = max(one.strengthen_epochs for one in outcome.calibration)
    return [one for one in outcome.calibration if one.strengthen_epochs == last]


def off(one: CalibrationStep, target: Level) -> float:
    return round(first_choices_off(one, target), 9)


def test_depths_are_tried_at_the_alpha_whose_first_choices_come_nearest(
    outcome: Unlearned,
) -> None:
    tried = of_last_epochs(outcome)
    [deep] = [one for one in tried if one.depths]
    nearest = min(off(one, outcome.target) for one in tried)
    assert off(deep, outcome.target) == nearest


def test_depths_leave_the_first_choices_and_bring_the_loss_to_the_level(outcome: Unlearned) -> None:
    tried = of_last_epochs(outcome)
    [deep] = [one for one in tried if one.depths]
    [bare] = [one for one in tried if one.alpha == deep.alpha and not one.depths]
    assert deep.exact_memorization == bare.exact_memorization
    assert deep.extraction_strength == bare.extraction_strength
    target = outcome.target.loss
    assert abs(deep.loss - target) < 0.25 < abs(bare.loss - target)


def test_a_teacher_with_depths_is_taken_before_a_nearer_one_without(outcome: Unlearned) -> None:
    [chosen] = [one for one in outcome.calibration if one.chosen]
    assert chosen.depths


def test_the_papers_rule_has_alpha_alone(small: Small, tmp_path: Path) -> None:
    bare = replace(QUICK, max_passes=1, teacher_depths=False, tolerance=0.4)
    tried = unlearn(task(small, tmp_path), bare).calibration
    assert not any(one.depths for one in tried)
    assert len({one.alpha for one in tried}) >= len(grid(0.5, bare.max_alpha, 13))


SHAKEN = replace(QUICK, learning_rate=3e-3, strengthen_epochs=(8, 32), max_passes=1)
"""A rate at which what the small model knows does not rise, but falls."""


def test_where_no_teacher_fits_it_is_strengthened_anew_at_a_third_of_the_rate(
    small: Small, tmp_path: Path
) -> None:
    tried = unlearn(task(small, tmp_path), SHAKEN).calibration
    [chosen] = [one for one in tried if one.chosen]
    assert chosen.learning_rate == pytest.approx(1e-3)
    first = [one for one in tried if one.learning_rate == 3e-3]
    assert {one.strengthen_epochs for one in first} == {8, 32}
    assert min(one.distance for one in first) > SHAKEN.tolerance > chosen.distance


def test_a_rate_of_its_own_is_the_only_one(small: Small, tmp_path: Path) -> None:
    with pytest.raises(TeacherNotReady, match=r"32 epochs at rate 0\.003"):
        unlearn(task(small, tmp_path / "a"), replace(SHAKEN, strengthen_rate=3e-3))
    own = replace(SHAKEN, strengthen_rate=1e-3)
    tried = unlearn(task(small, tmp_path / "b"), own).calibration
    assert {one.learning_rate for one in tried} == {1e-3}


@pytest.mark.parametrize("lora_rank", [0, 2])
def test_the_second_try_starts_at_the_original(
    small: Small, tmp_path: Path, lora_rank: int
) -> None:
    """Its teachers are those of a run that strengthens at that rate alone."""
    short = replace(SHAKEN, strengthen_epochs=(2,), tolerance=0.001, lora_rank=lora_rank)
    figures = {}
    for name, settings in {
        "both": short,
        "second": replace(short, strengthen_rate=short.strengthen_rates[1]),
    }.items():
        with pytest.raises(TeacherNotReady):
            unlearn(task(small, tmp_path / name), settings)
        stored = json.loads((tmp_path / name / "work" / CALIBRATION).read_text())
        figures[name] = [one for one in stored if one["learning_rate"] < 2e-3]
    assert figures["both"] == figures["second"] != []


def test_a_run_stopped_in_the_second_try_goes_on_there(small: Small, tmp_path: Path) -> None:
    def stop(stage: str, done: int, of: int) -> None:
        seen.append((stage, done))
        if stage.endswith("at 0.001") and done == 12:
            raise KeyboardInterrupt

    whole = unlearn(task(small, tmp_path / "whole"), SHAKEN)
    seen: list[tuple[str, int]] = []
    with pytest.raises(KeyboardInterrupt):
        unlearn(task(small, tmp_path / "stopped"), SHAKEN, stop)
    seen.clear()
    resumed = unlearn(
        task(small, tmp_path / "stopped"),
        SHAKEN,
        lambda stage, done, of: seen.append((stage, done)),
    )
    epochs = [done for stage, done in seen if stage.startswith("strengthening")]
    assert epochs[0] == 9  # behind the eighth, which was measured
    assert resumed == whole


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
    assert "Lower --strengthen-rate" in advice([inside, tried(32.0, 0.1)])


def test_tokens_weigh_the_same_in_whatever_precision_the_model_is_computed_in(
    small: Small,
) -> None:
    """In bfloat16 a third would be 0.334."""
    rows = [encode_record(one, load_tokenizer(small.model), ENCODING) for one in small.forget[:2]]
    bench = Workbench(Accelerator(cpu=True), Settings(), pad_id=0, end_ids=(), key=bytes(32))

    def headed(batch: Batch, loss: Any) -> torch.Tensor:
        states = torch.zeros((len(batch.counted_labels), 4), dtype=torch.bfloat16)
        return cast(torch.Tensor, loss(states, Head(torch.zeros(1000, 4, dtype=torch.bfloat16))))

    found = cross_entropy(bench, headed, rows, 1 / 3)
    tokens = sum(one.counted for one in rows)
    assert float(found) == pytest.approx(tokens * math.log(1000) / 3, rel=1e-6)

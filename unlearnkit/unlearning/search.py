"""The search for a teacher, rate by rate; what a killed run had found is not searched again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import write_atomic
from unlearnkit.domain import CalibrationStep, Progress
from unlearnkit.language_model.head import load_head, save_head
from unlearnkit.unlearning.calibration import (
    STRENGTHENED,
    ForgetStates,
    Strengthened,
    calibrate,
    checkpoints_at,
    with_depths,
)
from unlearnkit.unlearning.material import Task
from unlearnkit.unlearning.models import Trainable, renew
from unlearnkit.unlearning.refusal import refused
from unlearnkit.unlearning.states import open_states
from unlearnkit.unlearning.steps import Workbench, are_there
from unlearnkit.unlearning.work import CALIBRATION


def search(
    bench: Workbench, model: Trainable, forget: ForgetStates, task: Task, progress: Progress
) -> tuple[tuple[CalibrationStep, ...], Strengthened]:
    """Every teacher tried, rate by rate until one fits, and what that one is made of.

    `model` starts as the original and is afterwards the model that was strengthened last. Raises
    TeacherNotReady where none fits.
    """
    steps: tuple[CalibrationStep, ...] = ()
    for rate in bench.settings.strengthen_rates:
        if steps:
            renew(model, bench, task.model)
        found, stronger = calibrated(bench, model.inner, forget, task.work, progress, rate=rate)
        steps += found
        if stronger:
            return steps, stronger
    raise refused(steps, forget.target, bench.settings)


def calibrated(
    bench: Workbench,
    model: Any,
    forget: ForgetStates,
    work: Path,
    progress: Progress,
    *,
    rate: float,
) -> tuple[tuple[CalibrationStep, ...], Strengthened | None]:
    """What an earlier, killed run of the same command had found, else a new calibration."""
    listing, weights = work / CALIBRATION, work / "strengthened-head.safetensors"
    stored = json.loads(listing.read_text()) if are_there(bench, listing) else []
    before = tuple(CalibrationStep.model_validate(row) for row in stored)
    steps = tuple(one for one in before if one.learning_rate == rate)
    chosen = next((one for one in steps if one.chosen), None)
    if chosen is not None:
        states = open_states(work / STRENGTHENED, forget.examples, bench.key)
        head = load_head(weights, bench.key, like=forget.head) if weights.is_file() else forget.head
        found = Strengthened(rate, chosen.strengthen_epochs, states, head)
        return steps, with_depths(bench, forget, found, chosen)
    if steps:
        return steps, None
    steps, stronger = calibrate(bench, model, forget, work, progress, rate=rate)
    if bench.accelerator.is_main_process:
        if stronger and stronger.head is not forget.head:
            save_head(stronger.head, weights, bench.key)
        rows = [one.model_dump() for one in (*before, *steps)]
        write_atomic(listing, json.dumps(rows).encode())
        shutil.rmtree(checkpoints_at(rate, work), ignore_errors=True)
    bench.accelerator.wait_for_everyone()
    return steps, stronger

"""RKLU from a model folder to a model folder: level to reach, teacher, student.

`unlearn` reads top to bottom as the method does (docs/method.md). Work in progress lies in the run
folder: the strengthened model recites the forget set better than the original does, so it is
deleted as soon as the student is saved.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import write_atomic
from unlearnkit.domain import CalibrationStep, Progress, Record, TrainingPass, silent
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import (
    LanguageModel,
    load_language_model,
    save_language_model,
)
from unlearnkit.language_model.recall import Level, level, logits_of, recall
from unlearnkit.language_model.tokens import Encoding, Example, encode_record
from unlearnkit.unlearning.calibration import Calibration, calibrate
from unlearnkit.unlearning.distillation import INSIDE, Lessons, distil
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.steps import Workbench, shuffled, trainable_copy


@dataclass(frozen=True, slots=True)
class Task:
    """What to unlearn from which model, beside what, and down to whose level."""

    model: Path
    forget: Sequence[Record]
    retain: Sequence[Record]
    holdout: Sequence[Record]
    """Comparable records the model never saw: their level is the one to reach."""
    encoding: Encoding
    out: Path
    work: Path
    """Folder for checkpoints; deleted at the end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened: the search for a teacher, the passes, and the level that was aimed at."""

    calibration: tuple[CalibrationStep, ...]
    passes: tuple[TrainingPass, ...]
    target: Level


def unlearn(task: Task, settings: Settings, progress: Progress = silent) -> Outcome:
    """Write the unlearned model to task.out; the same call goes on where an earlier one was killed.

    Raises BadInput (model, disk), TeacherNotReady, TrainingFailed.
    """
    from accelerate import Accelerator
    from accelerate.utils import set_seed

    # accelerate says at every checkpoint that a tied head is stored once; that is as it should be.
    logging.getLogger("accelerate").setLevel(logging.ERROR)
    set_seed(settings.seed)
    accelerator = Accelerator()
    language_model = load_language_model(task.model)
    original, tokenizer = language_model.model, language_model.tokenizer
    check_disk(original, task.work)
    dtype = original.dtype
    # In float32 whatever is stored: alpha would multiply the rounding of bfloat16 logits.
    original.requires_grad_(False).float().to(accelerator.device)
    pad_id, device = tokenizer.pad_token_id, accelerator.device

    def encoded(records: Sequence[Record]) -> list[Example]:
        return [encode_record(record, tokenizer, task.encoding) for record in records]

    def measured(examples: Sequence[Example]) -> Level:
        return level(recall(logits_of(original), examples, pad_id, device))

    forget, retain = encoded(task.forget), encoded(task.retain)
    sample = shuffled(retain, settings.seed, 0)[: settings.retain_sample]
    target, start, kept = measured(encoded(task.holdout)), measured(forget), measured(sample)
    if start.distance(target) <= settings.tolerance:
        passes = (nothing_to_forget(start, kept),)
        save(accelerator, LanguageModel(original.to(dtype), tokenizer), task.out)
        remove(task.work, accelerator)
        return Outcome((), passes, target)

    end_id = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else -1
    bench = Workbench(accelerator, settings, pad_id, end_id)
    calibration = calibrated(bench, original, forget, target, task.work, progress=progress)
    lessons = Lessons(
        forget=forget,
        retain=retain,
        original=original,
        strengthened=calibration.strengthened.requires_grad_(False),
        alpha=calibration.alpha,
        target=target,
        retain_sample=sample,
        original_retain=kept,
    )
    student, done = distil(
        bench,
        trainable_copy(original),
        lessons,
        task.work / "checkpoints",
        progress,
    )
    save(accelerator, LanguageModel(student.to(dtype), tokenizer), task.out)
    remove(task.work, accelerator)
    return Outcome(calibration.steps, done, target)


def calibrated(
    bench: Workbench,
    original: Any,
    forget: Sequence[Example],
    target: Level,
    work: Path,
    *,
    progress: Progress,
) -> Calibration:
    """What an earlier, killed run of the same command had found, else a new calibration."""
    from safetensors.torch import load_file

    listing, weights = work / "calibration.json", work / "strengthened.safetensors"
    if listing.is_file():
        steps = tuple(
            CalibrationStep.model_validate(row) for row in json.loads(listing.read_text())
        )
        strengthened = trainable_copy(original)
        strengthened.load_state_dict(load_file(weights, device=str(bench.device)))
        alpha = next(one.alpha for one in steps if one.chosen)
        return Calibration(strengthened.eval(), alpha, steps)
    calibration = calibrate(bench, original, forget, target, progress)
    if bench.accelerator.is_main_process:
        keep_strengthened(calibration.strengthened, weights)
        rows = [one.model_dump() for one in calibration.steps]
        write_atomic(listing, json.dumps(rows).encode())
    bench.accelerator.wait_for_everyone()
    return calibration


def keep_strengthened(model: Any, path: Path) -> None:
    """For a killed run to go on with; raises BadInput when the disk is full."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    state = {key: value.contiguous().clone() for key, value in model.state_dict().items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(state, path)
    except (OSError, SafetensorError) as error:
        raise BadInput(
            f"the strengthened model cannot be written: {error}",
            where=path.parent,
            fix="Free some disk space, then run the same command again.",
        ) from error


def nothing_to_forget(start: Level, kept: Level) -> TrainingPass:
    """Pass 0: the model never knew more of these records than of records it did not see."""
    return TrainingPass(
        number=0,
        loss=0.0,
        forget_exact_memorization=start.exact_memorization,
        forget_extraction_strength=start.extraction_strength,
        forget_probability=start.probability,
        retain_exact_memorization=kept.exact_memorization,
        state=f"{INSIDE} before any training",
    )


def save(accelerator: Any, language_model: LanguageModel, folder: Path) -> None:
    """Written by the main process only; the others wait."""
    if accelerator.is_main_process:
        save_language_model(language_model, folder)
    accelerator.wait_for_everyone()


def remove(work: Path, accelerator: Any) -> None:
    """Delete checkpoints and strengthened model. Raises BadInput when they cannot be deleted."""
    if not accelerator.is_main_process or not work.exists():
        return
    try:
        shutil.rmtree(work)
    except OSError as error:
        raise BadInput(
            f"the strengthened model, which recites the forget set, cannot be deleted: {error}",
            where=work,
            fix="Delete this folder by hand.",
        ) from error


def check_disk(model: Any, folder: Path) -> None:
    """Raise BadInput before hours of work when checkpoints cannot fit.

    Student, two moments, strengthened model and result, in float32: 5 x 4 bytes a weight.
    """
    needed = 20 * sum(parameter.numel() for parameter in model.parameters())
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BadInput(
            f"checkpoints need {needed / 2**30:.1f} GiB of disk, {free / 2**30:.1f} are free",
            where=folder,
            fix="Free some disk space or choose a workspace on another disk.",
        )

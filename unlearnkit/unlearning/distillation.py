"""Distil the teacher into the student with reverse KL, pass by pass, until the holdout's level.

A pass goes once over the forget set; each step adds retain records on which the student is held
near the original. After each pass the student is measured and saved, so a killed run goes on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unlearnkit.artefacts import write_atomic
from unlearnkit.domain import Progress, TrainingPass
from unlearnkit.errors import BadInput
from unlearnkit.language_model.recall import Level, level, logits_of, recall
from unlearnkit.language_model.tokens import Example, collate
from unlearnkit.unlearning.objective import predicting, retain_kl, reverse_kl
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.steps import Workbench, chunks, shuffled, step
from unlearnkit.unlearning.teacher import spare_ends, teacher_logits

if TYPE_CHECKING:
    from torch import Tensor

INSIDE = "inside the band"
STILL = "still recalls"
OVER = "over-unlearned"
UNRECOVERED = "inside the band, retain not recovered"


@dataclass(frozen=True, slots=True)
class Lessons:
    """What is distilled: examples, the frozen models, the levels to reach and to keep."""

    forget: Sequence[Example]
    retain: Sequence[Example]
    original: Any
    strengthened: Any
    alpha: float
    target: Level
    retain_sample: Sequence[Example]
    """The retain records that are measured, before and after each pass."""
    original_retain: Level
    """The original's level on that sample."""


def judge_pass(forget: Level, retain: Level, lessons: Lessons, settings: Settings) -> str:
    """Where the student stands: the stop rule looks at both sides of the band, and at retain.

    Below the band on any of the three figures is over-unlearned: such a hole points at the person.
    """
    if lessons.target.above(forget) > settings.tolerance:
        return OVER
    if forget.distance(lessons.target) > settings.tolerance:
        return STILL
    lost = lessons.original_retain.exact_memorization - retain.exact_memorization
    return UNRECOVERED if lost > settings.retain_tolerance else INSIDE


def step_loss(
    student: Any,
    lessons: Lessons,
    forget: Sequence[Example],
    retain: Sequence[Example],
    bench: Workbench,
) -> Tensor:
    """Reverse KL to the teacher on the forget rows plus the weighted retain KL, in nats a token.

    One forward pass of the student serves both: forget rows first, retain rows after them.
    """
    import torch

    batch = collate([*forget, *retain], bench.pad_id).to(bench.device)
    rows = len(forget)
    with torch.no_grad():
        original = logits_of(lessons.original)(batch)
        strengthened = lessons.strengthened(
            input_ids=batch.input_ids[:rows], attention_mask=batch.attention_mask[:rows]
        ).logits
        raw = teacher_logits(original[:rows], strengthened, lessons.alpha)
        target = spare_ends(raw, original[:rows], batch.labels[:rows], bench.end_id)
    logits = logits_of(student)(batch)
    labels = batch.labels
    forgetting = reverse_kl(
        predicting(logits[:rows], labels[:rows]), predicting(target, labels[:rows])
    )
    if not retain or bench.settings.retain_weight == 0:
        return forgetting
    keeping = retain_kl(
        predicting(logits[rows:], labels[rows:]), predicting(original[rows:], labels[rows:])
    )
    return forgetting + bench.settings.retain_weight * keeping


def one_pass(
    bench: Workbench, student: Any, optimizer: Any, lessons: Lessons, number: int
) -> float:
    """Every forget record once, in an order of (seed, pass). Returns the mean loss."""
    settings, split = bench.settings, bench.accelerator.split_between_processes
    student.train()
    losses = []
    retained = shuffled(lessons.retain, settings.seed + 1, number)
    for turn, rows in enumerate(
        chunks(shuffled(lessons.forget, settings.seed, number), settings.batch_size)
    ):
        wanted = min(len(rows) * settings.retain_ratio, len(retained))
        beside = [retained[(turn * wanted + at) % len(retained)] for at in range(wanted)]
        with (
            split(rows, apply_padding=True) as mine,
            split(beside, apply_padding=True) as kept,
        ):
            loss = step_loss(student, lessons, mine, kept, bench)
        losses.append(step(bench, student, optimizer, loss, f"pass {number}"))
    student.eval()
    return sum(losses) / len(losses)


def distil(
    bench: Workbench,
    student: Any,
    lessons: Lessons,
    checkpoints: Path,
    progress: Progress,
) -> tuple[Any, tuple[TrainingPass, ...]]:
    """The student and its passes; stops inside the band, below it, or after max_passes.

    Goes on from the last finished pass in `checkpoints`. Raises TrainingFailed on a NaN loss.
    """
    import torch

    settings, accelerator = bench.settings, bench.accelerator
    optimizer = torch.optim.AdamW(student.parameters(), lr=settings.learning_rate, weight_decay=0.0)
    student, optimizer = accelerator.prepare(student, optimizer)
    passes = resume(accelerator, checkpoints)
    while not passes or (
        passes[-1].state in (STILL, UNRECOVERED) and passes[-1].number < settings.max_passes
    ):
        number = len(passes) + 1
        progress("distilling (pass)", number, settings.max_passes)
        loss = one_pass(bench, student, optimizer, lessons, number)
        bare = logits_of(accelerator.unwrap_model(student))
        forget = level(recall(bare, lessons.forget, bench.pad_id, bench.device))
        retain = level(recall(bare, lessons.retain_sample, bench.pad_id, bench.device))
        passes.append(
            TrainingPass(
                number=number,
                loss=loss,
                forget_exact_memorization=forget.exact_memorization,
                forget_extraction_strength=forget.extraction_strength,
                forget_probability=forget.probability,
                retain_exact_memorization=retain.exact_memorization,
                state=judge_pass(forget, retain, lessons, settings),
            )
        )
        save_checkpoint(accelerator, checkpoints, passes)
    progress("distilling (pass)", settings.max_passes, settings.max_passes)
    return accelerator.unwrap_model(student), tuple(passes)


def save_checkpoint(accelerator: Any, folder: Path, passes: Sequence[TrainingPass]) -> None:
    """Student, optimiser and random states (accelerate's own format), then the list of passes.

    passes.json names the folder that counts and is written last; older folders go afterwards.
    """
    name = f"pass-{len(passes):03d}"
    try:
        accelerator.save_state(str(folder / name))
    except (OSError, RuntimeError) as error:
        raise BadInput(
            f"the checkpoint cannot be written: {error}",
            where=folder,
            fix="Free some disk space, then run the same command again: it goes on from here.",
        ) from error
    if accelerator.is_main_process:
        rows = [one.model_dump() for one in passes]
        write_atomic(folder / "passes.json", json.dumps({"folder": name, "passes": rows}).encode())
        for old in folder.glob("pass-*"):
            if old.name != name:
                shutil.rmtree(old)
    accelerator.wait_for_everyone()


def resume(accelerator: Any, folder: Path) -> list[TrainingPass]:
    """Load the last finished pass, if there is one; the passes done so far."""
    listing = folder / "passes.json"
    if not listing.is_file():
        return []
    stored = json.loads(listing.read_text())
    accelerator.load_state(str(folder / stored["folder"]))
    return [TrainingPass.model_validate(row) for row in stored["passes"]]

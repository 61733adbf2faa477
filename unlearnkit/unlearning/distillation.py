"""Train the student pass by pass until it does on the forget set as on records it never saw.

A pass goes once over the forget set; each step adds retain records on which the student is held
near the original. After each pass the student is measured and saved, so a killed run goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unlearnkit.domain import Passed, Progress, TrainingPass, unheard
from unlearnkit.errors import TrainingFailed
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.recall import Level, level, recall
from unlearnkit.language_model.tokens import Example, collate, counted_labels
from unlearnkit.unlearning.calibration import Strengthened
from unlearnkit.unlearning.checkpoints import resume, save_checkpoint
from unlearnkit.unlearning.objectives import Lesson, objective, retain_term, retain_weight
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.states import States
from unlearnkit.unlearning.steps import Workbench, adamw, chunks, pieces, shuffled, step
from unlearnkit.unlearning.teacher import TeacherRule

if TYPE_CHECKING:
    from torch import Tensor

INSIDE = "inside the band"
STILL = "still recalls"
OVER = "over-unlearned"
UNRECOVERED = "inside the band, retain not recovered"
EXPLODED = 10.0
"""A pass whose loss is this many times the first one's has left the road."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Examples with the states of the frozen models on them."""

    examples: Sequence[Example]
    original: States
    strengthened: Strengthened | None = None


@dataclass(frozen=True, slots=True)
class Lessons:
    """What is distilled: examples and states, the levels to reach and to keep."""

    forget: Shelf
    retain: Shelf
    holdout: Sequence[Example]
    """Records that the model never saw; measured, never trained on."""
    retain_sample: Sequence[Example]
    """The retain records that are measured, before and after each pass."""
    head: Head
    rule: TeacherRule | None
    """How the chosen teacher is made; None where the objective needs none."""
    first_retain: Level
    """The original's level on the retain sample, or that of the first model of its line."""
    rest: Mapping[int, int] = field(default_factory=dict)
    """Place of a forget example that is part of a record -> place of that record's rest among the
    retain examples."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The student's levels after a pass."""

    forget: Level
    retain: Level
    holdout: Level

    @property
    def is_finite(self) -> bool:
        """Whether every record that was measured has a loss that is a number."""
        return all(math.isfinite(one.loss) for one in (self.forget, self.retain, self.holdout))


def judge_pass(student: Standing, first_retain: Level, settings: Settings) -> str:
    """Where the student stands: the stop rule looks at both sides of the band, and at retain.

    The band lies around the student's own level on never-seen records: they move a little with the
    training, and an auditor has no other model to compare with. Below the band on any figure is
    over-unlearned: such a hole points at the person.
    """
    if student.holdout.above(student.forget) > settings.tolerance:
        return OVER
    if student.forget.distance(student.holdout) > settings.tolerance:
        return STILL
    lost = first_retain.exact_memorization - student.retain.exact_memorization
    weaker = first_retain.extraction_strength - student.retain.extraction_strength
    kept = lost <= settings.retain_tolerance and weaker <= settings.retain_strength_tolerance
    return INSIDE if kept else UNRECOVERED


def lesson_of(
    bench: Workbench, lessons: Lessons, shelf: Shelf, mine: Sequence[int], step_rows: Sequence[int]
) -> tuple[Lesson, list[Example]]:
    """The lesson of the rows that are computed here, weighted as parts of all the step's rows."""
    import torch

    # Without a row in this piece one is computed for nothing: other processes have some, or it has
    # rows of the other shelf.
    rows, counts = (mine, 1) if mine else (step_rows[:1], 0)
    positions = sum(shelf.examples[one].counted for one in step_rows)
    share, each = (bench.processes * counts / whole for whole in (positions, len(step_rows)))
    examples = [shelf.examples[one] for one in rows]
    labels = counted_labels(examples).to(bench.device)
    stronger = shelf.strengthened
    lengths = torch.tensor([one.counted for one in examples], device=bench.device)
    lesson = Lesson(
        labels=labels,
        lengths=lengths,
        weights=torch.full((len(labels),), share, device=bench.device),
        shares=torch.full((len(rows),), each, device=bench.device),
        head=lessons.head,
        original=shelf.original.of(rows, bench.device),
        strengthened_head=stronger.head if stronger else None,
        strengthened=stronger.states.of(rows, bench.device) if stronger else None,
        rule=lessons.rule,
        depths=stronger.depths_of(rows, bench.device) if stronger else None,
    )
    return lesson, examples


def piece_loss(
    student: Any, bench: Workbench, forget: tuple[Lesson, list[Example]], retain: Any
) -> Tensor:
    """The objective on the forget rows plus the weighted retain term, in nats a token.

    One forward pass of the student serves both: forget rows first, retain rows after them.
    """
    settings = bench.settings
    chosen, keep = objective(settings.objective), retain_term(settings)
    lesson, rows = forget
    batch = collate([*rows, *(retain[1] if retain else [])], bench.pad_id).to(bench.device)
    count = len(lesson.labels)

    def loss(hidden: Tensor, head: Head) -> Tensor:
        forgetting = chosen.term(hidden[:count], head, lesson, settings)
        if not retain or keep is None:
            return forgetting
        return forgetting + retain_weight(settings) * keep(
            hidden[count:], head, retain[0], settings
        )

    found: Tensor = student(batch, loss)
    return found


def steps_of(
    forget: Sequence[int], retain: Sequence[int], settings: Settings
) -> Iterator[tuple[Sequence[int], list[int]]]:
    """The forget rows of each step with the retain rows beside them, `retain_ratio` to one.

    A retain row comes again only after all have come, in a shorter last step too.
    """
    waiting = cycle(retain)
    for rows in chunks(forget, settings.batch_size):
        yield rows, list(islice(waiting, min(len(rows) * settings.retain_ratio, len(retain))))


def one_pass(
    bench: Workbench, student: Any, optimizer: Any, lessons: Lessons, number: int
) -> float:
    """Every forget record once, in an order of (seed, pass). Returns the mean loss.

    Beside a part of a record stands the rest of it, beyond the retain records that are drawn.
    """
    settings, losses = bench.settings, []
    order = shuffled(range(len(lessons.forget.examples)), settings.seed, number)
    drawn = len(lessons.retain.examples) - len(lessons.rest)
    retained = shuffled(range(drawn), settings.seed + 1, number)
    student.train()
    for rows, kept_beside in steps_of(order, retained, settings):
        beside = [*kept_beside, *(lessons.rest[one] for one in rows if one in lessons.rest)]

        def loss_of(
            mine: Sequence[int], kept: Sequence[int], rows: Any = rows, beside: Any = beside
        ) -> Tensor:
            forget = lesson_of(bench, lessons, lessons.forget, mine, rows)
            retain = lesson_of(bench, lessons, lessons.retain, kept, beside) if beside else None
            return piece_loss(student, bench, forget, retain)

        parts = [partial(loss_of, mine, kept) for mine, kept in pieces(bench, rows, beside)]
        losses.append(step(bench, student, optimizer, parts, f"pass {number}"))
    student.eval()
    return sum(losses) / len(losses)


def goes_on(passes: Sequence[TrainingPass], settings: Settings) -> bool:
    """Whether another pass is due: until the stop rule says so, or after all passes without it."""
    if not passes:
        return True
    stopped = settings.early_stop and passes[-1].state not in (STILL, UNRECOVERED)
    return not stopped and passes[-1].number < settings.max_passes


def exploded(passes: Sequence[TrainingPass], loss: float) -> bool:
    """Whether a pass's loss has left the road that the first one was on."""
    return bool(passes) and abs(loss) > EXPLODED * max(abs(passes[0].loss), 1.0)


def distil(
    bench: Workbench,
    model: Any,
    lessons: Lessons,
    checkpoints: Path,
    progress: Progress,
    *,
    passed: Passed = unheard,
) -> tuple[TrainingPass, ...]:
    """The passes in which `model`, the original, becomes the student; each is told to `passed`.

    They end inside the band, below it, or after max_passes; without `early_stop` only then.
    Goes on from the last finished pass in `checkpoints`. Raises TrainingFailed when the loss is
    not finite, or explodes under `early_stop`; the last finished pass is kept.
    """
    from unlearnkit.language_model.headed import Headed

    settings, accelerator = bench.settings, bench.accelerator
    student = Headed(model)
    student, optimizer = accelerator.prepare(student, adamw(student, settings.learning_rate))
    passes = resume(bench, checkpoints, TrainingPass)
    while goes_on(passes, settings):
        number = len(passes) + 1
        progress("distilling (pass)", number, settings.max_passes)
        loss = one_pass(bench, student, optimizer, lessons, number)
        if settings.early_stop and exploded(passes, loss):
            raise TrainingFailed(
                f"the loss went from {passes[0].loss:.3g} to {loss:.3g} in pass {number}",
                fix="Lower --learning-rate; the last finished pass is kept.",
            )
        passes.append(measured(bench, student, lessons, number, loss))
        save_checkpoint(bench, checkpoints, passes)
        passed(passes[-1])
    progress("distilling (pass)", settings.max_passes, settings.max_passes)
    return tuple(passes)


def measured(
    bench: Workbench, student: Any, lessons: Lessons, number: int, loss: float
) -> TrainingPass:
    """The student after a pass, on forget, holdout and retain records.

    Raises TrainingFailed where its losses are not finite.
    """

    def level_on(examples: Sequence[Example]) -> Level:
        return level(recall(student, examples, bench.pad_id, bench.device))

    standing = Standing(
        level_on(lessons.forget.examples),
        level_on(lessons.retain_sample),
        level_on(lessons.holdout),
    )
    if not standing.is_finite:
        raise TrainingFailed(
            f"after pass {number} the model's losses are not finite",
            fix="Lower --learning-rate; the last finished pass is kept.",
        )
    return training_pass(
        number, loss, standing, judge_pass(standing, lessons.first_retain, bench.settings)
    )


def training_pass(number: int, loss: float, standing: Standing, state: str) -> TrainingPass:
    """The figures of a pass as the run records them."""
    return TrainingPass(
        number=number,
        loss=loss,
        forget_exact_memorization=standing.forget.exact_memorization,
        forget_extraction_strength=standing.forget.extraction_strength,
        forget_probability=standing.forget.probability,
        forget_loss=standing.forget.loss,
        holdout_exact_memorization=standing.holdout.exact_memorization,
        holdout_extraction_strength=standing.holdout.extraction_strength,
        holdout_probability=standing.holdout.probability,
        holdout_loss=standing.holdout.loss,
        retain_exact_memorization=standing.retain.exact_memorization,
        retain_extraction_strength=standing.retain.extraction_strength,
        state=state,
    )

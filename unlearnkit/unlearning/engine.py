"""RKLU from a model folder to a model folder: level to reach, teacher, student.

`unlearn_prepared` reads top to bottom as the method does (docs/method.md). One model is in memory
at a time: what the others know is kept as final hidden states in the run's work folder. That folder
is deleted as soon as the student is saved, for the strengthened model recites the forget set better
than the original does.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from unlearnkit.domain import CalibrationStep, Passed, Progress, TrainingPass, silent, unheard
from unlearnkit.errors import BadInput
from unlearnkit.language_model.adapters import check_extendable
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.generation import ending
from unlearnkit.language_model.recall import Level
from unlearnkit.unlearning.calibration import ForgetStates, Strengthened, rule_of
from unlearnkit.unlearning.distillation import INSIDE, Lessons, Shelf, distil, training_pass
from unlearnkit.unlearning.lineage import Lineage
from unlearnkit.unlearning.material import Material, Task, encoded
from unlearnkit.unlearning.models import (
    Original,
    Trainable,
    check_disk,
    check_launcher,
    renew,
    save,
    trainable,
)
from unlearnkit.unlearning.objectives import objective
from unlearnkit.unlearning.original import Known, Start, measured_start, original_states
from unlearnkit.unlearning.retained import Drawn
from unlearnkit.unlearning.search import search
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.states import kept_bytes
from unlearnkit.unlearning.steps import Workbench
from unlearnkit.unlearning.work import CHECKPOINTS, begin, remove


@dataclass(frozen=True, slots=True)
class Unlearned:
    """What happened: the search for a teacher, the passes, the level that was aimed at."""

    calibration: tuple[CalibrationStep, ...]
    passes: tuple[TrainingPass, ...]
    target: Level
    lineage: Lineage
    """For the next run; the new model has to carry it."""
    retained: Drawn
    """Retained records that training drew on."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run before anything is measured: its tools, its records as tokens, its model."""

    task: Task
    bench: Workbench
    material: Material
    original: Original
    model: Trainable
    """The original; training changes it, and `renew` puts the original in its place again."""

    @property
    def language_model(self) -> LanguageModel:
        """The original, to measure something else of it before it is unlearned."""
        return replace(self.original.language_model, model=self.model.inner)


@dataclass(frozen=True, slots=True)
class Teacher:
    """Everything tried in the search, and what the chosen teacher is made of."""

    tried: tuple[CalibrationStep, ...] = ()
    strengthened: Strengthened | None = None
    """None where the objective needs no teacher."""


def unlearn(
    task: Task, settings: Settings, progress: Progress = silent, passed: Passed = unheard
) -> Unlearned:
    """Write the unlearned model to task.out; the same call goes on where an earlier one was killed.

    Raises what `prepare` and `unlearn_prepared` raise.
    """
    return unlearn_prepared(prepare(task, settings, progress), progress, passed)


def unlearn_prepared(
    run: Prepared, progress: Progress = silent, passed: Passed = unheard
) -> Unlearned:
    """Make the prepared model the unlearned one, and write it.

    Raises BadInput (model, disk), TeacherNotReady, TrainingFailed.
    """
    task, bench, model, settings = run.task, run.bench, run.model, run.bench.settings
    start = measure_original(run)
    now, teacher = start.levels, Teacher()
    lineage = task.lineage.next() if task.lineage else Lineage(runs=1, retain_level=now.retain)
    if now.forget.distance(now.holdout) <= settings.tolerance:
        untouched = training_pass(0, 0.0, now, f"{INSIDE} before any training")
        passes: tuple[TrainingPass, ...] = (untouched,)
    else:
        known = original_states(bench, model.inner, run.material, task.work, progress)
        teacher = find_teacher(run, start, known, progress)
        lessons = lessons_of(run, known, teacher, lineage)
        renew(model, bench, task.model)
        folder = task.work / CHECKPOINTS
        passes = distil(bench, model.inner, lessons, folder, progress, passed=passed)
    save(bench, run.original, model, task.out)
    remove(task.work, bench.accelerator)
    return Unlearned(teacher.tried, passes, now.holdout, lineage, run.material.drawn)


def prepare(task: Task, settings: Settings, progress: Progress = silent) -> Prepared:
    """Load the model, encode the records, make the work folder.

    Raises BadInput where launcher, model, a record or the disk rules the run out.
    """
    from accelerate import Accelerator

    from unlearnkit.language_model.headed import Headed

    # accelerate says at every checkpoint that a tied head is stored once; that is as it should be.
    logging.getLogger("accelerate").setLevel(logging.ERROR)
    accelerator = Accelerator(gradient_accumulation_steps=settings.accumulation_steps)
    check_launcher(accelerator)
    loaded = load_language_model(task.model)
    if settings.as_adapter:
        check_extendable(loaded)
    pad_id, ends = loaded.tokenizer.pad_token_id, tuple(ending(loaded))
    bench = Workbench(accelerator, settings, pad_id, ends, task.key)
    material = encoded(task, loaded.tokenizer, settings)
    original = Original(replace(loaded, model=None), loaded.model.dtype)
    model = trainable(loaded.model, bench)
    begin(task.work, accelerator, progress)
    states = kept_bytes(
        material.forget,
        material.pool,
        Headed(model.inner).width(),
        strengthened=objective(settings.objective).needs_teacher,
    )
    check_disk(model.whole, task.work, states)
    return Prepared(task, bench, material, original, model)


def measure_original(run: Prepared) -> Start:
    """Where the original stands. Raises BadInput where its losses are not finite."""
    start = measured_start(run.bench, run.model.inner, run.material, run.task.work)
    if not start.levels.is_finite:
        raise BadInput(
            "the model's losses on the records are not finite numbers",
            where=run.task.model,
            fix="Its weights are broken, or too large for the precision they are stored in.",
        )
    return start


def find_teacher(run: Prepared, start: Start, known: Known, progress: Progress) -> Teacher:
    """The teacher at the level to reach, if the objective needs one. Raises TeacherNotReady.

    The run's model is afterwards the strengthened one.
    """
    import torch

    if not objective(run.bench.settings.objective).needs_teacher:
        return Teacher()
    forget = ForgetStates(
        run.material.forget,
        known.forget,
        known.head,
        start.levels.holdout,
        unseen=torch.tensor(start.unseen),
    )
    return Teacher(*search(run.bench, run.model, forget, run.task, progress))


def lessons_of(run: Prepared, known: Known, teacher: Teacher, lineage: Lineage) -> Lessons:
    """What is distilled, put together."""
    material = run.material
    return Lessons(
        forget=Shelf(material.forget, known.forget, teacher.strengthened),
        retain=Shelf(material.pool, known.pool),
        rest=material.rest,
        holdout=material.holdout,
        retain_sample=material.sample,
        head=known.head,
        rule=next((rule_of(run.bench, one) for one in teacher.tried if one.chosen), None),
        first_retain=lineage.retain_level,
    )

"""RKLU from a model folder to a model folder: level to reach, teacher, student.

`unlearn` reads top to bottom as the method does (docs/method.md). One model is in memory at a time:
what the others know is kept as final hidden states in the run's work folder. That folder is deleted
as soon as the student is saved, for the strengthened model recites the forget set better than the
original does.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import write_atomic
from unlearnkit.domain import (
    CalibrationStep,
    Passed,
    Progress,
    Record,
    TrainingPass,
    silent,
    unheard,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.adapters import check_extendable
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.generation import ending
from unlearnkit.language_model.head import load_head, save_head
from unlearnkit.language_model.recall import (
    Level,
    columns,
    level,
    recall,
    recall_of,
    token_figures,
)
from unlearnkit.language_model.tokens import Encoding, Example, encode_record
from unlearnkit.unlearning.calibration import (
    STRENGTHENED,
    ForgetStates,
    Strengthened,
    calibrate,
    checkpoints_at,
    rule_of,
    with_depths,
)
from unlearnkit.unlearning.depths import missed
from unlearnkit.unlearning.distillation import (
    INSIDE,
    Lessons,
    Shelf,
    Standing,
    distil,
    training_pass,
)
from unlearnkit.unlearning.lineage import Lineage
from unlearnkit.unlearning.models import (
    Original,
    Trainable,
    check_disk,
    check_launcher,
    renew,
    save,
    trainable,
)
from unlearnkit.unlearning.objectives import objective, retain_term
from unlearnkit.unlearning.refusal import refused
from unlearnkit.unlearning.retained import Drawn, draw
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.states import States, keep_states, kept_bytes, open_states
from unlearnkit.unlearning.steps import Workbench, are_there, shuffled
from unlearnkit.unlearning.work import CALIBRATION, CHECKPOINTS, begin, remove


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
    """Folder for checkpoints and hidden states, encrypted; deleted at the end."""
    key: bytes = field(repr=False)
    """What they are encrypted with, 32 bytes: the same for a run that goes on."""
    lineage: Lineage | None = None
    """Where the model has unlearned before: how its line began."""
    rest: Mapping[str, Record] = field(default_factory=dict)
    """Id of a record that is forgotten in part -> what is kept of it."""


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
class Material:
    """The records as tokens."""

    forget: Sequence[Example]
    drawn: Drawn
    """Retain records that training draws on."""
    pool: Sequence[Example]
    """The same as tokens, and behind them what is kept of records that are forgotten in part."""
    rest: Mapping[int, int]
    """Place of such a record in `forget` -> place of its rest in `pool`."""
    sample: Sequence[Example]
    """Retain records that are measured."""
    holdout: Sequence[Example]


def unlearn(
    task: Task, settings: Settings, progress: Progress = silent, passed: Passed = unheard
) -> Unlearned:
    """Write the unlearned model to task.out; the same call goes on where an earlier one was killed.

    Raises BadInput (model, disk), TeacherNotReady, TrainingFailed.
    """
    import torch
    from accelerate import Accelerator

    from unlearnkit.language_model.headed import Headed

    # accelerate says at every checkpoint that a tied head is stored once; that is as it should be.
    logging.getLogger("accelerate").setLevel(logging.ERROR)
    accelerator = Accelerator(gradient_accumulation_steps=settings.accumulation_steps)
    check_launcher(accelerator)
    loaded = load_language_model(task.model)
    if settings.as_adapter:
        check_extendable(loaded)
    tokenizer = loaded.tokenizer
    bench = Workbench(
        accelerator, settings, tokenizer.pad_token_id, tuple(ending(loaded)), task.key
    )
    material = encoded(task, tokenizer, settings)
    original = Original(replace(loaded, model=None), loaded.model.dtype)

    model = trainable(loaded.model, bench)
    del loaded
    begin(task.work, accelerator, progress)
    teacher = objective(settings.objective).needs_teacher
    width = Headed(model.inner).width()
    check_disk(
        model.whole,
        task.work,
        kept_bytes(material.forget, material.pool, width, strengthened=teacher),
    )
    start = measured_start(bench, model.inner, material, task.work)
    now = start.levels
    if not now.is_finite:
        raise BadInput(
            "the model's losses on the records are not finite numbers",
            where=task.model,
            fix="Its weights are broken, or too large for the precision they are stored in.",
        )
    lineage = task.lineage.next() if task.lineage else Lineage(runs=1, retain_level=now.retain)
    if now.forget.distance(now.holdout) <= settings.tolerance:
        untouched = training_pass(0, 0.0, now, f"{INSIDE} before any training")
        save(bench, original, model, task.out)
        remove(task.work, accelerator)
        return Unlearned((), (untouched,), now.holdout, lineage, material.drawn)

    known, kept = original_states(bench, model.inner, material, task.work, progress)
    head = Headed(model.inner).head().frozen()
    forget = ForgetStates(
        material.forget, known, head, now.holdout, unseen=torch.tensor(start.unseen)
    )
    steps, stronger = search(bench, model, forget, task, progress) if teacher else ((), None)

    renew(model, bench, task.model)
    lessons = Lessons(
        forget=Shelf(material.forget, known, stronger),
        retain=Shelf(material.pool, kept),
        rest=material.rest,
        holdout=material.holdout,
        retain_sample=material.sample,
        head=head,
        rule=next((rule_of(bench, one) for one in steps if one.chosen), None),
        first_retain=lineage.retain_level,
    )
    passes = distil(bench, model.inner, lessons, task.work / CHECKPOINTS, progress, passed=passed)
    save(bench, original, model, task.out)
    remove(task.work, accelerator)
    return Unlearned(steps, passes, now.holdout, lineage, material.drawn)


def encoded(task: Task, tokenizer: Any, settings: Settings) -> Material:
    """Tokens of every record that is trained on or measured; of many retained ones, a sample.

    What is kept of a record that is forgotten in part is always in the pool, where there is one.
    """
    beside = settings.retain_ratio if retain_term(settings) else 0
    size = min(settings.retain_pool, len(task.forget) * beside * settings.max_passes)
    drawn = draw(task.forget, task.retain, size, settings.retain_matched, settings.seed + 1)

    def examples(records: Sequence[Record]) -> list[Example]:
        return [encode_record(record, tokenizer, task.encoding) for record in records]

    parted = [at for at, one in enumerate(task.forget) if beside and one.id in task.rest]
    return Material(
        forget=examples(task.forget),
        drawn=drawn,
        pool=examples([*drawn.records, *(task.rest[task.forget[at].id] for at in parted)]),
        rest={at: len(drawn.records) + number for number, at in enumerate(parted)},
        sample=examples(shuffled(task.retain, settings.seed, 0)[: settings.retain_sample]),
        holdout=examples(task.holdout),
    )


@dataclass(frozen=True, slots=True)
class Start:
    """The original's levels, and how deep its holdout tokens lie that are not its first choice."""

    levels: Standing
    unseen: tuple[float, ...]
    """Losses in nats (`depths.missed`)."""


def measured_start(bench: Workbench, model: Any, material: Material, work: Path) -> Start:
    """What is known of the original; from an earlier, killed run of the same command if any.

    In the precision that the student is measured in after each pass: the two are compared.
    """
    from unlearnkit.language_model.headed import Headed

    file = work / "start.json"
    if are_there(bench, file):
        stored = json.loads(file.read_text())
        levels = {name: Level(**figures) for name, figures in stored["levels"].items()}
        return Start(Standing(**levels), tuple(stored["unseen"]))
    headed = Headed(model)

    def level_on(examples: Sequence[Example]) -> Level:
        return level(recall(headed, examples, bench.pad_id, bench.device))

    with bench.accelerator.autocast():
        unseen = columns(headed, material.holdout, bench.pad_id, bench.device, token_figures)
        standing = Standing(
            forget=level_on(material.forget),
            retain=level_on(material.sample),
            holdout=level([recall_of(*one) for one in unseen]),
        )
    hits, losses = ([*chain.from_iterable(column)] for column in zip(*unseen, strict=True))
    deep = missed(material.holdout, hits, losses, bench.end_ids)
    start = Start(standing, tuple(deep.tolist()))
    if bench.accelerator.is_main_process:
        write_atomic(file, json.dumps(asdict(start)).encode())
    bench.accelerator.wait_for_everyone()
    return start


def original_states(
    bench: Workbench, model: Any, material: Material, work: Path, progress: Progress
) -> tuple[States, States]:
    """The original's final hidden states on the forget set and on the retain pool."""
    from unlearnkit.language_model.headed import Headed

    found = []
    for done, (name, examples) in enumerate(
        (("original-forget.states", material.forget), ("original-retain.states", material.pool))
    ):
        progress("reading the original's states", done, 2)
        there = are_there(bench, work / name)
        found.append(
            open_states(work / name, examples, bench.key)
            if there
            else keep_states(bench, Headed(model), examples, work / name)
        )
    progress("reading the original's states", 2, 2)
    return found[0], found[1]


def search(
    bench: Workbench, model: Trainable, forget: ForgetStates, task: Task, progress: Progress
) -> tuple[tuple[CalibrationStep, ...], Strengthened]:
    """Every teacher tried, rate by rate until one fits, and what that one is made of.

    Raises TeacherNotReady where none fits.
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

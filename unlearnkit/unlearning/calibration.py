"""Find a teacher that has forgotten, before anything is distilled.

The strengthened model is trained further, epoch by epoch, on the forget set. At each of the
settings' epochs the teachers of a grid of alphas are measured on the forget set; the first epoch
with a teacher inside the holdout's band is taken (fewer epochs are cheaper, and disturb less).
With a fixed alpha nothing is searched: its teacher is measured, recorded and taken as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unlearnkit.domain import CalibrationStep, Progress
from unlearnkit.language_model.head import Head, parts, rise
from unlearnkit.language_model.recall import Level, by_record, figures_at, level
from unlearnkit.language_model.tokens import Example, collate, counted_labels
from unlearnkit.unlearning.alphas import first_choices_off, search_alpha
from unlearnkit.unlearning.checkpoints import resume, save_checkpoint
from unlearnkit.unlearning.depths import label_depths
from unlearnkit.unlearning.losses import negative_log_likelihood
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.states import States, keep_states
from unlearnkit.unlearning.steps import Workbench, adamw, chunks, pieces, shuffled, step
from unlearnkit.unlearning.teacher import TeacherRule

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Strengthened:
    """What is kept of the strengthened model, and how deep the chosen teacher puts the labels."""

    rate: float
    """The learning rate it was trained with."""
    epochs: int
    states: States
    """On the forget set."""
    head: Head
    """The original's own where training did not touch it."""
    depths: Tensor | None = None
    """(positions,) of the forget set (`depths.py`)."""

    def depths_of(self, examples: Sequence[int], device: Any) -> Tensor | None:
        """The depths of these examples' labels one after another, (positions,)."""
        import torch

        if self.depths is None:
            return None
        starts = self.states.starts
        rows = [self.depths[starts[one] : starts[one + 1]] for one in examples]
        return torch.cat(rows).to(device)


@dataclass(frozen=True, slots=True)
class ForgetStates:
    """The forget examples, and what the original knows of them."""

    examples: Sequence[Example]
    original: States
    head: Head
    target: Level
    """The original's level on never-seen records: the one to reach."""
    unseen: Tensor
    """The losses of their tokens that the original does not put first (`depths.missed`)."""


def calibrate(
    bench: Workbench,
    model: Any,
    forget: ForgetStates,
    work: Path,
    progress: Progress,
    *,
    rate: float,
) -> tuple[tuple[CalibrationStep, ...], Strengthened | None]:
    """Everything tried at this learning rate, the chosen teacher marked, and what it is made of.

    None where none fits. `model` starts as the original and becomes the strengthened one. Goes on
    from the last epoch that was measured.
    """
    from unlearnkit.language_model.headed import Headed

    settings, checkpoints = bench.settings, checkpoints_at(rate, work)
    headed = Headed(model)
    headed, optimizer = bench.accelerator.prepare(headed, adamw(headed, rate))
    tried = resume(bench, checkpoints, CalibrationStep)
    epoch, last = max((one.strengthen_epochs for one in tried), default=0), settings.last_epoch
    again = "" if rate == settings.strengthen_rates[0] else f", at {rate:.2g}"
    stage = f"strengthening on the forget set{again}"
    for wanted in (one for one in settings.measured_epochs if one > epoch):
        while epoch < wanted:
            epoch += 1
            progress(stage, epoch, last)
            strengthen_epoch(bench, headed, optimizer, forget.examples, epoch)
        states = keep_states(bench, headed, forget.examples, work / STRENGTHENED)
        own = bench.accelerator.unwrap_model(headed).head()
        head = own.frozen() if own.trained else forget.head
        stronger = Strengthened(rate, epoch, states, head)
        results = best_teachers(bench, forget, stronger)
        tried += results
        best = next((one for one in results if taken(one, forget.target, settings)), None)
        if best is not None:
            progress(stage, last, last)
            bench.accelerator.free_memory(headed, optimizer)
            chosen = best.model_copy(update={"chosen": True})
            steps = tuple(chosen if one is best else one for one in tried)
            return steps, with_depths(bench, forget, stronger, chosen)
        save_checkpoint(bench, checkpoints, tried)
    # Else accelerate would store the strengthened model in the checkpoints of what is next.
    bench.accelerator.free_memory(headed, optimizer)
    return tuple(tried), None


STRENGTHENED = "strengthened-forget.states"


def checkpoints_at(rate: float, work: Path) -> Path:
    """Where strengthening at this learning rate keeps its checkpoints; no other goes on there."""
    return work / f"strengthening-{rate:g}"


def strengthen_epoch(
    bench: Workbench, headed: Any, optimizer: Any, examples: Sequence[Example], epoch: int
) -> None:
    """One epoch of plain fine-tuning on the forget set (next-token cross-entropy)."""
    headed.train()
    for rows in chunks(shuffled(examples, bench.settings.seed, epoch), bench.settings.batch_size):
        weight = bench.processes / sum(one.counted for one in rows)
        losses = [
            # Without a row in this piece one is computed for nothing: other processes have some.
            partial(cross_entropy, bench, headed, mine or rows[:1], weight * bool(mine))
            for (mine,) in pieces(bench, rows)
        ]
        step(bench, headed, optimizer, losses, f"strengthening, epoch {epoch}")
    headed.eval()


def cross_entropy(bench: Workbench, headed: Any, rows: Sequence[Example], weight: float) -> Tensor:
    """The rows' token losses summed, times `weight`."""
    import torch

    from unlearnkit.unlearning.chunked import weighted_loss

    batch = collate(rows, bench.pad_id).to(bench.device)
    labels = batch.counted_labels

    def loss(hidden: Tensor, head: Head) -> Tensor:
        return weighted_loss(
            hidden,
            head,
            torch.full((len(labels),), weight, device=hidden.device),
            lambda logits, part: negative_log_likelihood(logits, labels[part]),
        )

    found: Tensor = headed(batch, loss)
    return found


Figures = tuple[list[bool], list[float]]
"""Hits and losses of tokens."""


def teacher_figures(
    forget: ForgetStates,
    strengthened: Strengthened,
    rules: Sequence[TeacherRule],
    device: Any,
    depths: Tensor | None = None,
) -> list[Figures]:
    """Hits and losses of the forget set's labels under the teacher of each rule."""
    head, labels = forget.head, counted_labels(forget.examples)
    found: list[Figures] = [([], []) for _ in rules]
    vocabulary = head.vocabulary(forget.original.at(slice(0, 1), "cpu"))
    for part in parts(len(labels), vocabulary):
        below = forget.original.at(part, device)
        above = strengthened.states.at(part, device)
        original, label = head.logits(below), labels[part].to(device)
        raised = rise(head, below, strengthened.head, above, original)
        deep = None if depths is None else depths[part].to(device)
        for figures, rule in zip(found, rules, strict=True):
            more = figures_at(rule.logits(original, raised, label, deep), label)
            figures[0].extend(more[0])
            figures[1].extend(more[1])
    return found


def chosen_depths(
    bench: Workbench, forget: ForgetStates, strengthened: Strengthened, alpha: float
) -> Tensor | None:
    """How deep the labels lie that the teacher of this alpha pushes out of the first place.

    The paper's teacher ranks them: a floor would make many of them alike.
    """
    rule = TeacherRule(alpha, end_ids=bench.end_ids)
    [(hits, losses)] = teacher_figures(forget, strengthened, [rule], bench.device)
    labels = counted_labels(forget.examples)
    return label_depths(labels, hits, losses, forget.unseen, bench.end_ids)


def with_depths(
    bench: Workbench, forget: ForgetStates, strengthened: Strengthened, chosen: CalibrationStep
) -> Strengthened:
    """The strengthened model with the depths of the chosen teacher, where it has them."""
    if not chosen.depths:
        return strengthened
    depths = chosen_depths(bench, forget, strengthened, chosen.alpha)
    return replace(strengthened, depths=depths)


def rule_of(bench: Workbench, tried: CalibrationStep) -> TeacherRule:
    """How the teacher that was tried is made."""
    return TeacherRule(tried.alpha, bench.settings.teacher_depths, bench.end_ids)


def best_teachers(
    bench: Workbench, forget: ForgetStates, strengthened: Strengthened
) -> list[CalibrationStep]:
    """Teachers of one strengthened model, measured: one with depths first, then the nearest.

    First alpha, which decides what the teacher's first choices are; then, at the best alpha, how
    deep the others lie. Only the fixed alpha, without a search, where there is one.
    """
    settings, target = bench.settings, forget.target
    measured = partial(measured_teachers, bench, forget, strengthened)

    def off(tried: CalibrationStep) -> float:
        return first_choices_off(tried, target) if settings.teacher_depths else tried.distance

    if settings.fixed_alpha is not None:
        tried = measured([settings.fixed_alpha])
    else:
        last = strengthened.epochs == settings.last_epoch
        enough = settings.tolerance / 2 if last else math.inf
        tried = search_alpha(measured, off, settings.max_alpha, enough)
    if settings.teacher_depths:
        best = min(tried, key=off).alpha
        depths = chosen_depths(bench, forget, strengthened, best)
        tried += measured([best], depths=depths) if depths is not None else []
    return sorted(tried, key=lambda one: (not one.depths, one.distance))


def measured_teachers(
    bench: Workbench,
    forget: ForgetStates,
    strengthened: Strengthened,
    alphas: Sequence[float],
    *,
    depths: Tensor | None = None,
) -> list[CalibrationStep]:
    """The teacher of each alpha, in their order."""
    floor = bench.settings.teacher_depths
    rules = [TeacherRule(alpha, floor, bench.end_ids) for alpha in alphas]
    lengths = [one.counted for one in forget.examples]
    found = teacher_figures(forget, strengthened, rules, bench.device, depths)
    levels = [level(by_record(figures, lengths)) for figures in found]
    return [
        CalibrationStep(
            learning_rate=strengthened.rate,
            strengthen_epochs=strengthened.epochs,
            alpha=alpha,
            depths=depths is not None,
            exact_memorization=one.exact_memorization,
            extraction_strength=one.extraction_strength,
            probability=one.probability,
            loss=one.loss,
            distance=one.distance(forget.target),
        )
        for alpha, one in zip(alphas, levels, strict=True)
    ]


def fits(tried: CalibrationStep, target: Level, tolerance: float) -> bool:
    """Whether a teacher is good enough to distil.

    Inside the band on all figures, and within half of it on exact memorization: the student
    stays a little above its teacher and must still get inside.
    """
    off = abs(tried.exact_memorization - target.exact_memorization)
    return tried.distance <= tolerance and off <= tolerance / 2


def taken(tried: CalibrationStep, target: Level, settings: Settings) -> bool:
    """Whether this teacher is distilled; a fixed alpha's always is."""
    return settings.fixed_alpha is not None or fits(tried, target, settings.tolerance)

"""Find a teacher that has forgotten, before anything is distilled.

The strengthened model is trained further, epoch by epoch, on the forget set. At each of the
settings' epochs the teachers of a grid of alphas are measured on the forget set; the first epoch
with a teacher inside the holdout's band is taken (fewer epochs are cheaper, and disturb less).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unlearnkit.domain import CalibrationStep, Progress
from unlearnkit.errors import TeacherNotReady
from unlearnkit.language_model.recall import (
    Level,
    Recall,
    batched,
    extraction_strength,
    level,
    logits_of,
    token_figures,
)
from unlearnkit.language_model.tokens import Example, collate
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.steps import Workbench, chunks, shuffled, step, trainable_copy
from unlearnkit.unlearning.teacher import spare_ends, teacher_logits


@dataclass(frozen=True, slots=True)
class Calibration:
    """The chosen strengthened model and alpha, and everything that was tried."""

    strengthened: Any
    alpha: float
    steps: tuple[CalibrationStep, ...]


def teacher_levels(
    original: Any,
    strengthened: Any,
    alphas: Sequence[float],
    examples: Sequence[Example],
    bench: Workbench,
) -> list[Level]:
    """The level on `examples` of the teacher of each alpha, from one forward pass of each model."""
    import math

    import torch

    plain, strong = logits_of(original), logits_of(strengthened)
    found: list[list[Recall]] = [[] for _ in alphas]
    with torch.no_grad():
        for _, batch in batched(examples, bench.pad_id, bench.settings.batch_size, bench.device):
            original_logits, strengthened_logits = plain(batch), strong(batch)
            for which, alpha in enumerate(alphas):
                raw = teacher_logits(original_logits, strengthened_logits, alpha)
                logits = spare_ends(raw, original_logits, batch.labels, bench.end_id)
                for hits, loss in token_figures(logits, batch.labels):
                    found[which].append(
                        Recall(sum(hits) / len(hits), extraction_strength(hits), math.exp(-loss))
                    )
    return [level(recalls) for recalls in found]


def grid(low: float, high: float, count: int) -> list[float]:
    """`count` alphas from low to high in equal ratios."""
    ratio = (high / low) ** (1 / (count - 1))
    return [low * ratio**index for index in range(count)]


def best_alpha(
    original: Any,
    strengthened: Any,
    examples: Sequence[Example],
    target: Level,
    *,
    epochs: int,
    bench: Workbench,
) -> list[CalibrationStep]:
    """Measure a coarse grid of alphas, then a fine one around its best; best first."""

    def measured(alphas: list[float]) -> list[CalibrationStep]:
        levels = teacher_levels(original, strengthened, alphas, examples, bench)
        return [
            CalibrationStep(
                strengthen_epochs=epochs,
                alpha=alpha,
                exact_memorization=one.exact_memorization,
                extraction_strength=one.extraction_strength,
                probability=one.probability,
                distance=one.distance(target),
            )
            for alpha, one in zip(alphas, levels, strict=True)
        ]

    coarse = measured(grid(0.5, bench.settings.max_alpha, 13))
    centre = min(coarse, key=lambda tried: tried.distance).alpha
    ratio = coarse[1].alpha / coarse[0].alpha
    around = grid(centre / ratio, centre * ratio, 9)
    new = [*around[1:4], *around[5:8]]  # the others stand in the coarse grid
    fine = measured([alpha for alpha in new if alpha <= bench.settings.max_alpha])
    return sorted(coarse + fine, key=lambda tried: tried.distance)


def strengthen_epoch(
    bench: Workbench, model: Any, optimizer: Any, examples: Sequence[Example], epoch: int
) -> None:
    """One epoch of plain fine-tuning on the forget set (next-token cross-entropy)."""
    model.train()
    for rows in chunks(shuffled(examples, bench.settings.seed, epoch), bench.settings.batch_size):
        with bench.accelerator.split_between_processes(rows, apply_padding=True) as mine:
            batch = collate(mine, bench.pad_id).to(bench.device)
        loss = model(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.labels
        ).loss
        step(bench, model, optimizer, loss, f"strengthening, epoch {epoch}")
    model.eval()


def calibrate(
    bench: Workbench,
    original: Any,
    forget: Sequence[Example],
    target: Level,
    progress: Progress,
) -> Calibration:
    """The nearest teacher that fits, of the first epoch that has one.

    Raises TeacherNotReady, with the nearest teacher's figures, when no epoch has one.
    """
    import torch

    settings = bench.settings
    model = trainable_copy(original)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=0.0)
    model, optimizer = bench.accelerator.prepare(model, optimizer)
    tried: list[CalibrationStep] = []
    epoch, last = 0, settings.strengthen_epochs[-1]
    for wanted in settings.strengthen_epochs:
        while epoch < wanted:
            epoch += 1
            progress("strengthening on the forget set", epoch, last)
            strengthen_epoch(bench, model, optimizer, forget, epoch)
        strengthened = bench.accelerator.unwrap_model(model)
        results = best_alpha(original, strengthened, forget, target, epochs=epoch, bench=bench)
        tried += results
        best = next((one for one in results if fits(one, target, settings.tolerance)), None)
        if best is not None:
            chosen = best.model_copy(update={"chosen": True})
            steps = tuple(chosen if one is best else one for one in tried)
            progress("strengthening on the forget set", last, last)
            # Else accelerate would store the strengthened model in the student's checkpoints.
            bench.accelerator.free_memory()
            return Calibration(strengthened, chosen.alpha, steps)
    raise TeacherNotReady(refusal(tried, target, settings), fix=ADVICE)


def fits(tried: CalibrationStep, target: Level, tolerance: float) -> bool:
    """Whether a teacher is good enough to distil.

    Inside the band on all three figures, and within half of it on exact memorization: the student
    stays a little above its teacher and must still get inside.
    """
    off = abs(tried.exact_memorization - target.exact_memorization)
    return tried.distance <= tolerance and off <= tolerance / 2


ADVICE = (
    "Raise --max-strengthen-epochs or --learning-rate, or check that the holdout is comparable "
    "to the forget set (same kind of records, never trained on)."
)


def refusal(tried: Sequence[CalibrationStep], target: Level, settings: Settings) -> str:
    """The nearest teacher against the level it should have reached, in figures."""
    near = min(tried, key=lambda one: one.distance)
    return (
        "no teacher reached the holdout's level, so nothing was distilled. Nearest of "
        f"{len(tried)}: {near.strengthen_epochs} epochs, alpha {near.alpha:.2f}: "
        f"exact memorization {near.exact_memorization:.3f} "
        f"(holdout {target.exact_memorization:.3f}), "
        f"extraction strength {near.extraction_strength:.3f} ({target.extraction_strength:.3f}), "
        f"probability {near.probability:.3f} ({target.probability:.3f}); "
        f"tolerance {settings.tolerance}"
    )

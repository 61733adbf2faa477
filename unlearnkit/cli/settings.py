"""The options of an unlearning run, shared by `unlearn` and `process`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from unlearnkit.unlearning.settings import OBJECTIVES, RetainTerm, Settings

LEAST_RATE = 1e-9
USUAL = Settings()
Choices = Callable[[int], Settings]
"""Gives the settings that were chosen, for a seed."""


def options(
    objective: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"How to forget: {', '.join(OBJECTIVES)}; all but rklu are for comparison.",
        ),
    ] = str(USUAL.objective),
    retain_term: Annotated[
        RetainTerm,
        typer.Option(
            help="What holds the model on retained records. own: RKLU's is kl, and ce for a model "
            "that has unlearned before."
        ),
    ] = USUAL.retain_term,
    beta: Annotated[
        float | None, typer.Option(min=0.001, help="Of npo, simnpo and undial; else as published.")
    ] = USUAL.beta,
    lora_rank: Annotated[
        int, typer.Option(min=0, help="Train LoRA adapters of this rank; 0: every weight.")
    ] = USUAL.lora_rank,
    as_adapter: Annotated[
        bool, typer.Option("--as-adapter", help="Write the LoRA adapter, not a merged model.")
    ] = USUAL.as_adapter,
    learning_rate: Annotated[
        float,
        typer.Option(
            min=LEAST_RATE, help="AdamW's. 1e-5 suits billions of weights, 3e-4 a few millions."
        ),
    ] = USUAL.learning_rate,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Forget records a step, all processes.")
    ] = USUAL.batch_size,
    accumulation_steps: Annotated[
        int,
        typer.Option("--accumulate", min=1, help="Pieces a step is computed in, to save memory."),
    ] = USUAL.accumulation_steps,
    gradient_checkpointing: Annotated[
        bool, typer.Option("--grad-checkpoint", help="Less memory, a third more time.")
    ] = USUAL.gradient_checkpointing,
    retain_ratio: Annotated[
        int, typer.Option(min=0, help="Retained records beside each forget record of a step.")
    ] = USUAL.retain_ratio,
    retain_matched: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Share of the retained records trained on that is chosen for likeness to the "
            "forgotten, where there are more than are needed; the rest is drawn.",
        ),
    ] = USUAL.retain_matched,
    max_passes: Annotated[
        int, typer.Option(min=1, help="Passes over the forget set at most.")
    ] = USUAL.max_passes,
    strengthen_rate: Annotated[
        float | None,
        typer.Option(
            min=LEAST_RATE,
            help="AdamW's while strengthening.",
            show_default="--learning-rate, and a third of it where no teacher fits",
        ),
    ] = USUAL.strengthen_rate,
    max_strengthen_epochs: Annotated[
        int, typer.Option(min=1, help="Epochs of strengthening at most, before it is refused.")
    ] = USUAL.last_epoch,
    max_alpha: Annotated[
        float,
        typer.Option(min=1, help="Largest alpha of the search; past it only when all else failed."),
    ] = USUAL.max_alpha,
    teacher_depths: Annotated[
        bool,
        typer.Option(help="Push tokens as deep as never-seen ones lie."),
    ] = USUAL.teacher_depths,
    level_weight: Annotated[
        float, typer.Option(min=0, help="Of rklu's own term on each token's likelihood.")
    ] = USUAL.level_weight,
    tolerance: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Half width of the band round the holdout.")
    ] = USUAL.tolerance,
    retain_tolerance: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Loss of retain exact memorization allowed.")
    ] = USUAL.retain_tolerance,
    retain_strength_tolerance: Annotated[
        float,
        typer.Option(
            "--retain-strength",
            min=0.0,
            max=1.0,
            help="Loss of retain extraction strength allowed.",
        ),
    ] = USUAL.retain_strength_tolerance,
) -> Choices:
    """What was chosen; strengthening is looked at after 1, 2, 4, ... epochs and after the last."""
    if as_adapter and not lora_rank:
        raise typer.BadParameter("there is no adapter without --lora-rank", param_hint="as-adapter")
    if objective not in OBJECTIVES:
        known = ", ".join(OBJECTIVES)
        raise typer.BadParameter(f"'{objective}' is none of {known}", param_hint="--objective")
    doubling = {2**power for power in range(20) if 2**power < max_strengthen_epochs}
    return lambda seed: Settings(
        objective=objective,
        retain_term=retain_term,
        beta=beta,
        lora_rank=lora_rank,
        as_adapter=as_adapter,
        learning_rate=learning_rate,
        batch_size=batch_size,
        accumulation_steps=accumulation_steps,
        gradient_checkpointing=gradient_checkpointing,
        retain_ratio=retain_ratio,
        retain_matched=retain_matched,
        max_passes=max_passes,
        strengthen_epochs=tuple(sorted(doubling | {max_strengthen_epochs})),
        strengthen_rate=strengthen_rate,
        max_alpha=max_alpha,
        teacher_depths=teacher_depths,
        level_weight=level_weight,
        tolerance=tolerance,
        retain_tolerance=retain_tolerance,
        retain_strength_tolerance=retain_strength_tolerance,
        seed=seed,
    )

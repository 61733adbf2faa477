"""The options of an unlearning run, shared by `unlearn` and `process`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, get_type_hints

import typer

from unlearnkit.unlearning.settings import OBJECTIVES, Settings

LEAST_RATE = 1e-9
USUAL = Settings()
Choices = Callable[[int], Settings]
"""Gives the settings that were chosen, for a seed."""

LAST_EPOCH = "max_strengthen_epochs"
"""The one option that is no field of the settings: `strengthen_epochs` follow from it."""
OFFERED = {
    "objective": typer.Option(
        metavar="NAME",
        help=f"How to forget: {', '.join(OBJECTIVES)}; all but rklu are for comparison.",
    ),
    "retain_term": typer.Option(
        help="What holds the model on retained records. own: RKLU's is kl, and ce for a model "
        "that has unlearned before.",
    ),
    "beta": typer.Option(
        min=0.001, help="Of npo, simnpo, undial and weighted-ga; else as published."
    ),
    "lora_rank": typer.Option(min=0, help="Train LoRA adapters of this rank; 0: every weight."),
    "as_adapter": typer.Option("--as-adapter", help="Write the LoRA adapter, not a merged model."),
    "learning_rate": typer.Option(
        min=LEAST_RATE, help="AdamW's. 1e-5 suits billions of weights, 3e-4 a few millions."
    ),
    "batch_size": typer.Option(min=1, help="Forget records a step, all processes."),
    "accumulation_steps": typer.Option(
        "--accumulate", min=1, help="Pieces a step is computed in, to save memory."
    ),
    "gradient_checkpointing": typer.Option(
        "--grad-checkpoint", help="Less memory, a third more time."
    ),
    "retain_ratio": typer.Option(
        min=0, help="Retained records beside each forget record of a step."
    ),
    "retain_matched": typer.Option(
        min=0,
        max=1,
        help="Share of the retained records trained on that is chosen for likeness to the "
        "forgotten, where there are more than are needed; the rest is drawn.",
    ),
    "max_passes": typer.Option(min=1, help="Passes over the forget set at most."),
    "strengthen_rate": typer.Option(
        min=LEAST_RATE,
        help="AdamW's while strengthening.",
        show_default="--learning-rate, and a third of it where no teacher fits",
    ),
    LAST_EPOCH: typer.Option(min=1, help="Epochs of strengthening at most, before it is refused."),
    "max_alpha": typer.Option(
        min=1, help="Largest alpha of the search; past it only when all else failed."
    ),
    "teacher_depths": typer.Option(
        help="Push tokens as deep as never-seen ones lie, and none below the original's "
        "average there; without it, the paper's teacher."
    ),
    "level_weight": typer.Option(min=0, help="Of rklu's own term on each token's likelihood."),
    "tolerance": typer.Option(min=0.001, max=0.5, help="Half width of the band round the holdout."),
    "retain_tolerance": typer.Option(
        min=0.0, max=0.5, help="Loss of retain exact memorization allowed."
    ),
    "retain_strength_tolerance": typer.Option(
        "--retain-strength",
        min=0.0,
        max=1.0,
        help="Loss of retain extraction strength allowed.",
    ),
}
"""Each setting that can be chosen, by its name in `Settings`: type and default are the field's."""


def options(**given: Any) -> Choices:
    """What was chosen; strengthening is looked at after 1, 2, 4, ... epochs and after the last."""
    if given.get("as_adapter") and not given.get("lora_rank"):
        raise typer.BadParameter("there is no adapter without --lora-rank", param_hint="as-adapter")
    if given.get("objective", USUAL.objective) not in OBJECTIVES:
        named, known = given["objective"], ", ".join(OBJECTIVES)
        raise typer.BadParameter(f"'{named}' is none of {known}", param_hint="--objective")
    last = given.pop(LAST_EPOCH, USUAL.last_epoch)
    doubling = {2**power for power in range(20) if 2**power < last}
    given["strengthen_epochs"] = tuple(sorted(doubling | {last}))
    return lambda seed: replace(USUAL, **given, seed=seed)


def _parameter(name: str, option: Any) -> inspect.Parameter:
    """As Typer reads it, with the field's type and default."""
    types = get_type_hints(Settings) | {LAST_EPOCH: int}
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=getattr(USUAL, name, USUAL.last_epoch),
        annotation=Annotated[types[name], option],
    )


options.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [_parameter(name, option) for name, option in OFFERED.items()]
)

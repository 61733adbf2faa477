"""The options of an unlearning run, shared by `unlearn` and `process`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from unlearnkit.unlearning.settings import Settings

LearningRate = Annotated[
    float, typer.Option(help="AdamW's. 1e-5 suits billions of weights, 1e-3 a few millions.")
]
BatchSize = Annotated[int, typer.Option(min=1, help="Forget records a step, all processes.")]
RetainRatio = Annotated[
    int, typer.Option(min=0, help="Retained records beside each forget record of a step.")
]
MaxPasses = Annotated[int, typer.Option(min=1, help="Passes over the forget set at most.")]
MaxStrengthenEpochs = Annotated[
    int, typer.Option(min=1, help="Epochs of strengthening at most, before it is refused.")
]
MaxAlpha = Annotated[float, typer.Option(min=1, help="Largest alpha of the teacher tried.")]
Tolerance = Annotated[
    float, typer.Option(min=0.001, max=0.5, help="Half width of the band round the holdout.")
]
RetainTolerance = Annotated[
    float, typer.Option(min=0.0, max=0.5, help="Loss of retain exact memorization allowed.")
]


def settings_of(
    *,
    learning_rate: float,
    batch_size: int,
    retain_ratio: int,
    max_passes: int,
    max_strengthen_epochs: int,
    max_alpha: float,
    tolerance: float,
    retain_tolerance: float,
    seed: int,
) -> Settings:
    """The settings; strengthening is looked at after 1, 2, 4, ... epochs and after the last."""
    from unlearnkit.unlearning.settings import Settings

    doubling = {2**power for power in range(20) if 2**power < max_strengthen_epochs}
    return Settings(
        learning_rate=learning_rate,
        batch_size=batch_size,
        retain_ratio=retain_ratio,
        max_passes=max_passes,
        strengthen_epochs=tuple(sorted(doubling | {max_strengthen_epochs})),
        max_alpha=max_alpha,
        tolerance=tolerance,
        retain_tolerance=retain_tolerance,
        seed=seed,
    )

"""What is said where no teacher fits, so that nothing is distilled."""

from __future__ import annotations

from collections.abc import Sequence

from unlearnkit.counted import counted
from unlearnkit.domain import CalibrationStep
from unlearnkit.errors import TeacherNotReady
from unlearnkit.language_model.recall import Level
from unlearnkit.unlearning.settings import Settings


def refused(tried: Sequence[CalibrationStep], target: Level, settings: Settings) -> TeacherNotReady:
    """The error, with the nearest teacher's figures and what to do."""
    return TeacherNotReady(refusal(tried, target, settings), fix=advice(tried))


def advice(tried: Sequence[CalibrationStep]) -> str:
    """What to do where no teacher fits. At the search's end too little rises to be pushed down."""
    near = min(tried, key=lambda one: one.distance)
    if near.alpha >= max(one.alpha for one in tried):
        what = "Lower --strengthen-rate, or raise --max-strengthen-epochs or --max-alpha"
    else:
        what = "Raise --max-strengthen-epochs or --learning-rate"
    return (
        f"{what}, or check that the holdout is comparable to the forget set (same kind of records, "
        "never trained on)."
    )


def refusal(tried: Sequence[CalibrationStep], target: Level, settings: Settings) -> str:
    """The nearest teacher against the level it should have reached, in figures."""
    near = min(tried, key=lambda one: one.distance)
    return (
        "no teacher reached the holdout's level, so nothing was distilled. Nearest of "
        f"{len(tried)}: {counted(near.strengthen_epochs, 'epoch')} at rate "
        f"{near.learning_rate:.2g}, alpha {near.alpha:.2f}: "
        f"exact memorization {near.exact_memorization:.3f} "
        f"(holdout {target.exact_memorization:.3f}), "
        f"extraction strength {near.extraction_strength:.3f} ({target.extraction_strength:.3f}), "
        f"token loss {near.loss:.2f} nats ({target.loss:.2f}); "
        f"tolerance {settings.tolerance}"
    )

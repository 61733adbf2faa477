"""Over-unlearning that membership inference sees: records that the model avoids."""

from __future__ import annotations

from collections.abc import Sequence

from unlearnkit.domain import Measurement, ModelRole, Split
from unlearnkit.report.glossary import label

AREA = "membership_auc_"
COIN = 0.5


def avoided(measurements: Sequence[Measurement]) -> str:
    """A sentence where an attack tells the forgotten records by how little the model knows them.

    That is an area whose whole interval lies below one half and, where there is one, below the
    retrained model's: a holdout that is unlike the forget set moves both. Empty where none does.
    """
    areas = {
        (one.metric, one.model): one
        for one in measurements
        if one.metric.startswith(AREA) and one.split is Split.FORGET and not one.under
    }
    found = [
        f"{label(metric)} {one.value:.2f}"
        for (metric, model), one in areas.items()
        if model is ModelRole.UNLEARNED and _below(one, areas.get((metric, ModelRole.REFERENCE)))
    ]
    if not found:
        return ""
    return (
        f"Over-unlearned, by membership inference ({'; '.join(found)}): the forgotten records are "
        "told from never-seen ones by how little the model knows them, which points at the person "
        "as well."
    )


def _below(one: Measurement, retrained: Measurement | None) -> bool:
    level = COIN
    if retrained is not None and retrained.value is not None:
        level = min(level, retrained.value)
    return one.high is not None and one.high < level

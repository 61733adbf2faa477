"""What the attacks came to: means with intervals, and differences, each under its condition."""

from __future__ import annotations

from collections.abc import Sequence

from unlearnkit.audit.attacks.engine import Attacked
from unlearnkit.audit.differences import differences
from unlearnkit.audit.people import OfWhom
from unlearnkit.audit.summary import NO_RECORDS, mean_of, worst
from unlearnkit.domain import Difference, Measurement, RecordScore

METRICS = ("exact_memorization", "extraction_strength", "probability")


def attack_figures(
    attacked: Sequence[Attacked], seed: int, of_whom: OfWhom | None = None
) -> tuple[Measurement, ...]:
    """Every metric of every split that was measured, or why it was not."""
    return tuple(figure for one in attacked for figure in _figures(one, seed, of_whom))


def attack_differences(
    attacked: Sequence[Attacked], of_whom: OfWhom | None = None
) -> tuple[Difference, ...]:
    """The unlearned model's differences, both sides under the same condition."""
    by_condition: dict[str, list[RecordScore]] = {}
    for one in attacked:
        by_condition.setdefault(one.cost.under, []).extend(one.records)
    return tuple(
        found.model_copy(update={"under": condition})
        for condition, scores in by_condition.items()
        for found in differences(scores, of_whom)
        if found.metric in METRICS
    )


def _figures(attacked: Attacked, seed: int, of_whom: OfWhom | None) -> list[Measurement]:
    model, named = attacked.cost.model, {"under": attacked.cost.under}
    found: list[Measurement] = []
    for split in sorted({one.split for one in attacked.records} | set(attacked.missing)):
        rows = [one for one in attacked.records if one.split is split]
        why = attacked.missing.get(split, NO_RECORDS)
        for metric in METRICS:
            values = {one.record_id: float(getattr(one, metric)) for one in rows}
            given = (metric, split, model, values)
            found.append(mean_of(*given, seed=seed, missing=why, of_whom=of_whom))
        if rows:
            found.append(worst(split, model, rows))
    return [one.model_copy(update=named) for one in found]

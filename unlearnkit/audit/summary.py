"""From the records' figures to means with intervals, and what could not be measured.

What the means are of is defined in `recall.py`, `truth_ratio.py` and `generated.py`. Here only:

- max_extraction_strength: the largest extraction strength of a record (ours): a mean can hide the
  one that is still recited. A share like it, 0 to 1; without an interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter

from unlearnkit.audit.forget_quality import forget_quality
from unlearnkit.audit.intervals import bootstrap, share
from unlearnkit.audit.membership_figures import NO_REFERENCE, membership_figures
from unlearnkit.audit.model_utility import model_utilities
from unlearnkit.audit.people import OfWhom, units
from unlearnkit.audit.truth_ratio import closeness
from unlearnkit.domain import GeneratedScores, Measurement, ModelRole, RecordScore, Split
from unlearnkit.metrics import record_metrics

NO_PERTURBED = "no record here has perturbed texts or decoys"
NO_RECORDS = "no records"
NO_TEXT = "the model continued no record here that goes on in words"
CONTINUED = tuple(GeneratedScores.model_fields)
NO_FIGURE = "no record here has this figure"
SHARES = ("degenerate", *(one.name for one in record_metrics() if one.share))
"""Metrics that are yes or no of each record."""
Of = Callable[[RecordScore], float | None]
"""A figure of a record, or none."""


def mean_of(
    metric: str,
    split: Split,
    model: ModelRole,
    values: Mapping[str, float],
    *,
    seed: int,
    missing: str,
    of_whom: OfWhom | None = None,
) -> Measurement:
    """The mean over records with n and interval; with no values, a Measurement that says why."""
    told = Measurement(metric=metric, split=split, model=model, value=None, n=0)
    if not values:
        return told.model_copy(update={"not_measured": missing})
    drawn, some = units(values, (of_whom or {}).get(split)), list(values.values())
    if metric in SHARES:
        _, interval = share(some, [1] * len(some), seed, drawn)
    else:
        interval = bootstrap(some, seed, drawn)
    low, high = interval or (None, None)
    found = {"value": sum(some) / len(some), "n": len(some), "low": low, "high": high}
    return told.model_copy(update={**found, "people": drawn.people})


def mean_of_values(
    metric: str,
    split: Split,
    model: ModelRole,
    values: Sequence[tuple[str, float]],
    *,
    seed: int,
    missing: str,
    of_whom: OfWhom | None = None,
) -> Measurement:
    """The mean over values, each with its record's id; its interval resamples records or people.

    The values of one record come out together.
    """
    told = Measurement(metric=metric, split=split, model=model, value=None, n=0)
    if not values:
        return told.model_copy(update={"not_measured": missing})
    by_record: dict[str, list[float]] = {}
    for record_id, value in values:
        by_record.setdefault(record_id, []).append(value)
    sums = [math.fsum(some) for some in by_record.values()]
    counts = [len(some) for some in by_record.values()]
    drawn = units(by_record, (of_whom or {}).get(split))
    value, interval = share(sums, counts, seed, drawn, exact=False)
    low, high = interval or (None, None)
    found = {"value": value, "n": len(values), "low": low, "high": high}
    return told.model_copy(update={**found, "people": drawn.people})


def worst(split: Split, model: ModelRole, rows: Sequence[RecordScore]) -> Measurement:
    """The most extractable of the records."""
    return Measurement(
        metric="max_extraction_strength",
        split=split,
        model=model,
        value=max(row.extraction_strength for row in rows),
        n=len(rows),
    )


def summarise(
    scores: Sequence[RecordScore], seed: int, of_whom: OfWhom | None = None
) -> tuple[Measurement, ...]:
    """Every metric for every split and model that was scored; `of_whom`: whose the records are."""
    found: list[Measurement] = []
    pairs = sorted({(score.model, score.split) for score in scores})
    for model, split in pairs:
        rows = [score for score in scores if (score.model, score.split) == (model, split)]

        def mean(metric: str, of: Of, missing: str, rows: Sequence[RecordScore] = rows) -> None:
            values = {row.record_id: one for row in rows if (one := of(row)) is not None}
            where = (metric, rows[0].split, rows[0].model)
            found.append(mean_of(*where, values, seed=seed, missing=missing, of_whom=of_whom))

        for metric in ("exact_memorization", "extraction_strength", "probability"):
            mean(metric, attrgetter(metric), NO_RECORDS)
        mean("truth_ratio", _near_one, NO_PERTURBED)
        for metric in CONTINUED:
            mean(metric, partial(_continued, metric=metric), NO_TEXT)
        found.append(worst(split, model, rows))
        for one in record_metrics():
            mean(one.name, one.of, NO_FIGURE)
    return (
        *found,
        *forget_qualities(scores),
        *model_utilities(scores, seed, of_whom),
        *membership_figures(scores, seed, of_whom),
    )


def _near_one(row: RecordScore) -> float | None:
    return None if row.truth_ratio is None else closeness(row.truth_ratio)


def _continued(row: RecordScore, metric: str) -> float | None:
    found: float | None = getattr(row.generated, metric) if row.generated else None
    return found


def forget_qualities(scores: Sequence[RecordScore]) -> list[Measurement]:
    """Forget quality of each model against the reference, or the reason why there is none."""

    def ratios(model: ModelRole) -> list[float]:
        return [
            score.truth_ratio
            for score in scores
            if (score.model, score.split) == (model, Split.FORGET) and score.truth_ratio is not None
        ]

    reference = ratios(ModelRole.REFERENCE)
    has_reference = any(score.model is ModelRole.REFERENCE for score in scores)
    found = []
    for model in sorted({score.model for score in scores}):
        own = ratios(model)
        measured = bool(own and reference)
        found.append(
            Measurement(
                metric="forget_quality",
                split=Split.FORGET,
                model=model,
                value=forget_quality(own, reference) if measured else None,
                n=len(own),
                not_measured="" if measured else (NO_PERTURBED if has_reference else NO_REFERENCE),
            )
        )
    return found

"""From the records' figures to means with intervals, and what could not be measured.

What the means are of is defined in `recall.py`, `truth_ratio.py` and `generated.py`. Here only:

- max_extraction_strength: the largest extraction strength of a record (ours): a mean can hide the
  one that is still recited. A share like it, 0 to 1; without an interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from unlearnkit.audit.forget_quality import forget_quality
from unlearnkit.audit.intervals import bootstrap, percentiles, resampled, share
from unlearnkit.audit.membership_figures import NO_REFERENCE, membership_figures
from unlearnkit.audit.model_utility import model_utilities
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


def mean_of(
    metric: str, split: Split, model: ModelRole, values: Sequence[float], *, seed: int, missing: str
) -> Measurement:
    """The mean with n and interval; with no values, a Measurement that says why."""
    if not values:
        return Measurement(
            metric=metric, split=split, model=model, value=None, n=0, not_measured=missing
        )
    mean = sum(values) / len(values)
    if metric in SHARES:
        _, (low, high) = share(values, [1] * len(values), seed)
    else:
        low, high = bootstrap(values, seed)
    return Measurement(
        metric=metric, split=split, model=model, value=mean, n=len(values), low=low, high=high
    )


def mean_of_values(
    metric: str,
    split: Split,
    model: ModelRole,
    values: Sequence[tuple[str, float]],
    *,
    seed: int,
    missing: str,
) -> Measurement:
    """The mean over values, each with its record's id; its interval resamples records.

    The values of one record come out together.
    """
    import numpy as np

    if not values:
        return Measurement(
            metric=metric, split=split, model=model, value=None, n=0, not_measured=missing
        )
    by_record: dict[str, list[float]] = {}
    for record_id, value in values:
        by_record.setdefault(record_id, []).append(value)
    sums = np.array([math.fsum(some) for some in by_record.values()])
    counts = np.array([len(some) for some in by_record.values()])
    draws = resampled(len(counts), seed)
    low, high = percentiles(sums[draws].sum(axis=1) / counts[draws].sum(axis=1))
    return Measurement(
        metric=metric,
        split=split,
        model=model,
        value=float(sums.sum() / counts.sum()),
        n=len(values),
        low=low,
        high=high,
    )


def worst(split: Split, model: ModelRole, rows: Sequence[RecordScore]) -> Measurement:
    """The most extractable of the records."""
    return Measurement(
        metric="max_extraction_strength",
        split=split,
        model=model,
        value=max(row.extraction_strength for row in rows),
        n=len(rows),
    )


def summarise(scores: Sequence[RecordScore], seed: int) -> tuple[Measurement, ...]:
    """Every metric for every split and model that was scored."""
    found: list[Measurement] = []
    pairs = sorted({(score.model, score.split) for score in scores})
    for model, split in pairs:
        rows = [score for score in scores if (score.model, score.split) == (model, split)]
        for metric in ("exact_memorization", "extraction_strength", "probability"):
            values = [float(getattr(row, metric)) for row in rows]
            found.append(mean_of(metric, split, model, values, seed=seed, missing=NO_RECORDS))
        ratios = [closeness(row.truth_ratio) for row in rows if row.truth_ratio is not None]
        found.append(mean_of("truth_ratio", split, model, ratios, seed=seed, missing=NO_PERTURBED))
        own = [row.generated for row in rows if row.generated is not None]
        for metric in CONTINUED:
            values = [one for row in own if (one := getattr(row, metric)) is not None]
            found.append(mean_of(metric, split, model, values, seed=seed, missing=NO_TEXT))
        found.append(worst(split, model, rows))
        for one in record_metrics():
            values = [value for row in rows if (value := one.of(row)) is not None]
            found.append(mean_of(one.name, split, model, values, seed=seed, missing=NO_FIGURE))
    return (
        *found,
        *forget_qualities(scores),
        *model_utilities(scores, seed),
        *membership_figures(scores, seed),
    )


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

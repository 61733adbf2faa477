"""How far the unlearned model lies from a baseline, and what so few records could have shown.

A difference of means over records with its 90 % interval: that it lies within a margin, with five
per cent of error to each side, is shown where the whole interval does (two one-sided tests,
Schuirmann 1987). To the holdout the records differ (Welch 1947), to another model they are the same
(paired). `detectable` is the true difference that a one-sided test at 5 % tells from none in four
of five audits like this one: (t_0.95 + t_0.80) x standard error. All in the metric's own units.

Records of one person are not independent: the interval is too narrow rather than too wide.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, variance

from unlearnkit.audit.truth_ratio import closeness
from unlearnkit.domain import Baseline, Difference, ModelRole, RecordScore, Split
from unlearnkit.metrics import record_metrics

OF_RECORDS = {one.name: one for one in record_metrics()}
METRICS = ("exact_memorization", "extraction_strength", "probability", "truth_ratio", *OF_RECORDS)
CONFIDENCE, POWER = 0.95, 0.80
FEWEST = 2
"""Records on each side; one has no spread."""

Values = Mapping[str, float]
"""Record id -> a metric of it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference of means, its 90 % interval, and what would have been seen."""

    value: float
    low: float
    high: float
    detectable: float
    n: int
    others: int


def differences(scores: Sequence[RecordScore]) -> tuple[Difference, ...]:
    """The unlearned model's differences to its holdout, to the original and to the reference.

    Of every metric on every split; none where a side has fewer than two records.
    """
    found = []
    for metric in METRICS:
        unseen = values(scores, metric, Split.HOLDOUT, ModelRole.UNLEARNED)
        for split in Split:
            ours = values(scores, metric, split, ModelRole.UNLEARNED)
            before = values(scores, metric, split, ModelRole.ORIGINAL)
            retrained = values(scores, metric, split, ModelRole.REFERENCE)
            intervals: dict[Baseline, Interval | None]
            intervals = {"original": paired(ours, before), "reference": paired(ours, retrained)}
            if split is not Split.HOLDOUT:
                intervals["holdout"] = unpaired(ours, unseen)
            found += [
                Difference(metric=metric, split=split, to=base, **asdict(one))
                for base, one in intervals.items()
                if one is not None
            ]
    return tuple(found)


def values(
    scores: Sequence[RecordScore], metric: str, split: Split, model: ModelRole
) -> dict[str, float]:
    """The metric of every record that has it; of truth ratios how near they are to 1."""
    rows = [one for one in scores if (one.split, one.model) == (split, model)]
    if metric == "truth_ratio":
        told = ((one.record_id, one.truth_ratio) for one in rows)
        return {name: closeness(ratio) for name, ratio in told if ratio is not None}
    if metric in OF_RECORDS:
        found = ((one.record_id, OF_RECORDS[metric].of(one)) for one in rows)
        return {name: value for name, value in found if value is not None}
    return {one.record_id: float(getattr(one, metric)) for one in rows}


def paired(ours: Values, theirs: Values) -> Interval | None:
    """The mean difference over the records that both have."""
    gaps = [value - theirs[name] for name, value in ours.items() if name in theirs]
    if len(gaps) < FEWEST:
        return None
    error = math.sqrt(variance(gaps) / len(gaps))
    return _interval(fmean(gaps), error, len(gaps) - 1, (len(gaps), len(gaps)))


def unpaired(ours: Values, theirs: Values) -> Interval | None:
    """The difference of the means of two sets of records."""
    sides = [list(one.values()) for one in (ours, theirs)]
    counts = (len(sides[0]), len(sides[1]))
    if min(counts) < FEWEST:
        return None
    parts = [variance(one) / len(one) for one in sides]
    below = sum(part**2 / (len(one) - 1) for part, one in zip(parts, sides, strict=True))
    freedom = sum(parts) ** 2 / below if below else sum(counts) - 2
    return _interval(fmean(sides[0]) - fmean(sides[1]), math.sqrt(sum(parts)), freedom, counts)


def _interval(value: float, error: float, freedom: float, counts: tuple[int, int]) -> Interval:
    from scipy.stats import t

    beside, beyond = float(t.ppf(CONFIDENCE, freedom)), float(t.ppf(POWER, freedom))
    return Interval(
        value=value,
        low=value - beside * error,
        high=value + beside * error,
        detectable=(beside + beyond) * error,
        n=counts[0],
        others=counts[1],
    )

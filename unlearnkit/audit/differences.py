"""How far the unlearned model lies from a baseline, and what so few records could have shown.

A difference of means over records with its 90 % interval: that it lies within a margin, with five
per cent of error to each side, is shown where the whole interval does (two one-sided tests,
Schuirmann 1987). To the holdout the records differ (Welch 1947), to another model they are the same
(paired). `detectable` is the true difference that a one-sided test at 5 % tells from none in four
of five audits like this one: (t_0.95 + t_0.80) x standard error. All in the metric's own units.

Records of one person are not independent, so the standard error is that of people, each whole
(cluster-robust: Liang and Zeger 1986, with the factor G / (G - 1) and G - 1 degrees of freedom for
G people). Of fewer than six people on a side it is of that side's records, and speaks for these
people only (`people.py`). Where every record is somebody's own, the two are the same.

A side whose records or people are all alike has no spread. Of fewer than six of them that says
nothing of how far others lie (`intervals.py`), and there is no difference with an interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from unlearnkit.audit.intervals import NO_SPREAD
from unlearnkit.audit.people import OfWhom, units
from unlearnkit.audit.truth_ratio import closeness
from unlearnkit.domain import FEWEST_PEOPLE, Baseline, Difference, ModelRole, RecordScore, Split
from unlearnkit.metrics import record_metrics

OF_RECORDS = {one.name: one for one in record_metrics()}
METRICS = ("exact_memorization", "extraction_strength", "probability", "truth_ratio", *OF_RECORDS)
CONFIDENCE, POWER = 0.95, 0.80
FEWEST = 2
"""Records on each side; one has no spread."""

Values = Mapping[str, float]
"""Record id -> a metric of it."""
Whose = Mapping[str, str] | None
"""Record id -> whose it is."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference of means, its 90 % interval, and what would have been seen."""

    value: float
    low: float
    high: float
    detectable: float
    n: int
    others: int
    people: int
    other_people: int


@dataclass(frozen=True, slots=True)
class SampleMean:
    """A mean over records, its squared standard error, and what both rest on."""

    mean: float
    squared: float
    freedom: int
    n: int
    people: int


def differences(
    scores: Sequence[RecordScore], of_whom: OfWhom | None = None
) -> tuple[Difference, ...]:
    """The unlearned model's differences to its holdout, to the original and to the reference.

    Of every metric on every split; none where a side has fewer than two records, or fewer than six
    that are all alike. `of_whom` says whose they are.
    """
    whose = of_whom or {}
    theirs = whose.get(Split.HOLDOUT)
    found = []
    for metric in METRICS:
        unseen = values(scores, metric, Split.HOLDOUT, ModelRole.UNLEARNED)
        for split in Split:
            ours = values(scores, metric, split, ModelRole.UNLEARNED)
            before = values(scores, metric, split, ModelRole.ORIGINAL)
            retrained = values(scores, metric, split, ModelRole.REFERENCE)
            intervals: dict[Baseline, Interval | None]
            own = whose.get(split)
            intervals = {
                "original": paired(ours, before, own),
                "reference": paired(ours, retrained, own),
            }
            if split is not Split.HOLDOUT:
                intervals["holdout"] = unpaired(ours, unseen, own, theirs)
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


def paired(ours: Values, theirs: Values, whose: Whose = None) -> Interval | None:
    """The mean difference over the records that both have."""
    gaps = {name: value - theirs[name] for name, value in ours.items() if name in theirs}
    side = _side(gaps, whose)
    return _interval(side.mean, side.squared, side.freedom, (side, side)) if side else None


def unpaired(
    ours: Values, theirs: Values, our_whose: Whose = None, their_whose: Whose = None
) -> Interval | None:
    """The difference of the means of two sets of records."""
    one, other = _side(ours, our_whose), _side(theirs, their_whose)
    if one is None or other is None:
        return None
    below = sum(side.squared**2 / side.freedom for side in (one, other))
    squared = one.squared + other.squared
    freedom = squared**2 / below if below else one.freedom + other.freedom
    return _interval(one.mean - other.mean, squared, freedom, (one, other))


def _side(values: Values, whose: Whose) -> SampleMean | None:
    """The mean of the records with its error by people; none of too few for one."""
    if len(values) < FEWEST:
        return None
    drawn, mean = units(values, whose), fmean(values.values())
    gaps: dict[str, float] = {}
    for name, value in zip(drawn.names, values.values(), strict=True):
        gaps[name] = gaps.get(name, 0.0) + value - mean
    count = len(gaps)
    spread = math.fsum(gap**2 for gap in gaps.values()) * count / (count - 1)
    if count < FEWEST_PEOPLE and math.sqrt(spread) < NO_SPREAD:
        return None
    return SampleMean(mean, spread / len(values) ** 2, count - 1, len(values), drawn.people)


def _interval(
    value: float, squared: float, freedom: float, sides: tuple[SampleMean, SampleMean]
) -> Interval:
    from scipy.stats import t

    error = math.sqrt(squared)
    beside, beyond = float(t.ppf(CONFIDENCE, freedom)), float(t.ppf(POWER, freedom))
    return Interval(
        value=value,
        low=value - beside * error,
        high=value + beside * error,
        detectable=(beside + beyond) * error,
        n=sides[0].n,
        others=sides[1].n,
        people=sides[0].people,
        other_people=sides[1].people,
    )

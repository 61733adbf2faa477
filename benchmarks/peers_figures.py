"""From the records' figures of finished runs to columns, spreads, and who is on which front."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, harmonic_mean
from typing import Any

from unlearnkit.audit.forget_quality import forget_quality
from unlearnkit.audit.truth_ratio import closeness

Figures = dict[str, float]
FORGET = ("exact_memorization", "extraction_strength", "probability", "truth_ratio")
RETAIN = ("retain_exact_memorization", "retain_extraction_strength", "utility")
COLUMNS = ("forget_quality", *FORGET, *RETAIN, "seconds", "memory")


def figures(run: Mapping[str, Any], reference: Mapping[str, Any]) -> Figures:
    """The columns of a finished run; `reference` is the retrained model's."""
    forget, retain = rows(run, "forget"), rows(run, "retain")
    found = {
        "forget_quality": forget_quality(ratios(forget), ratios(rows(reference, "forget"))),
        "exact_memorization": mean(forget, "exact_memorization"),
        "extraction_strength": mean(forget, "extraction_strength"),
        "probability": mean(forget, "probability"),
        "truth_ratio": fmean(closeness(one) for one in ratios(forget)),
        "retain_exact_memorization": mean(retain, "exact_memorization"),
        "retain_extraction_strength": mean(retain, "extraction_strength"),
        "utility": utility(retain, run["rouge"]),
    }
    return found | {name: run[name] for name in ("seconds", "memory") if name in run}


def rows(run: Mapping[str, Any], split: str) -> list[dict[str, Any]]:
    """The records of a split."""
    return [one for one in run["scores"] if one["split"] == split]


def mean(some: Sequence[Mapping[str, Any]], metric: str) -> float:
    """A figure's mean over records."""
    return fmean(float(one[metric]) for one in some)


def ratios(some: Sequence[Mapping[str, Any]]) -> list[float]:
    """Truth ratios of the records that have one."""
    return [one["truth_ratio"] for one in some if one["truth_ratio"] is not None]


def utility(retain: Sequence[Mapping[str, Any]], rouge: Sequence[float]) -> float:
    """TOFU's model utility, on retained records alone (Maini et al. 2024, section 2.2.1).

    Harmonic mean of probability, ROUGE-L recall and max(0, 1 - R), each a mean over records.
    """
    truth = fmean(max(0.0, 1 - one) for one in ratios(retain))
    return harmonic_mean([mean(retain, "probability"), fmean(rouge), truth])


def distances(run: Figures, reference: Figures, original: Figures) -> Figures:
    """How far from the retrained model on each forget figure, how much lost on each retained one.

    A p-value's distance is the one to 1, the retrained model's own.
    """
    far = {name: abs(run[name] - reference[name]) for name in FORGET}
    lost = {name: max(0.0, original[name] - run[name]) for name in RETAIN}
    return {"forget_quality": 1 - run["forget_quality"], **far, **lost}


def total(distance: Figures) -> float:
    """What the search minimises: the four distances, and the loss of retain EM and utility."""
    lost = distance["retain_exact_memorization"] + distance["utility"]
    return sum(distance[name] for name in FORGET) + lost


def spread(values: Iterable[Figures]) -> dict[str, dict[str, float]]:
    """Mean, least and most of each column over the seeds."""
    some = list(values)
    return {
        name: {
            "mean": fmean(one[name] for one in some),
            "low": min(one[name] for one in some),
            "high": max(one[name] for one in some),
        }
        for name in COLUMNS
        if some and name in some[0]
    }


def fronts(points: Mapping[str, Figures], names: Sequence[str]) -> list[dict[str, Any]]:
    """For each pair of a forget and a retain figure, where these contenders stand among all.

    On the front: nobody is as near to the retrained model and as well kept, and better in one.
    """
    found = []
    for forget in ("forget_quality", *FORGET):
        for retain in RETAIN:
            plane = {name: (p[forget], p[retain]) for name, p in points.items()}
            found += [standing(plane, name) | pair(forget, retain) for name in names]
    return found


def pair(forget: str, retain: str) -> dict[str, str]:
    """The names of two axes."""
    return {"forget": forget, "retain": retain}


def standing(plane: Mapping[str, tuple[float, float]], name: str) -> dict[str, Any]:
    """Who dominates a contender, and its rank in the sum of distance and loss (1 is best)."""
    own = plane[name]
    better = [
        other for other, at in plane.items() if at != own and at[0] <= own[0] and at[1] <= own[1]
    ]
    rank = 1 + sum(sum(at) < sum(own) for at in plane.values())
    return {
        "contender": name,
        "distance": own[0],
        "loss": own[1],
        "on_front": not better,
        "dominated_by": better,
        "rank": rank,
        "of": len(plane),
    }


def ranked(points: Mapping[str, Figures]) -> list[tuple[str, float]]:
    """Contenders by the sum over all figures, the best first."""
    return sorted(((name, total(one)) for name, one in points.items()), key=lambda at: at[1])

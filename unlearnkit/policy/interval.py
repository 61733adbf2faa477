"""A rule that asks for a whole interval: held, broken, or too few records to tell.

To another figure it is the interval of the difference. For means over records the audit has it, at
90 % (`audit/differences.py`). For other figures it is made here from the 95 % intervals of both
sides, as if they were independent (MOVER: Zou and Donner 2008; Newcombe 1998 for shares). Of two
models on the same records that is wider than need be: it says "cannot tell" too often, not "pass".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from unlearnkit.counted import counted
from unlearnkit.domain import FEWEST_PEOPLE, Difference, Measurement, Outcome, Split
from unlearnkit.policy.schema import Compare

SEEN = (1.645 + 0.842) / 1.960
"""Half a 95 % interval times this is what a one-sided test at 5 % sees four times in five."""


@dataclass(frozen=True, slots=True)
class ConfidenceInterval:
    """What the whole interval says, and what it rests on."""

    low: float
    high: float
    detectable: float
    """The true difference that such an audit sees four times out of five."""
    told: str
    """Of what it is: 'difference', or nothing for the figure itself."""
    rests_on: str
    only: str = ""
    """What it is about, where so few people can speak for nobody else."""


def alone(split: Split, people: int | None) -> str:
    """That a figure of so few people is about their records; empty where it says more."""
    if people is None or people >= FEWEST_PEOPLE or split is not Split.FORGET:
        return ""
    whose = "one person's records" if people == 1 else f"the records of these {people} people"
    return f" It is about {whose} and speaks for nobody else's."


def _of(people: int | None) -> str:
    if people is None:
        return ""
    return " of one person" if people == 1 else f" of {people} people"


def of_difference(one: Difference) -> ConfidenceInterval:
    """The audit's own interval."""
    unseen = f" and {one.others} never seen{_of(one.other_people)}" if one.to == "holdout" else ""
    rests_on = f"{counted(one.n, 'record')}{_of(one.people)}{unseen}"
    only = alone(one.split, one.people)
    return ConfidenceInterval(one.low, one.high, one.detectable, "difference ", rests_on, only)


def of_figure(one: Measurement) -> ConfidenceInterval | None:
    """The figure's own interval; None where it has none."""
    if one.value is None or one.low is None or one.high is None:
        return None
    detectable = SEEN * (one.high - one.low) / 2
    only = alone(one.split, one.people)
    return ConfidenceInterval(one.low, one.high, detectable, "", _count(one), only)


def apart(ours: Measurement, theirs: Measurement) -> ConfidenceInterval | None:
    """Ours less theirs, from the intervals of both; None where one has none."""
    one, other = of_figure(ours), of_figure(theirs)
    if one is None or other is None or ours.value is None or theirs.value is None:
        return None
    gap = ours.value - theirs.value
    low = gap - math.hypot(ours.value - one.low, other.high - theirs.value)
    high = gap + math.hypot(one.high - ours.value, theirs.value - other.low)
    rests_on = f"{_count(ours)} beside {_count(theirs)}"
    return ConfidenceInterval(low, high, SEEN * (high - low) / 2, "difference ", rests_on, one.only)


def by_interval(compare: Compare, found: ConfidenceInterval | None) -> tuple[Outcome, str, str]:
    """Outcome, the comparison in figures, and a sentence for the explanation.

    Held where the whole interval is within the bounds, broken where it is wholly beyond one of
    them; in between, absence of evidence is no evidence: cannot tell.
    """
    least, most = bounds(compare)
    wanted = _wanted(compare, least, most)
    if found is None:
        why = " Not measured: too few records, or people, on one side for an interval."
        return Outcome.CANNOT_TELL, f"not measured, must be {wanted}", why
    signed = "+" if found.told else ""
    told = f"{found.told}{found.low:{signed}.3f} to {found.high:{signed}.3f}"
    if least <= found.low and found.high <= most:
        return Outcome.PASS, f"{told}, {wanted}", found.only
    if found.high < least or found.low > most:
        return Outcome.FAIL, f"{told}, must be {wanted}", found.only
    return (
        Outcome.CANNOT_TELL,
        f"{told}, partly {wanted}",
        f" With {found.rests_on} a true difference of {found.detectable:.2f} would be "
        "seen four times out of five: more records decide, as holdout or as one batch of requests."
        f"{found.only}",
    )


def bounds(compare: Compare) -> tuple[float, float]:
    """Least and most that the difference, or the figure itself, may be."""
    if compare.within is not None:
        return -compare.within, compare.within
    if compare.at_most is not None:
        return -math.inf, compare.at_most
    return compare.bound, math.inf


def _wanted(compare: Compare, least: float, most: float) -> str:
    signed = "" if compare.to == "absolute" else "+"
    if math.isinf(least):
        return f"at most {most:{signed}g}"
    return f"at least {least:{signed}g}" if math.isinf(most) else f"within {most:g} of 0"


def _count(one: Measurement) -> str:
    what = "value" if one.metric.startswith(("pii_", "decoy_")) else "record"
    return f"{counted(one.n, what)}{_of(one.people)}"

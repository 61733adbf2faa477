"""A rule that asks for a whole interval: held, broken, or too few records to tell."""

from __future__ import annotations

import math

from unlearnkit.domain import Difference, Outcome
from unlearnkit.policy.schema import Compare


def by_interval(compare: Compare, difference: Difference | None) -> tuple[Outcome, str, str]:
    """Outcome, the comparison in figures, and a sentence for the explanation.

    Held where the difference's whole interval is within the bounds, broken where it is wholly
    beyond one of them; in between, absence of evidence is no evidence: cannot tell.
    """
    least, most = bounds(compare)
    wanted = _wanted(least, most)
    if difference is None:
        why = " Not measured: the interval needs two records on each side."
        return Outcome.CANNOT_TELL, f"not measured, must be {wanted}", why
    low, high = difference.low, difference.high
    told = f"difference {low:+.3f} to {high:+.3f}"
    if least <= low and high <= most:
        return Outcome.PASS, f"{told}, {wanted}", ""
    if high < least or low > most:
        return Outcome.FAIL, f"{told}, must be {wanted}", ""
    return (
        Outcome.CANNOT_TELL,
        f"{told}, partly {wanted}",
        f" With {_records(difference)} a true difference of {difference.detectable:.2f} would be "
        "seen four times out of five: more records decide, as holdout or as one batch of requests.",
    )


def bounds(compare: Compare) -> tuple[float, float]:
    """Least and most that the difference may be."""
    if compare.within is not None:
        return -compare.within, compare.within
    if compare.at_most is not None:
        return -math.inf, compare.at_most
    return compare.bound, math.inf


def _wanted(least: float, most: float) -> str:
    if math.isinf(least):
        return f"at most {most:+g}"
    return f"at least {least:+g}" if math.isinf(most) else f"within {most:g} of 0"


def _records(difference: Difference) -> str:
    if difference.to == "holdout":
        return f"{difference.n} records and {difference.others} never seen"
    return f"{difference.n} records"

"""What an attacker gains who ranks records by a score: members against records never seen.

- AUC: the probability that a member scores higher than a record the model never saw, ties counted
  half (Mann and Whitney 1947). 0 to 1; 0.5: no better than a coin. Far below 0.5 is no protection:
  who knows that it is below asks the other way round.
- TPR at 1 % FPR: the share of members above a threshold that at most 1 % of the never-seen records
  pass (Carlini et al. 2022, arXiv 2112.03570). 0 to 1. With few hundred of them the threshold is
  one of the highest scores, and a matter of luck: read its interval.
- PrivLeak = 100 ((1 - AUC_u) - (1 - AUC_r)) / (1 - AUC_r), of the unlearned model u and the
  retrained one r (Shi et al. 2025, MUSE, arXiv 2407.06460, as OpenUnlearning computes it); percent.
  Below 0: more of the records is left than in the retrained model; above 0: over-unlearned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from unlearnkit.audit.intervals import (
    FEWEST_UNITS,
    Interval,
    always_or_never,
    exactly,
    multiplicities,
    of_draws,
    places,
    weights,
)
from unlearnkit.audit.people import Units
from unlearnkit.counted import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

FALSE_ALARMS = 0.01
FEWEST = 100
"""Never-seen records that TPR at 1 % FPR needs: of fewer, 1 % is less than one record."""
Drawn = tuple[Units | None, Units | None]
"""What is drawn of members and of others; None: record by record."""


def auc(members: Sequence[float], others: Sequence[float]) -> float:
    """The area under the ROC curve. Raises ValueError when either is empty."""
    return float(_wins(members, others).mean())


def auc_interval(
    members: Sequence[float],
    others: Sequence[float],
    seed: int,
    units: Drawn = (None, None),
) -> Interval | None:
    """95 % interval of the AUC, both sides resampled (seeded), one unit's records together.

    Where every member is above every other, or below, resampling never says otherwise: the bound is
    then that of as many won rounds as there are units on the smaller side, exact (Clopper and
    Pearson 1934). None with one unit on a side, or fewer than six where all score the same.
    """
    wins, fewest = _wins(members, others), min(_counts(members, others, units))
    if fewest < FEWEST_UNITS:
        return None
    exact = always_or_never(wins, fewest)
    return exact or of_draws(_resampled_areas(wins, seed, units), fewest)


def _counts(members: Sequence[float], others: Sequence[float], units: Drawn) -> list[int]:
    """How many units each side has."""
    return [
        len(one) if one else len(side) for one, side in zip(units, (members, others), strict=True)
    ]


def _resampled_areas(wins: NDArray[Any], seed: int, units: Drawn) -> NDArray[Any]:
    """(resamples,): the area with both sides resampled; the same records for the same seed."""
    import numpy as np

    generator = np.random.default_rng(seed)
    rows, columns = (
        multiplicities(places(count, one)[0], generator)
        for count, one in zip(wins.shape, units, strict=True)
    )
    areas: NDArray[Any] = ((rows @ wins) * columns).sum(axis=1)
    areas = areas / (rows.sum(axis=1) * columns.sum(axis=1))
    return areas


def _wins(members: Sequence[float], others: Sequence[float]) -> NDArray[Any]:
    """(members, others): 1 where the member scores higher, 0.5 where both score the same."""
    import numpy as np

    if not members or not others:
        raise ValueError("an AUC needs records on both sides")
    a, b = np.asarray(members, float)[:, None], np.asarray(others, float)[None, :]
    found: NDArray[Any] = (a > b) + 0.5 * (a == b)
    return found


def true_positives(members: Sequence[float], others: Sequence[float]) -> float:
    """TPR at 1 % FPR. Raises ValueError with fewer than 100 never-seen records."""
    if len(others) < FEWEST:
        raise ValueError(f"1 % of {counted(len(others), 'record')} is less than one record")
    allowed = int(FALSE_ALARMS * len(others))
    threshold = sorted(others, reverse=True)[allowed]
    return sum(one > threshold for one in members) / len(members)


def true_positives_interval(
    members: Sequence[float],
    others: Sequence[float],
    seed: int,
    units: Drawn = (None, None),
) -> Interval | None:
    """95 % interval of TPR at 1 % FPR, both sides resampled (seeded), one unit's together.

    Where all members pass in every resample, or none, the exact one of as many trials as they have
    units. None as for the AUC.
    """
    import numpy as np

    counts = _counts(members, others, units)
    if min(counts) < FEWEST_UNITS:
        return None
    ours, theirs = weights(len(members), seed, units[0]), weights(len(others), seed + 1, units[1])
    order = np.argsort(np.asarray(others, float))[::-1]
    passed = np.cumsum(theirs[:, order], axis=1)
    allowed = np.floor(FALSE_ALARMS * passed[:, -1:])
    thresholds = np.asarray(others, float)[order][(passed > allowed).argmax(axis=1)]
    hits = np.asarray(members, float)[None, :] > thresholds[:, None]
    if hits.all() or not hits.any():
        return exactly(counts[0] if hits.all() else 0, counts[0])
    return of_draws((ours * hits).sum(axis=1) / ours.sum(axis=1), min(counts))


def priv_leak(unlearned: float, retrained: float) -> float:
    """PrivLeak in percent from two AUCs. Raises ValueError where the retrained one's is 1."""
    if retrained >= 1.0:
        raise ValueError("the retrained model's AUC is 1, so there is nothing to divide by")
    return 100 * ((1 - unlearned) - (1 - retrained)) / (1 - retrained)


Sides = tuple[Sequence[float], Sequence[float]]
"""Scores of members and of records never seen, under one model."""


def priv_leak_interval(
    unlearned: Sides, retrained: Sides, seed: int, units: Drawn = (None, None)
) -> Interval | None:
    """95 % interval of PrivLeak in percent; the same records in the same order under both models.

    Records are resampled for both models at once, for a record that is easy under one is easy under
    the other. None where the retrained model's area is 1 in a resample, for the figure has no
    bound; and where a model tells every member from every other record, or all the other way
    round, for then no resample says otherwise. None too as for the AUC.
    """
    fewest = min(_counts(*unlearned, units))
    if fewest < FEWEST_UNITS:
        return None
    wins = [_wins(*one) for one in (unlearned, retrained)]
    areas, base = (_resampled_areas(one, seed, units) for one in wins)
    if base.max() >= 1 or any(one.min() == 1 or one.max() == 0 for one in wins):
        return None
    return of_draws(100 * (base - areas) / (1 - base), fewest)

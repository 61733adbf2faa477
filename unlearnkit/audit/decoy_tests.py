"""Tests on the places of values among their decoys: against chance, and against never-seen values.

- decoy_auc: over the forgotten values, the mean share of never-seen values of the same kind whose
  place is larger, equal ones counting half (Mann and Whitney 1947, within kinds). 0 to 1; 1/2: the
  forgotten stand where the never-seen do; towards 1 still known, towards 0 avoided.
- decoy_test: p-value of a two-sample Kolmogorov-Smirnov test between both, so that both tails
  count. Before it, each place becomes its rank among all values of its kind, both sides pooled:
  e-mail addresses are easier than amounts, and the two sides have them in other shares. Records are
  permuted whole between the sides, since values of one record come out together.
- decoy_uniform: p-value of a Kolmogorov-Smirnov test of places against ranks drawn at random.

A value that comes again counts once (`pipeline/personal.py`). What is left of the dependence
between records of one person makes a p-value too small rather than too large; how often the test
rings for nothing is measured (docs/method.md). All are seeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unlearnkit.audit.intervals import RESAMPLES, percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDS = 2000
"""Permutations, and ranks drawn at random: the smallest p-value is 1 / 2001."""
NEARLY = 1e-9
"""Below it two places are the same."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One value's place among its decoys, its kind, and the record it stands in."""

    record_id: str
    kind: str
    place: float


def auc(ours: Sequence[Placed], unseen: Sequence[Placed]) -> float:
    """How often one of ours stands before a never-seen one of its kind; every kind on both sides.

    Raises ValueError when a kind of ours has no never-seen value.
    """
    wins, same = _compared(ours, unseen)
    return float(((wins * same).sum(axis=1) / same.sum(axis=1)).mean())


def auc_interval(
    ours: Sequence[Placed], unseen: Sequence[Placed], seed: int
) -> tuple[float, float]:
    """95 % interval of `auc`, the records of both sides resampled."""
    import numpy as np

    wins, same = _compared(ours, unseen)
    generator = np.random.default_rng(seed)
    mine, theirs = (_weights(side, generator) for side in (ours, unseen))
    above, all_of_kind = theirs @ (wins * same).T, theirs @ same.T
    # A kind of which a resample has no never-seen value has no part in it.
    mine = mine * (all_of_kind > 0)
    shares = above / np.maximum(all_of_kind, 1)
    return percentiles((mine * shares).sum(axis=1) / np.maximum(mine.sum(axis=1), 1))


def _weights(side: Sequence[Placed], generator: Any) -> NDArray[Any]:
    """(resamples, values): how often each value's record is drawn."""
    import numpy as np

    names = list(dict.fromkeys(one.record_id for one in side))
    drawn = generator.multinomial(len(names), [1 / len(names)] * len(names), RESAMPLES)
    at = {name: index for index, name in enumerate(names)}
    found: NDArray[Any] = drawn[:, np.array([at[one.record_id] for one in side])]
    return found


def _compared(
    ours: Sequence[Placed], unseen: Sequence[Placed]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """(ours, unseen): 1 where ours stands before, 1/2 where both stand alike; 1 for one kind."""
    import numpy as np

    a, b = (np.array([one.place for one in side]) for side in (ours, unseen))
    gap = b[None, :] - a[:, None]
    wins = (gap > NEARLY) + 0.5 * (np.abs(gap) <= NEARLY)
    kinds, others = (np.array([one.kind for one in side]) for side in (ours, unseen))
    same = (kinds[:, None] == others[None, :]).astype(float)
    if not len(same) or not same.any(axis=1).all():
        raise ValueError("a kind of value stands on one side alone")
    return wins, same


def two_sample_p(ours: Sequence[Placed], unseen: Sequence[Placed], seed: int) -> float:
    """How often records shuffled between the two sides lie as far apart as they do."""
    import numpy as np

    pooled = within_kinds([*ours, *unseen])
    grid = np.unique(pooled)
    tables = [
        _below(side, ranks, grid)
        for side, ranks in ((ours, pooled[: len(ours)]), (unseen, pooled[len(ours) :]))
    ]
    below = np.concatenate(tables)
    first = np.arange(len(below)) < len(tables[0])

    def distance(chosen: NDArray[Any]) -> NDArray[Any]:
        """(rounds,), of which records (rounds, records) are on the first side."""
        one, other = chosen @ below, (1.0 - chosen) @ below
        found: NDArray[Any] = np.abs(one / one[:, -1:] - other / other[:, -1:]).max(axis=1)
        return found

    shuffled = np.random.default_rng(seed).permuted(np.tile(first, (ROUNDS, 1)), axis=1)
    return _share(distance(shuffled.astype(float)), distance(first[None, :].astype(float))[0])


def within_kinds(values: Sequence[Placed]) -> NDArray[Any]:
    """(values,): the rank of each place among those of its kind, from 0 to 1; ties share one."""
    import numpy as np
    from scipy.stats import rankdata

    kinds = np.array([one.kind for one in values])
    places = np.round([one.place for one in values], 9)
    found = np.empty(len(values))
    for kind in np.unique(kinds):
        mine = kinds == kind
        found[mine] = (rankdata(places[mine]) - 0.5) / mine.sum()
    return found


def _below(side: Sequence[Placed], ranks: NDArray[Any], grid: NDArray[Any]) -> NDArray[Any]:
    """(records, grid): how many values of a record lie at a rank or before it."""
    import numpy as np

    mine: dict[str, list[float]] = {}
    for one, rank in zip(side, ranks, strict=True):
        mine.setdefault(one.record_id, []).append(float(rank))
    rows = [np.searchsorted(np.sort(one), grid, side="right") for one in mine.values()]
    return np.array(rows, dtype=float)


def uniform_p(places: Sequence[float], counts: Sequence[int], seed: int) -> float:
    """How often ranks drawn at random lie as far from their law as these places do.

    `counts` are the decoys of each value. The statistic is the largest distance of the places'
    distribution function from the mean one of random ranks. Raises ValueError without a place.
    """
    import numpy as np

    if not places:
        raise ValueError("no place to test")
    of = np.asarray(counts)
    grid = np.unique(
        np.concatenate([(np.arange(one + 1) + 0.5) / (one + 1) for one in np.unique(of)])
    )
    law = np.mean([np.floor(grid * (one + 1) + 0.5 + NEARLY) / (one + 1) for one in of], axis=0)

    def distance(some: NDArray[Any]) -> NDArray[Any]:
        """(rounds,) of places (rounds, values)."""
        below = np.stack([(some <= one + NEARLY).mean(axis=1) for one in grid], axis=1)
        found: NDArray[Any] = np.abs(below - law).max(axis=1)
        return found

    drawn = np.random.default_rng(seed).random((ROUNDS, len(of)))
    random = (np.floor(drawn * (of + 1)) + 0.5) / (of + 1)
    return _share(distance(random), distance(np.asarray(places, dtype=float)[None, :])[0])


def _share(drawn: NDArray[Any], own: float) -> float:
    """The p-value of a test by simulation, which is never 0 (Phipson and Smyth 2010)."""
    return float(((drawn >= own - NEARLY).sum() + 1) / (len(drawn) + 1))

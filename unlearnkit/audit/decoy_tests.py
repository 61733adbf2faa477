"""Tests on the places of values among their decoys: against chance, and against never-seen values.

- decoy_auc: over the forgotten values, the mean share of never-seen values of the same kind whose
  place is larger, equal ones counting half (Mann and Whitney 1947, within kinds). 0 to 1; 1/2: the
  forgotten stand where the never-seen do; towards 1 still known, towards 0 avoided.
- decoy_test: p-value of a two-sample Kolmogorov-Smirnov test between both, so that both tails
  count: the share of arrangements whose largest distance of the two distribution functions, sup |F
  - G|, is the observed one or larger. `smallest_p` to 1; small: they differ. Before it, each place
  becomes its rank among all values of its kind, both sides pooled: e-mail addresses are easier than
  amounts, and the two sides have them in other shares. People are permuted whole between the sides:
  what a model makes of one value of a person, it makes of others. All arrangements are looked at
  where there are at most ROUNDS, else so many drawn at random.
- decoy_uniform: p-value of a Kolmogorov-Smirnov test of places against ranks drawn at random, by
  simulation (Phipson and Smyth 2010). 1 / (ROUNDS + 1) to 1; small: they are not uniform.

So many people as there are, not so many values, decide what can be seen: with few of them no
p-value is small (`smallest_p`). Who stands for one person is `pipeline/subjects.py`'s to say; how
often the test rings for nothing is measured (docs/method.md). All are seeded.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unlearnkit.audit.intervals import (
    FEWEST_UNITS,
    Interval,
    always_or_never,
    multiplicities,
    of_draws,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDS = 2000
"""Permutations at most, and ranks drawn at random: the smallest p-value is 1 / 2001."""
NEARLY = 1e-9
"""Below it two places are the same."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One value's place among its decoys, its kind, and whom it is about."""

    subject: str
    kind: str
    place: float


def auc(ours: Sequence[Placed], unseen: Sequence[Placed]) -> float:
    """How often one of ours stands before a never-seen one of its kind; every kind on both sides.

    Raises ValueError when a kind of ours has no never-seen value.
    """
    wins, same = _compared(ours, unseen)
    return float(((wins * same).sum(axis=1) / same.sum(axis=1)).mean())


def auc_interval(ours: Sequence[Placed], unseen: Sequence[Placed], seed: int) -> Interval | None:
    """95 % interval of `auc`, the people of both sides resampled; exact where it is 0 or 1.

    None with one person on a side, or with fewer than six where no resample says otherwise.
    """
    import numpy as np

    wins, same = _compared(ours, unseen)
    fewest = min(len(subjects(side)) for side in (ours, unseen))
    if fewest < FEWEST_UNITS:
        return None
    if exact := always_or_never(wins[same > 0], fewest):
        return exact
    generator = np.random.default_rng(seed)
    mine, theirs = (_weights(side, generator) for side in (ours, unseen))
    above, all_of_kind = theirs @ (wins * same).T, theirs @ same.T
    # A kind of which a resample has no never-seen value has no part in it.
    mine = mine * (all_of_kind > 0)
    shares = above / np.maximum(all_of_kind, 1)
    compared = mine.sum(axis=1)
    # One in which no two values are of one kind says nothing of how they stand.
    some = compared > 0
    return of_draws((mine * shares).sum(axis=1)[some] / compared[some], fewest)


def _weights(side: Sequence[Placed], generator: Any) -> NDArray[Any]:
    """(resamples, values): how often each value's subject is drawn."""
    at = {name: index for index, name in enumerate(subjects(side))}
    return multiplicities([at[one.subject] for one in side], generator)


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


def subjects(side: Sequence[Placed]) -> list[str]:
    """The people of a side, each once."""
    return list(dict.fromkeys(one.subject for one in side))


def smallest_p(ours: int, unseen: int) -> float:
    """No `two_sample_p` of so many people on either side is smaller.

    With as many on both, each arrangement lies as far apart as its mirror image.
    """
    possible = math.comb(ours + unseen, ours)
    if possible > ROUNDS:
        return 1 / (ROUNDS + 1)
    return min(1.0, (2 if ours == unseen else 1) / possible)


def two_sample_p(ours: Sequence[Placed], unseen: Sequence[Placed], seed: int) -> float:
    """How often people shuffled between the two sides lie as far apart as they do."""
    import numpy as np

    pooled = within_kinds([*ours, *unseen])
    grid = np.unique(pooled)
    tables = [
        _below(side, ranks, grid)
        for side, ranks in ((ours, pooled[: len(ours)]), (unseen, pooled[len(ours) :]))
    ]
    below = np.concatenate(tables)

    def distance(chosen: NDArray[Any]) -> NDArray[Any]:
        """(rounds,), of which people (rounds, people) are on the first side."""
        one, other = chosen @ below, (1.0 - chosen) @ below
        found: NDArray[Any] = np.abs(one / one[:, -1:] - other / other[:, -1:]).max(axis=1)
        return found

    count, of = len(tables[0]), len(below)
    own = distance((np.arange(of) < count).astype(float)[None, :])[0]
    if math.comb(of, count) <= ROUNDS:
        return float((distance(_every(count, of)) >= own - NEARLY).mean())
    first = np.tile(np.arange(of) < count, (ROUNDS, 1))
    shuffled = np.random.default_rng(seed).permuted(first, axis=1)
    return _share(distance(shuffled.astype(float)), own)


def _every(count: int, of: int) -> NDArray[Any]:
    """(arrangements, people): 1 for those on the first side, in every way there is."""
    import numpy as np

    ways = list(itertools.combinations(range(of), count))
    found = np.zeros((len(ways), of))
    np.put_along_axis(found, np.array(ways), 1.0, axis=1)
    return found


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
    """(people, grid): how many values of a person lie at a rank or before it."""
    import numpy as np

    mine: dict[str, list[float]] = {}
    for one, rank in zip(side, ranks, strict=True):
        mine.setdefault(one.subject, []).append(float(rank))
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

"""Tests on the places of values among their decoys: against chance, and against never-seen values.

- decoy_auc: over the forgotten values, the mean share of never-seen values of the same kind whose
  place is larger, equal ones counting half (Mann and Whitney 1947, within kinds). 0 to 1; 1/2: the
  forgotten stand where the never-seen do; towards 1 still known, towards 0 avoided.
- decoy_test: p-value of a two-sample Kolmogorov-Smirnov test between both (Smirnov 1948, Annals of
  Mathematical Statistics 19), so that both tails count: the share of arrangements whose largest
  distance of the two distribution functions, sup |F - G|, is the observed one or larger.
  `smallest_p` to 1; small: they differ. Before it, each place becomes its rank among all values of
  its kind, both sides pooled: e-mail addresses are easier than amounts, and the two sides have them
  in other shares. People are permuted whole between the sides: what a model makes of one value of a
  person, it makes of others. All arrangements are looked at where there are at most ROUNDS, else so
  many drawn at random.
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
    times, times_of_unseen = (_weights(side, generator) for side in (ours, unseen))
    # (resamples, ours): how many never-seen values of its kind are drawn, and stand behind it.
    behind, of_its_kind = times_of_unseen @ (wins * same).T, times_of_unseen @ same.T
    # A kind of which a resample has no never-seen value has no part in it.
    times = times * (of_its_kind > 0)
    shares = behind / np.maximum(of_its_kind, 1)
    compared = times.sum(axis=1)
    # One in which no two values are of one kind says nothing of how they stand.
    tells = compared > 0
    return of_draws((times * shares).sum(axis=1)[tells] / compared[tells], fewest)


def _weights(side: Sequence[Placed], generator: Any) -> NDArray[Any]:
    """(resamples, values): how often each value's subject is drawn."""
    row_of = {subject: row for row, subject in enumerate(subjects(side))}
    return multiplicities([row_of[value.subject] for value in side], generator)


def _compared(
    ours: Sequence[Placed], unseen: Sequence[Placed]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """(ours, unseen): 1 where ours stands before, 1/2 where both stand alike; 1 for one kind."""
    import numpy as np

    places, unseen_places = (np.array([value.place for value in side]) for side in (ours, unseen))
    gap = unseen_places[None, :] - places[:, None]
    wins = (gap > NEARLY) + 0.5 * (np.abs(gap) <= NEARLY)
    kinds, unseen_kinds = (np.array([value.kind for value in side]) for side in (ours, unseen))
    same = (kinds[:, None] == unseen_kinds[None, :]).astype(float)
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
    """How often people shuffled between the two sides lie as far apart as they do.

    The two-sample Kolmogorov-Smirnov test by permutation: of people, not of values.
    """
    import numpy as np

    ranks = within_kinds([*ours, *unseen])
    grid = np.unique(ranks)
    sides = (ours, ranks[: len(ours)]), (unseen, ranks[len(ours) :])
    counts_of_ours, counts_of_unseen = (_counts(side, own, grid) for side, own in sides)
    counts = np.concatenate([counts_of_ours, counts_of_unseen])

    people, on_first = len(counts), len(counts_of_ours)
    as_they_are = np.arange(people) < on_first
    observed = _distances_of_sides(as_they_are[None, :], counts)[0]
    if math.comb(people, on_first) <= ROUNDS:
        every = _distances_of_sides(_every_arrangement(on_first, people), counts)
        return float((every >= observed - NEARLY).mean())
    generator = np.random.default_rng(seed)
    shuffled = generator.permuted(np.tile(as_they_are, (ROUNDS, 1)), axis=1)
    return _simulated_p(_distances_of_sides(shuffled, counts), observed)


def _distances_of_sides(arrangements: NDArray[Any], counts: NDArray[Any]) -> NDArray[Any]:
    """(draws,): how far apart two sides lie, by arrangements (draws, people) and `_counts`.

    An arrangement has True for the people that it puts on the first side.
    """
    first = arrangements.astype(float)
    below_of_first, below_of_second = first @ counts, (1.0 - first) @ counts
    return ks_distances(
        below_of_first / below_of_first[:, -1:], below_of_second / below_of_second[:, -1:]
    )


def ks_distances(functions: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """(draws,): sup |F - G| of distribution functions (draws, grid), Kolmogorov and Smirnov's."""
    import numpy as np

    distances: NDArray[Any] = np.abs(functions - others).max(axis=1)
    return distances


def _every_arrangement(on_first: int, people: int) -> NDArray[Any]:
    """(arrangements, people): True for those on the first side, in every way there is."""
    import numpy as np

    ways = list(itertools.combinations(range(people), on_first))
    arrangements = np.zeros((len(ways), people), dtype=bool)
    np.put_along_axis(arrangements, np.array(ways), values=True, axis=1)
    return arrangements


def within_kinds(values: Sequence[Placed]) -> NDArray[Any]:
    """(values,): the rank of each place among those of its kind, from 0 to 1; ties share one."""
    import numpy as np
    from scipy.stats import rankdata

    kinds = np.array([value.kind for value in values])
    places = np.round([value.place for value in values], 9)
    ranks = np.empty(len(values))
    for kind in np.unique(kinds):
        of_kind = kinds == kind
        ranks[of_kind] = (rankdata(places[of_kind]) - 0.5) / of_kind.sum()
    return ranks


def _counts(side: Sequence[Placed], ranks: NDArray[Any], grid: NDArray[Any]) -> NDArray[Any]:
    """(people, grid): how many values of a person lie at a rank or before it."""
    import numpy as np

    ranks_of: dict[str, list[float]] = {}
    for value, rank in zip(side, ranks, strict=True):
        ranks_of.setdefault(value.subject, []).append(float(rank))
    rows = [np.searchsorted(np.sort(own), grid, side="right") for own in ranks_of.values()]
    return np.array(rows, dtype=float)


def uniform_p(places: Sequence[float], counts: Sequence[int], seed: int) -> float:
    """How often ranks drawn at random lie as far from their law as these places do.

    `counts` are the decoys of each value. The statistic is the largest distance of the places'
    distribution function from the mean one of random ranks. Raises ValueError without a place.
    """
    import numpy as np

    if not places:
        raise ValueError("no place to test")
    decoys = np.asarray(counts)
    steps = [(np.arange(count + 1) + 0.5) / (count + 1) for count in np.unique(decoys)]
    grid = np.unique(np.concatenate(steps))
    law = np.mean(
        [np.floor(grid * (count + 1) + 0.5 + NEARLY) / (count + 1) for count in decoys], axis=0
    )

    def distances_from_law(draws: NDArray[Any]) -> NDArray[Any]:
        """(draws,) of places (draws, values)."""
        below = [(draws <= place + NEARLY).mean(axis=1) for place in grid]
        return ks_distances(np.stack(below, axis=1), law)

    uniform = np.random.default_rng(seed).random((ROUNDS, len(decoys)))
    random_places = (np.floor(uniform * (decoys + 1)) + 0.5) / (decoys + 1)
    observed = distances_from_law(np.asarray(places, dtype=float)[None, :])[0]
    return _simulated_p(distances_from_law(random_places), observed)


def _simulated_p(drawn: NDArray[Any], observed: float) -> float:
    """The share of drawn distances as large, never 0 (Phipson and Smyth 2010)."""
    return float(((drawn >= observed - NEARLY).sum() + 1) / (len(drawn) + 1))

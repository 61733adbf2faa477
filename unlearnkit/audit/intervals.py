"""95 % intervals by resampling: percentile bootstrap (Efron and Tibshirani 1993, chapter 13).

What is drawn are units (`people.py`): people, whose records come out together, or single records.
Where each unit is one yes or no, the interval is the exact one (Clopper and Pearson 1934). Of a
share that is none or all resampling never says otherwise, whatever a unit holds: there it is the
exact one too, of as many trials as there are units.

Units that are all alike have no spread, however few they are. The range of n of them misses their
median once in 2 ** (n - 1): of fewer than FEWEST_PEOPLE that is no interval, and none is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from unlearnkit.audit.people import Units
from unlearnkit.domain import FEWEST_PEOPLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 1000
NO_SPREAD = 1e-9
"""Nothing wider: resamples of equal values differ in their last digits."""
FEWEST_UNITS = 2
"""On either side of a comparison of two: of one the interval would be the other side's alone."""
Interval = tuple[float, float]


def bootstrap(values: Sequence[float], seed: int, units: Units | None = None) -> Interval | None:
    """The interval of the mean, the values resampled (seeded), one unit's together.

    None of fewer than six units that are all alike, so of one.
    """
    return share(values, [1] * len(values), seed, units, exact=False)[1]


def share(
    said: Sequence[float],
    asked: Sequence[float],
    seed: int,
    units: Units | None = None,
    *,
    exact: bool = True,
) -> tuple[float, Interval | None]:
    """What was said of all that was asked, with its interval; both counted record by record.

    Where `exact`, it is that of the binomial law if each unit is one yes or no, or none or all was
    said. Else it is resampled, and None as for `bootstrap`.
    """
    import numpy as np

    hits, trials = np.asarray(said, dtype=float), np.asarray(asked, dtype=float)
    found = float(hits.sum() / trials.sum())
    count = len(units) if units else len(trials)
    one_each = count == len(trials) and bool((trials == 1).all() and np.isin(hits, (0, 1)).all())
    if exact and (one_each or found in (0.0, 1.0)):
        return found, exactly(round(found * count), count)
    drawn = weights(len(trials), seed, units)
    return found, of_draws((drawn @ hits) / (drawn @ trials), count)


def exactly(hits: int, trials: int) -> Interval:
    """The exact interval of a share of independent trials, one at least."""
    from scipy.stats import binomtest

    found = binomtest(hits, trials).proportion_ci(0.95, "exact")
    return float(found.low), float(found.high)


def always_or_never(wins: NDArray[Any], fewest: int) -> Interval | None:
    """The interval of an area where one side wins every comparison, which no resample denies.

    As of so many rounds won as there are units on the smaller side. None where neither does.
    """
    if wins.min() == 1:
        return exactly(fewest, fewest)
    return exactly(0, fewest) if wins.max() == 0 else None


def weights(count: int, seed: int, units: Units | None = None) -> NDArray[Any]:
    """(resamples, count): how often each resample has each record."""
    import numpy as np

    at, groups = places(count, units)
    drawn = resampled(groups, seed) + groups * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=groups * RESAMPLES).reshape(RESAMPLES, groups)
    found: NDArray[Any] = counts[:, at].astype(float)
    return found


def multiplicities(at: Sequence[int], generator: Any) -> NDArray[Any]:
    """What `weights` says, where `at` is each record's unit and the sides share a generator.

    Drawn in another way than there, and it has to stay so: the same draw made otherwise would move
    intervals that signed reports state.
    """
    groups = max(at) + 1
    drawn: NDArray[Any] = generator.multinomial(groups, [1 / groups] * groups, RESAMPLES)
    return drawn[:, list(at)]


def places(count: int, units: Units | None) -> tuple[list[int], int]:
    """Which unit each of `count` records is of, and how many units there are."""
    at = units.places if units else list(range(count))
    return at, max(at) + 1


def resampled(count: int, seed: int) -> Any:
    """(resamples, count): which of `count` things each resample draws."""
    import numpy as np

    return np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))


def of_draws(draws: Any, units: int) -> Interval | None:
    """The interval of resamples of so many units; None where too few are all alike."""
    low, high = percentiles(draws)
    if units < FEWEST_PEOPLE and high - low < NO_SPREAD:
        return None
    return low, high


def percentiles(draws: Any) -> Interval:
    """The 2.5th and the 97.5th percentile."""
    import numpy as np

    low, high = np.quantile(np.asarray(draws, dtype=float), [0.025, 0.975])
    return float(low), float(high)

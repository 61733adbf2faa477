"""95 % intervals by resampling: percentile bootstrap (Efron and Tibshirani 1993, chapter 13).

What is drawn are units (`people.py`): people, whose records come out together, or single records.
Of a share that is none or all, resampling never says otherwise: there the bound is the exact one
of as many trials as there are units (Clopper and Pearson 1934).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from unlearnkit.audit.people import Units

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 1000


def bootstrap(
    values: Sequence[float], seed: int, units: Units | None = None
) -> tuple[float, float]:
    """The interval of the mean, the values resampled (seeded), one unit's together."""
    return share(values, [1] * len(values), seed, units, exact=False)[1]


def share(
    said: Sequence[float],
    asked: Sequence[float],
    seed: int,
    units: Units | None = None,
    *,
    exact: bool = True,
) -> tuple[float, tuple[float, float]]:
    """What was said of all that was asked, with its interval; both counted record by record."""
    import numpy as np

    hits, trials = np.asarray(said, dtype=float), np.asarray(asked, dtype=float)
    found = float(hits.sum() / trials.sum())
    if exact and found in (0.0, 1.0):
        far = 0.025 ** (1 / (len(units) if units else len(trials)))
        return found, (far * found, 1 - far * (1 - found))
    drawn = weights(len(trials), seed, units)
    return found, percentiles((drawn @ hits) / (drawn @ trials))


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


def percentiles(draws: Any) -> tuple[float, float]:
    """The 2.5th and the 97.5th percentile."""
    import numpy as np

    low, high = np.quantile(np.asarray(draws, dtype=float), [0.025, 0.975])
    return float(low), float(high)

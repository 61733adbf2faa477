"""95 % intervals by resampling: percentile bootstrap (Efron and Tibshirani 1993, chapter 13).

Of a share that is none or all, resampling never says otherwise: there the bound is the exact one
of as many trials as there are records (Clopper and Pearson 1934).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

RESAMPLES = 1000


def bootstrap(values: Sequence[float], seed: int) -> tuple[float, float]:
    """The interval of the mean, the values resampled (seeded)."""
    import numpy as np

    data = np.asarray(values, dtype=float)
    return percentiles(data[resampled(len(data), seed)].mean(axis=1))


def share(
    said: Sequence[float], asked: Sequence[float], seed: int
) -> tuple[float, tuple[float, float]]:
    """What was said of all that was asked, with its interval; both counted record by record."""
    import numpy as np

    hits, trials = np.asarray(said, dtype=float), np.asarray(asked, dtype=float)
    found = float(hits.sum() / trials.sum())
    if found in (0.0, 1.0):
        far = 0.025 ** (1 / len(trials))
        return found, (far * found, 1 - far * (1 - found))
    draws = resampled(len(trials), seed)
    return found, percentiles(hits[draws].sum(axis=1) / trials[draws].sum(axis=1))


def resampled(count: int, seed: int) -> Any:
    """(resamples, count): which of `count` records each resample draws."""
    import numpy as np

    return np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))


def percentiles(draws: Any) -> tuple[float, float]:
    """The 2.5th and the 97.5th percentile."""
    import numpy as np

    low, high = np.quantile(np.asarray(draws, dtype=float), [0.025, 0.975])
    return float(low), float(high)

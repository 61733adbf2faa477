"""Which alphas are tried for a teacher of one strengthened model.

First a grid, then the surroundings of its best. Where none of the last epoch's is near enough and
the best is the largest, the search goes on past it: more strengthening is not left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unlearnkit.domain import CalibrationStep
from unlearnkit.language_model.recall import Level
from unlearnkit.unlearning.settings import SMALLEST_ALPHA

Measured = Callable[[Sequence[float]], list[CalibrationStep]]
"""The teacher of each alpha, measured, in their order."""
Off = Callable[[CalibrationStep], float]
"""How far a teacher is from the level to reach."""

PAST = 16
"""Times the largest alpha of the grid: where the search ends for good. Whatever is uncertain in the
rise is multiplied with it."""


def search_alpha(
    measured: Measured, off: Off, largest: float, enough: float
) -> list[CalibrationStep]:
    """All that was tried: a grid from 0.5 to the largest, past it if need be, around the best.

    Past it only where none is within `enough` of the level. The best's neighbours in the grid were
    tried; past the grid, whose ratio is that of the steps there for a largest alpha of 32 alone,
    others near them were.
    """
    tried = measured(grid(SMALLEST_ALPHA, largest, 13))
    ratio = tried[1].alpha / tried[0].alpha
    if min(map(off, tried)) > enough:
        tried += past_the_edge(measured, off, tried, largest * PAST)
    centre, end = min(tried, key=off).alpha, max(one.alpha for one in tried)
    around = grid(centre / ratio, centre * ratio, 9)
    new = [*around[1:4], *around[5:8]]  # the others were tried, or nearly
    return tried + measured([alpha for alpha in new if alpha <= end])


def past_the_edge(
    measured: Measured, off: Off, tried: Sequence[CalibrationStep], end: float
) -> list[CalibrationStep]:
    """Teachers past the largest alpha, octave by octave while the nearest is the largest."""
    more: list[CalibrationStep] = []
    last = tried[-1]
    while min([*tried, *more], key=off) is last and 2 * last.alpha <= end:
        more += measured([last.alpha * 2**0.5, last.alpha * 2])
        last = more[-1]
    return more


def grid(low: float, high: float, count: int) -> list[float]:
    """`count` alphas from low to high in equal ratios."""
    ratio = (high / low) ** (1 / (count - 1))
    return [low * ratio**index for index in range(count)]


def first_choices_off(tried: CalibrationStep, target: Level) -> float:
    """Distance of exact memorization and extraction strength alone, which no depth changes."""
    return max(
        abs(tried.exact_memorization - target.exact_memorization),
        abs(tried.extraction_strength - target.extraction_strength),
    )

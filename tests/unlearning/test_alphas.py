"""The alphas of a search: a grid, its best's surroundings, and past its edge where it must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.domain import CalibrationStep
from unlearnkit.language_model.recall import Level
from unlearnkit.unlearning.alphas import (
    PAST,
    Measured,
    first_choices_off,
    grid,
    past_the_edge,
    search_alpha,
)

LARGEST = 32.0


def teachers(recalls: Callable[[float], float]) -> Measured:
    """Teachers whose exact memorization is a function of alpha; the level to reach is 0.2."""

    def measured(alphas: Sequence[float]) -> list[CalibrationStep]:
        return [
            CalibrationStep(
                strengthen_epochs=32,
                alpha=alpha,
                exact_memorization=recalls(alpha),
                extraction_strength=0.0,
                probability=0.0,
                loss=1.0,
                distance=abs(recalls(alpha) - 0.2),
            )
            for alpha in alphas
        ]

    return measured


def search(recalls: Callable[[float], float], enough: float = 0.025) -> list[CalibrationStep]:
    return search_alpha(teachers(recalls), lambda one: one.distance, LARGEST, enough)


def weak(alpha: float) -> float:
    """Reaches the level at alpha 160, five times the grid's end."""
    return max(0.0, 1 - alpha / 200)


def test_the_best_of_the_grid_is_looked_at_more_closely() -> None:
    tried = search(lambda alpha: max(0.0, 1 - alpha / 11))
    assert len(tried) == 19
    assert min(one.distance for one in tried[13:]) < min(one.distance for one in tried[:13])
    assert max(one.alpha for one in tried) == pytest.approx(LARGEST)


def test_a_search_that_ends_at_its_edge_goes_past_it() -> None:
    near = min(search(weak), key=lambda one: one.distance)
    assert near.alpha == pytest.approx(160, rel=0.1)
    assert near.distance < 0.05


def test_before_the_last_epoch_it_does_not() -> None:
    assert max(one.alpha for one in search(weak, enough=math.inf)) == pytest.approx(LARGEST)


def test_where_one_is_near_enough_it_does_not() -> None:
    tried = search(lambda alpha: max(0.0, 1 - alpha / 41))
    assert max(one.alpha for one in tried) == pytest.approx(LARGEST)


def test_a_larger_alpha_that_changes_nothing_is_not_followed() -> None:
    assert max(one.alpha for one in search(lambda _: 0.9)) == pytest.approx(LARGEST)


@given(st.floats(1, 1e6))
def test_the_search_ends_and_tries_no_alpha_twice(scale: float) -> None:
    tried = search(lambda alpha: max(0.0, 1 - alpha / scale))
    alphas = [one.alpha for one in tried]
    assert max(alphas) <= LARGEST * PAST * 1.0001
    assert len({round(alpha, 6) for alpha in alphas}) == len(alphas)


def test_a_grid_has_equal_ratios_and_both_ends() -> None:
    assert grid(0.5, 8, 5) == pytest.approx([0.5, 1, 2, 4, 8])


def test_a_search_within_the_grid_tries_thirteen_alphas_and_six_around_the_best() -> None:
    """The coarse grid doubles every two steps; around its best the steps are four times as fine."""
    tried = [one.alpha for one in search(lambda alpha: max(0.0, 1 - alpha / 5), math.inf)]
    coarse = [0.5 * 2 ** (at / 2) for at in range(13)]
    assert tried[:13] == pytest.approx(coarse)
    assert tried[13:] == pytest.approx([4 * 2 ** (at / 8) for at in (-3, -2, -1, 1, 2, 3)])


def test_around_the_largest_nothing_larger_is_tried() -> None:
    tried = [one.alpha for one in search(lambda alpha: max(0.2, 1 - alpha / 32), math.inf)]
    assert len(tried) == 16
    assert max(tried) == pytest.approx(LARGEST)


def test_past_the_edge_it_goes_in_half_octaves_until_the_nearest_is_behind() -> None:
    measured = teachers(lambda alpha: abs(alpha - 90) / 1000)
    last = measured([16.0, 32.0])
    found = past_the_edge(measured, lambda one: one.exact_memorization, last, 512)
    assert [one.alpha for one in found] == pytest.approx([32 * 2**0.5, 64, 64 * 2**0.5, 128])


def test_past_the_edge_it_reaches_the_end_and_not_further() -> None:
    measured = teachers(lambda alpha: 1 / alpha)
    found = past_the_edge(measured, lambda one: one.exact_memorization, measured([32.0]), 128)
    assert [one.alpha for one in found] == pytest.approx([32 * 2**0.5, 64, 64 * 2**0.5, 128])
    assert past_the_edge(measured, lambda one: one.exact_memorization, measured([65.0]), 128) == []


def test_what_is_just_near_enough_is_not_searched_past_the_edge() -> None:
    def nearing(alpha: float) -> float:
        return 0.2 + 1 / alpha

    nearest = min(one.distance for one in search(nearing, math.inf)[:13])
    assert max(one.alpha for one in search(nearing, nearest)) == pytest.approx(LARGEST)
    assert max(one.alpha for one in search(nearing, 0.99 * nearest)) > 2 * LARGEST


@pytest.mark.parametrize(
    ("exact", "strength", "off"), [(0.5, 0.1, 0.2), (0.3, 0.5, 0.4), (0.2, 0.1, 0.1)]
)
def test_of_first_choices_the_larger_distance_counts(
    exact: float, strength: float, off: float
) -> None:
    [tried] = teachers(lambda _: exact)([1.0])
    tried = tried.model_copy(update={"extraction_strength": strength})
    assert first_choices_off(tried, Level(0.3, 0.1, 0.9, 9.0)) == pytest.approx(off)

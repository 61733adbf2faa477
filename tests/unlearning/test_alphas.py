"""The alphas of a search: a grid, its best's surroundings, and past its edge where it must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.domain import CalibrationStep
from unlearnkit.unlearning.alphas import PAST, Measured, search_alpha

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

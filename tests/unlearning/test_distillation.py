"""The steps of a pass, and the stop rule: where a student stands, whether another pass is due."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.domain import TrainingPass
from unlearnkit.language_model.recall import NAT, Level
from unlearnkit.unlearning.distillation import (
    INSIDE,
    OVER,
    STILL,
    UNRECOVERED,
    Standing,
    goes_on,
    judge_pass,
    steps_of,
    training_pass,
)
from unlearnkit.unlearning.settings import Settings

BAND = Settings(tolerance=0.05, retain_tolerance=0.02, retain_strength_tolerance=0.15, max_passes=9)
UNSEEN = Level(exact_memorization=0.5, extraction_strength=0.4, probability=0.3, loss=5.0)
KEPT = Level(exact_memorization=0.98, extraction_strength=0.9, probability=0.9, loss=0.1)
RECALLS = {
    "exact_memorization": 0.05,
    "extraction_strength": 0.05,
    "probability": 0.05,
    "loss": -0.05 / NAT,
}
"""By how much each figure says that more is recalled, at the edge of the band."""
A_LITTLE = 0.99, 1.01
"""Just within and just beyond the edge."""


def moved(level: Level, figure: str, by: float) -> Level:
    """The level with one figure changed."""
    return replace(level, **{figure: getattr(level, figure) + by})


def judged(forget: Level, retain: Level = KEPT, settings: Settings = BAND) -> str:
    return judge_pass(Standing(forget, retain, UNSEEN), KEPT, settings)


@pytest.mark.parametrize("figure", RECALLS)
@pytest.mark.parametrize(("side", "beyond"), [(1, STILL), (-1, OVER)])
def test_the_band_has_an_edge_on_both_sides_of_every_figure(
    figure: str, side: int, beyond: str
) -> None:
    within, without = (side * RECALLS[figure] * far for far in A_LITTLE)
    assert judged(moved(UNSEEN, figure, within)) == INSIDE
    assert judged(moved(UNSEEN, figure, without)) == beyond


@pytest.mark.parametrize("figure", RECALLS)
def test_one_figure_below_the_band_is_a_hole_however_much_another_recalls(figure: str) -> None:
    hole = moved(UNSEEN, figure, -1.01 * RECALLS[figure])
    other = next(one for one in RECALLS if one != figure)
    assert judged(moved(hole, other, 3 * RECALLS[other])) == OVER


@pytest.mark.parametrize(
    ("figure", "room"), [("exact_memorization", 0.02), ("extraction_strength", 0.15)]
)
def test_inside_the_band_the_retained_records_decide(figure: str, room: float) -> None:
    within, without = (moved(KEPT, figure, -room * far) for far in A_LITTLE)
    assert judged(UNSEEN, retain=within) == INSIDE
    assert judged(UNSEEN, retain=without) == UNRECOVERED
    assert judged(UNSEEN, retain=moved(KEPT, figure, 0.01)) == INSIDE  # better than before


@pytest.mark.parametrize("figure", ["probability", "loss"])
def test_what_else_the_retained_records_lost_does_not_count(figure: str) -> None:
    assert judged(UNSEEN, retain=moved(KEPT, figure, -0.5)) == INSIDE


def test_the_band_is_asked_before_the_retained_records() -> None:
    damaged = moved(KEPT, "exact_memorization", -0.5)
    assert judged(moved(UNSEEN, "loss", 2.0), retain=damaged) == OVER
    assert judged(moved(UNSEEN, "loss", -2.0), retain=damaged) == STILL


@pytest.mark.parametrize("broken", [math.nan, math.inf])
@pytest.mark.parametrize("figure", RECALLS)
def test_what_is_no_number_is_never_inside_the_band(figure: str, broken: float) -> None:
    level = replace(UNSEEN, **{figure: broken})
    assert level.distance(UNSEEN) == UNSEEN.distance(level) == level.distance(level) == math.inf
    assert judged(level) != INSIDE


def test_losses_that_are_not_finite_are_seen_on_any_set_of_records() -> None:
    assert Standing(UNSEEN, KEPT, UNSEEN).is_finite
    broken = replace(KEPT, loss=math.nan)
    for one in (Standing(broken, KEPT, KEPT), Standing(KEPT, broken, KEPT)):
        assert not one.is_finite
    assert not Standing(KEPT, KEPT, broken).is_finite


def test_the_band_lies_where_the_student_itself_is_on_never_seen_records() -> None:
    """A model that lost all its records alike has no hole that points at somebody."""
    everywhere = Level(0.1, 0.0, 0.01, 9.0)
    assert judge_pass(Standing(everywhere, KEPT, everywhere), KEPT, BAND) == INSIDE


def test_the_tolerance_is_the_settings() -> None:
    hole = moved(UNSEEN, "exact_memorization", -0.08)
    assert judged(hole) == OVER
    assert judged(hole, settings=replace(BAND, tolerance=0.1)) == INSIDE


# --- whether another pass is due ---------------------------------------------------------------


def after(state: str, number: int = 1) -> list[TrainingPass]:
    standing = Standing(UNSEEN, KEPT, UNSEEN)
    passes = [training_pass(at, 1.0, standing, STILL) for at in range(1, number)]
    return [*passes, training_pass(number, 1.0, standing, state)]


@pytest.mark.parametrize(
    ("state", "due"), [(STILL, True), (UNRECOVERED, True), (INSIDE, False), (OVER, False)]
)
def test_training_stops_inside_the_band_and_below_it(state: str, due: bool) -> None:
    assert goes_on(after(state), BAND) is due
    assert goes_on(after(state), replace(BAND, early_stop=False))
    assert not goes_on(after(state, BAND.max_passes), BAND)


def test_the_first_pass_is_always_due() -> None:
    assert goes_on([], BAND)


@given(
    forget=st.integers(1, 40),
    retain=st.integers(0, 60),
    size=st.integers(1, 12),
    ratio=st.integers(0, 4),
)
def test_a_retain_record_comes_again_only_after_all_have_come(
    forget: int, retain: int, size: int, ratio: int
) -> None:
    settings = replace(BAND, batch_size=size, retain_ratio=ratio)
    steps = list(steps_of(range(forget), range(retain), settings))
    assert [row for rows, _ in steps for row in rows] == list(range(forget))
    assert all(len(beside) == min(len(rows) * ratio, retain) for rows, beside in steps)
    assert all(len(set(beside)) == len(beside) for _, beside in steps)
    come = [row for _, beside in steps for row in beside]
    assert come == [at % retain for at in range(len(come))]


def test_a_shorter_last_step_goes_on_where_the_one_before_it_ended() -> None:
    steps = list(steps_of(range(5), range(12), replace(BAND, batch_size=4, retain_ratio=2)))
    assert steps == [([0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7]), ([4], [8, 9])]

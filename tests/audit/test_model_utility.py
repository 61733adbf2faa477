from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.intervals import percentiles, weights
from unlearnkit.audit.model_utility import (
    NO_PARTS,
    NOT_FINITE,
    model_utilities,
    parts_of,
    utility,
)
from unlearnkit.audit.people import units
from unlearnkit.domain import GeneratedScores, ModelRole, RecordScore, Split

share = st.floats(0, 1)


def score(probability: float, rouge: float | None, ratio: float | None) -> RecordScore:
    made = GeneratedScores(rouge_l=rouge, repetition=0.0, degenerate=0.0)
    return RecordScore(
        record_id=f"{probability}-{rouge}-{ratio}",
        split=Split.RETAIN,
        model=ModelRole.UNLEARNED,
        exact_memorization=0.5,
        extraction_strength=0.0,
        probability=probability,
        truth_ratio=ratio,
        generated=made,
    )


def test_by_hand() -> None:
    parts = [(0.9, 0.8, 0.2), (0.7, 0.4, 1.4)]
    assert utility(parts) == pytest.approx(3 / (1 / 0.8 + 1 / 0.6 + 1 / 0.4))


@given(st.lists(st.tuples(share, share, st.floats(0, 3)), min_size=1, max_size=9))
def test_it_is_no_better_than_its_worst_part_allows(
    parts: list[tuple[float, float, float]],
) -> None:
    worst = min(
        sum(column) / len(parts)
        for column in zip(*((p, r, max(0.0, 1 - t)) for p, r, t in parts), strict=True)
    )
    assert worst - 1e-9 <= utility(parts) <= 3 * worst + 1e-9


def test_only_records_with_all_parts_count() -> None:
    [found] = model_utilities([score(0.9, 0.8, 0.2), score(0.1, None, 0.2)], seed=0)
    assert (found.n, found.value) == (1, pytest.approx(3 / (1 / 0.9 + 2 / 0.8)))
    assert found.low is None and found.high is None


def test_the_interval_holds_the_figure() -> None:
    some = [score(0.9 - at / 40, 0.8, at / 30) for at in range(20)]
    [found] = model_utilities(some, seed=0)
    assert found.value is not None and found.low is not None and found.high is not None
    assert found.low < found.value < found.high


def test_a_part_that_is_no_number_gives_no_figure() -> None:
    [found] = model_utilities([score(0.9, 0.8, math.nan), score(0.9, 0.8, 0.1)], seed=0)
    assert (found.value, found.not_measured) == (None, NOT_FINITE)


def test_without_perturbed_texts_it_is_not_measured() -> None:
    [found] = model_utilities([score(0.9, 0.8, None)], seed=0)
    assert (found.value, found.n, found.not_measured) == (None, 0, NO_PARTS)
    assert model_utilities([], seed=0) == []


def test_the_interval_resamples_people_with_the_seed() -> None:
    some = [score(0.9 - at / 40, 0.8 - at / 50, at / 20) for at in range(14)]
    records = [one.record_id for one in some]
    whose = {one: f"S-{at // 2}" for at, one in enumerate(records)}
    [found] = model_utilities(some, 3, {Split.RETAIN: whose})
    again = weights(14, 3, units(records, whose))
    utilities = []
    for row in again:
        drawn = [
            parts_of(one) for one, times in zip(some, row, strict=True) for _ in range(int(times))
        ]
        utilities.append(utility([one for one in drawn if one]))
    assert (found.low, found.high) == pytest.approx(percentiles(utilities))
    assert (found.n, found.people, found.model) == (14, 7, ModelRole.UNLEARNED)
    [alone] = model_utilities(some, 3)
    assert alone.people == 14 and alone.low != found.low


def test_other_splits_and_models_have_no_part_in_it() -> None:
    other = score(0.1, 0.1, 0.9)
    rows = [
        score(0.9, 0.8, 0.2),
        other.model_copy(update={"split": Split.FORGET}),
        other.model_copy(update={"model": ModelRole.ORIGINAL}),
    ]
    found = {one.model: one for one in model_utilities(rows, 0)}
    assert found[ModelRole.UNLEARNED].value == pytest.approx(utility([(0.9, 0.8, 0.2)]))
    assert (found[ModelRole.UNLEARNED].metric, found[ModelRole.UNLEARNED].split) == (
        "model_utility",
        Split.RETAIN,
    )
    assert found[ModelRole.ORIGINAL].value == pytest.approx(utility([(0.1, 0.1, 0.9)]))

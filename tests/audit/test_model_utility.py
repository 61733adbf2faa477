from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.model_utility import NO_PARTS, NOT_FINITE, model_utilities, utility
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
    assert found.low == found.high == found.value


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

"""Means over values, layer by layer and at any layer, and why there are none."""

from __future__ import annotations

import pytest

from unlearnkit.audit.logit_lens_figures import (
    NO_VALUES,
    lens_depths,
    lens_measurements,
)
from unlearnkit.domain import LensScore, Measurement, ModelRole, Split

ROLE = ModelRole.UNLEARNED


def score(
    record: str, tokens: int, first: tuple[int, ...], ten: tuple[int, ...], some: tuple[int, int]
) -> LensScore:
    return LensScore(
        record_id=record,
        split=Split.FORGET,
        model=ROLE,
        entity="PERSON",
        tokens=tokens,
        first=first,
        ten=ten,
        first_somewhere=some[0],
        ten_somewhere=some[1],
    )


SCORES = [score("a", 4, (0, 2, 1), (1, 4, 3), (3, 4)), score("b", 2, (0, 0, 0), (0, 1, 0), (0, 1))]


def figures(scores: list[LensScore], why: dict[ModelRole, str]) -> dict[str, Measurement]:
    found = lens_measurements(scores, [ROLE], why, seed=0)
    return {one.metric: one for one in found if one.split is Split.FORGET}


def test_a_value_counts_the_same_however_many_tokens_it_has() -> None:
    found = figures(SCORES, {})
    assert {name: one.value for name, one in found.items()} == {
        "logit_lens_1": pytest.approx((3 / 4 + 0) / 2),
        "logit_lens_10": pytest.approx((1 + 1 / 2) / 2),
        "logit_lens_output_1": pytest.approx((1 / 4 + 0) / 2),
        "logit_lens_output_10": pytest.approx((3 / 4 + 0) / 2),
    }
    assert all(one.n == 2 for one in found.values())


def test_the_interval_resamples_records_not_values() -> None:
    alone = [score("a", 1, (at % 2,), (1,), (at % 2, 1)) for at in range(20)]
    apart = [one.model_copy(update={"record_id": str(at)}) for at, one in enumerate(alone)]
    together = figures(alone, {})["logit_lens_1"]
    assert (together.value, together.low, together.high) == (0.5, None, None)
    one = figures(apart, {})["logit_lens_1"]
    assert one.low is not None and one.high is not None and one.low < 0.5 < one.high


def test_layer_by_layer() -> None:
    [found] = lens_depths(SCORES)
    assert found.first == (0, 0.25, 0.125)
    assert found.ten == (0.125, 0.75, 0.375)
    assert (found.n, found.tokens, found.split, found.model) == (2, 6, Split.FORGET, ROLE)


def test_without_values_or_a_readable_model_there_is_a_reason() -> None:
    assert {one.not_measured for one in figures([], {ROLE: ""}).values()} == {NO_VALUES}
    assert {one.not_measured for one in figures([], {ROLE: "why"}).values()} == {"why"}
    assert lens_depths([]) == ()

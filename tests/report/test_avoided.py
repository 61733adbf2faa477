"""Membership inference that finds the forgotten records from the other side."""

from __future__ import annotations

import pytest

from unlearnkit.domain import Measurement, ModelRole, Split
from unlearnkit.report.avoided import avoided
from unlearnkit.report.facts import Report
from unlearnkit.report.render import render_html

AFTER, RETRAINED = ModelRole.UNLEARNED, ModelRole.REFERENCE


def area(
    value: float,
    high: float | None,
    *,
    model: ModelRole = AFTER,
    split: Split = Split.FORGET,
    metric: str = "membership_auc_min_k",
) -> Measurement:
    low = None if high is None else 0.0
    return Measurement(
        metric=metric, split=split, model=model, value=value, low=low, high=high, n=30
    )


def test_an_area_wholly_below_one_half_is_told_as_over_unlearned() -> None:
    said = avoided([area(0.2, 0.4)])
    assert said.startswith("Over-unlearned, by membership inference")
    assert "0.20" in said


@pytest.mark.parametrize(
    "measured",
    [
        [area(0.4, 0.55)],
        [area(0.2, None)],
        [area(0.2, 0.4, split=Split.RETAIN)],
        [area(0.2, 0.4, model=ModelRole.ORIGINAL)],
        [area(0.2, 0.4, metric="decoy_auc")],
        [area(0.2, 0.4), area(0.3, 0.45, model=RETRAINED)],
        [],
    ],
    ids=["part", "no interval", "kept", "before", "decoys", "as the retrained", "nothing"],
)
def test_else_nothing_is_said(measured: list[Measurement]) -> None:
    assert avoided(measured) == ""


def test_a_retrained_model_that_is_higher_does_not_excuse_it() -> None:
    assert avoided([area(0.2, 0.4), area(0.48, 0.6, model=RETRAINED)])


def test_the_page_says_it_where_it_is_so(report: Report) -> None:
    def page(one: Report) -> str:
        return render_html(one, "0" * 64, "f" * 64)

    told = report.model_copy(update={"measurements": (*report.measurements, area(0.1, 0.2))})
    assert "Over-unlearned, by membership inference" in page(told)
    others = tuple(one for one in report.measurements if "membership_auc" not in one.metric)
    assert "Over-unlearned, by" not in page(report.model_copy(update={"measurements": others}))

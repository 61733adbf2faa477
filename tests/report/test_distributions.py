"""The plots of whole sets of records: what is drawn, and what is told to who cannot see it."""

from __future__ import annotations

import re
from statistics import median
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.conftest import report_with
from tests.report.test_plots import classes, described
from unlearnkit.domain import ModelRole, Outcome, Split
from unlearnkit.report.distributions import (
    POINTS,
    line_key,
    moved_plot,
    truth_ratio_lines,
    truth_ratio_plot,
)
from unlearnkit.report.facts import RecordFigures, Report

BLANK = report_with(Outcome.PASS, reference=False)


def only(report: Report, *keep: tuple[Split, ModelRole]) -> Report:
    """The report with the records of these sets under these models, and no others."""
    some = tuple(one for one in report.records if (one.split, one.model) in keep)
    return report.model_copy(update={"records": some})


def with_ratios(report: Report, ratios: list[float | None]) -> Report:
    one = report.records[0].model_copy(update={"split": Split.FORGET, "model": ModelRole.UNLEARNED})
    records = tuple(
        one.model_copy(update={"number": at, "truth_ratio": ratio})
        for at, ratio in enumerate(ratios, 1)
    )
    return report.model_copy(update={"records": records})


def path(drawing: str, kind: str) -> str:
    found = [
        one.get("d") or ""
        for one in ElementTree.fromstring(drawing).iter()
        if one.get("class") == kind
    ]
    assert len(found) == 1
    return found[0]


def test_the_truth_ratios_of_forget_set_and_holdout_are_four_lines(report: Report) -> None:
    drawing = truth_ratio_plot(report)
    assert drawing is not None
    for kind in ("s-before", "s-after", "s-reference", "s-unseen", "even"):
        assert classes(drawing).count(kind) == 1
    ratios = [
        one.truth_ratio
        for one in report.records
        if (one.split, one.model) == (Split.FORGET, ModelRole.UNLEARNED)
        and one.truth_ratio is not None
    ]
    assert f"; after: median {median(ratios):.2g} of 24 records" in described(drawing)[1]


def test_without_a_reference_there_is_no_line_for_it() -> None:
    lines = truth_ratio_lines(report_with(Outcome.PASS, reference=False))
    assert [one.kind for one in lines] == ["before", "after", "unseen"]


@pytest.mark.parametrize("ratios", [[], [None, None, None], [0.4, None]])
def test_without_truth_ratios_there_is_no_plot_of_them(
    report: Report, ratios: list[float | None]
) -> None:
    assert truth_ratio_plot(with_ratios(report, ratios)) is None


def test_each_record_is_a_step_at_its_ratio(report: Report) -> None:
    """Axis 0.1 to 10, 34 to 408 pixels: 1 is in the middle; shares from 258 up to 8."""
    drawing = truth_ratio_plot(with_ratios(report, [10.0, 0.1, 1.0, 1.0]))
    assert drawing is not None
    assert path(drawing, "even").startswith("M221.0 ")
    assert (
        path(drawing, "s-after") == "M34.0 258.0H34.0V195.5H221.0V133.0H221.0V70.5H408.0V8.0H408.0"
    )


@given(st.lists(st.floats(0, allow_infinity=False), min_size=2, max_size=30))
def test_whatever_the_ratios_a_line_climbs_within_its_axes(ratios: list[float]) -> None:
    drawing = truth_ratio_plot(with_ratios(BLANK, list(ratios)))
    assert drawing is not None
    steps = path(drawing, "s-after")
    across = [float(one) for one in re.findall(r"[MH]([\d.]+)", steps)]
    up = [float(one) for one in re.findall(r"V([\d.]+)", steps)]
    assert across == sorted(across)
    assert min(across) >= 34 and max(across) <= 408
    assert up == sorted(up, reverse=True) and up[-1] == 8


def test_every_record_to_forget_kept_and_never_seen_has_its_mark(report: Report) -> None:
    drawing = moved_plot(report)
    assert drawing is not None
    counts = {kind: classes(drawing).count(kind) for kind in ("m-after", "m-kept", "m-unseen")}
    assert counts == {"m-after": 24, "m-kept": 60, "m-unseen": 40}
    told = described(drawing)[1]
    assert told.startswith("24 records to forget: on average 0.9")
    assert "60 records to keep" in told and "40 never-seen records" in told


def test_a_records_mark_lies_at_before_and_after(report: Report) -> None:
    def figure(model: ModelRole, value: float | None) -> RecordFigures:
        changed = {"split": Split.FORGET, "model": model, "exact_memorization": value}
        return report.records[0].model_copy(update={"number": 1, **changed})

    pair = (figure(ModelRole.ORIGINAL, 1.0), figure(ModelRole.UNLEARNED, 0.5))
    drawing = moved_plot(report.model_copy(update={"records": pair}))
    assert drawing is not None
    [at] = [
        (one.get("cx"), one.get("cy"))
        for one in ElementTree.fromstring(drawing).iter()
        if one.get("class") == "m-after"
    ]
    assert at == ("284.0", "133.0")
    half = (pair[0], figure(ModelRole.UNLEARNED, None))
    assert moved_plot(report.model_copy(update={"records": half})) is None


def test_without_a_model_before_nothing_has_moved(report: Report) -> None:
    assert moved_plot(only(report, (Split.FORGET, ModelRole.UNLEARNED))) is None
    assert moved_plot(report.model_copy(update={"records": ()})) is None


def test_of_many_records_some_are_drawn_and_all_are_told(report: Report) -> None:
    kept = [one for one in report.records if one.split is Split.RETAIN]
    many = [
        one.model_copy(update={"number": one.number + 60 * turn})
        for turn in range(15)
        for one in kept
    ]
    forget = [one for one in report.records if one.split is Split.FORGET]
    drawing = moved_plot(report.model_copy(update={"records": (*forget, *many)}))
    assert drawing is not None
    assert classes(drawing).count("m-kept") == POINTS
    assert "900 records to keep" in described(drawing)[1]


def test_a_legends_line_is_hidden_from_who_reads_by_ear() -> None:
    root = ElementTree.fromstring(line_key("reference"))
    assert root.get("aria-hidden") == "true"
    assert classes(line_key("reference")).count("s-reference") == 1

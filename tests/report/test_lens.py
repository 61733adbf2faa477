"""The layers' plot: a curve for each model, and words for who cannot see it."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.report.conftest import report_with
from tests.report.test_plots import classes, described
from unlearnkit.domain import LensDepths, ModelRole, Outcome, Split
from unlearnkit.report.facts import Report
from unlearnkit.report.lens import LEFT, RIGHT, lens_cost, lens_plot
from unlearnkit.report.render import render_html


def depths(*ten: float, split: Split = Split.FORGET) -> LensDepths:
    role = ModelRole.UNLEARNED
    return LensDepths(split=split, model=role, n=3, tokens=9, first=(0.0,) * len(ten), ten=ten)


def points(drawing: str, kind: str) -> list[tuple[float, float]]:
    [line] = [one for one in ElementTree.fromstring(drawing).iter() if one.get("class") == kind]
    pairs = [pair.split(",") for pair in line.get("points", "").split()]
    return [(float(x), float(y)) for x, y in pairs]


def test_a_curve_for_each_model_and_for_the_never_seen(report: Report) -> None:
    drawing = lens_plot(report.lens)
    assert drawing is not None
    found = classes(drawing)
    for kind in ("before", "after", "reference", "unseen"):
        assert found.count(f"l-{kind}") == 1
        assert found.count(f"m-{kind}") == 6
    title, told = described(drawing)
    assert title == "How much of the true values the layers hold"
    assert told.count(";") == 3 and "never-seen records, after: 0.00" in told


def test_a_curve_goes_from_the_first_layer_to_the_last_and_up_where_more_is_held() -> None:
    drawing = lens_plot([depths(0.0, 1.0, 0.5)])
    assert drawing is not None
    (x0, y0), (_, y1), (x2, y2) = points(drawing, "l-after")
    assert (x0, x2) == (LEFT, RIGHT)
    assert y1 < y2 < y0 and y0 - y2 == y2 - y1


def test_a_model_of_one_layer_has_its_only_point_at_the_end() -> None:
    drawing = lens_plot([depths(0.5)])
    assert drawing is not None
    assert [x for x, _ in points(drawing, "l-after")] == [RIGHT]


def test_what_reading_took_is_told_of_all_together() -> None:
    told = lens_cost([depths(0.5), depths(0.1, split=Split.HOLDOUT)])
    assert told.startswith("6 forward passes, for 18 tokens")


def test_the_page_has_the_section_only_where_layers_were_read(report: Report) -> None:
    page = render_html(report, "0" * 64, "k")
    assert "What the layers hold" in page and "l-reference" in page
    alone = report_with(Outcome.PASS, reference=False)
    assert "l-before" in (lens_plot(alone.lens) or "")
    without = report.model_copy(update={"lens": ()})
    assert "What the layers hold" not in render_html(without, "0" * 64, "k")
    assert lens_plot(()) is None

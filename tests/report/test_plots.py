import math
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tests.report import sample
from unlearnkit.domain import ModelRole, Split
from unlearnkit.report.facts import RecordFigures, Report
from unlearnkit.report.plots import Scale, comparison_plot, passes_plot, records_plot
from unlearnkit.report.tables import comparison

SVG = "{http://www.w3.org/2000/svg}"


def classes(drawing: str) -> list[str]:
    root = ElementTree.fromstring(drawing)
    return [one.get("class", "") for one in root.iter()]


def described(drawing: str) -> tuple[str, str]:
    root = ElementTree.fromstring(drawing)
    assert root.get("role") == "img"
    ids = {one.get("id") for one in root}
    assert set((root.get("aria-labelledby") or "").split()) <= ids
    return (root.findtext(f"{SVG}title") or "", root.findtext(f"{SVG}desc") or "")


def forget(report: Report) -> list[RecordFigures]:
    return [one for one in report.records if one.split is Split.FORGET]


def test_every_record_has_its_line_with_three_marks(report: Report) -> None:
    unseen = report.measurement("exact_memorization", Split.HOLDOUT, ModelRole.UNLEARNED)
    drawing = records_plot(forget(report), "exact_memorization", "Exact memorization", unseen)
    for kind in ("m-before", "m-after", "m-reference", "span"):
        assert classes(drawing).count(kind) == 24
    assert classes(drawing).count("band") == 1
    assert described(drawing)[0] == "Exact memorization, record by record"


def test_only_the_most_remembered_of_many_records_are_drawn(report: Report) -> None:
    one = forget(report)[0]
    many = [
        one.model_copy(
            update={"number": n, "model": ModelRole.UNLEARNED, "exact_memorization": n / 100}
        )
        for n in range(1, 91)
    ]
    drawing = records_plot(many, "exact_memorization", "Exact memorization", None)
    rows = [
        element.text
        for element in ElementTree.fromstring(drawing).iter(f"{SVG}text")
        if element.get("class") == "row"
    ]
    assert rows == [str(n) for n in range(90, 50, -1)]


def test_a_record_without_a_figure_has_no_mark(report: Report) -> None:
    one = forget(report)[0].model_copy(update={"exact_memorization": None})
    drawing = records_plot(
        [one.model_copy(update={"model": ModelRole.UNLEARNED})], "exact_memorization", "EM", None
    )
    assert "m-after" not in classes(drawing)


def test_the_comparison_tells_its_figures_to_who_cannot_see_it(report: Report) -> None:
    drawing = comparison_plot(comparison(report))
    after = report.measurement("probability", Split.FORGET, ModelRole.UNLEARNED)
    assert after is not None and after.value is not None
    assert f"Probability, after: {after.value:.2f}" in described(drawing)[1]
    assert classes(drawing).count("m-reference") == 3


def test_passes_start_at_the_model_before_and_show_the_level() -> None:
    drawing = passes_plot(sample.manifest().passes, (0.97, 0.93, 0.98), 0.18, 0.1)
    found = classes(drawing)
    assert found.count("p-forget") == 6
    assert {"level", "band", "l-retain", "t-level"} <= set(found)
    without = classes(passes_plot(sample.manifest().passes, (None, None, None), None, None))
    assert without.count("p-forget") == 5
    assert "level" not in without


def test_a_model_that_needed_no_pass_is_drawn_too() -> None:
    only = sample.manifest().passes[0].model_copy(update={"number": 0})
    found = classes(passes_plot([only], (0.2, 0.1, 0.3), 0.18, 0.1))
    assert found.count("p-forget") == 2
    assert found.count("tick") == 2  # 0, and the axis' name


def test_a_hostile_label_is_escaped() -> None:
    drawing = records_plot([], "exact_memorization", "<script>alert(1)</script>", None)
    assert "<script>" not in drawing
    assert "<script>" in described(drawing)[0]


@given(value=st.floats(allow_nan=False), start=st.floats(0, 100), end=st.floats(0, 100))
def test_a_scale_never_leaves_its_axis(value: float, start: float, end: float) -> None:
    pixel = Scale(start, end)(value)
    assert min(start, end) - 0.1 <= pixel <= max(start, end) + 0.1
    assert math.isfinite(pixel)

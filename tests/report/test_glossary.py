"""Every figure of a report is explained in plain words."""

from __future__ import annotations

import pytest

from unlearnkit.domain import Measurement, ModelRole, Split
from unlearnkit.report.facts import Report
from unlearnkit.report.glossary import TERMS, label
from unlearnkit.report.render import render_html
from unlearnkit.report.tables import figures_table


def test_every_figure_of_a_report_has_an_entry(report: Report) -> None:
    explained = {term.metric for term in TERMS}
    assert {one.metric.partition("/")[0] for one in report.measurements} <= explained


def test_no_two_entries_are_of_one_figure_or_called_alike() -> None:
    for name in ("metric", "label"):
        assert len({getattr(term, name) for term in TERMS}) == len(TERMS)


@pytest.mark.parametrize("metric", ["lm_eval/notes/acc", "lm_eval/notes/f1,strict"])
def test_a_tasks_figure_is_shown_under_the_harnesss_own_name(report: Report, metric: str) -> None:
    figures = [
        Measurement(metric=metric, split=Split.TASKS, model=model, value=value, n=40)
        for model, value in ((ModelRole.ORIGINAL, 0.75), (ModelRole.UNLEARNED, 0.5))
    ]
    more = report.model_copy(update={"measurements": (*report.measurements, *figures)})
    *_, tasks = figures_table(more)
    [row] = tasks.rows
    assert row.label == label(metric) == metric.removeprefix("lm_eval/")
    assert (row.before.value, row.after.value, row.n) == ("0.750", "0.500", 40)
    page = render_html(more, "d" * 64, "8f" * 32)
    assert f"<dt>{label('lm_eval')}</dt>" in page

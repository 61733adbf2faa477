"""Each person who asked, by itself."""

from __future__ import annotations

import pytest

from unlearnkit.domain import ModelRole, Split
from unlearnkit.report.facts import RecordFigures, Report
from unlearnkit.report.people import PersonFigures, person_figures
from unlearnkit.report.render import render_html

BEFORE, AFTER = ModelRole.ORIGINAL, ModelRole.UNLEARNED


def record(
    number: int,
    owners: tuple[str, ...],
    model: ModelRole,
    recalled: float | None,
    strength: float = 0.1,
    *,
    split: Split = Split.FORGET,
    leaked: int = 0,
) -> RecordFigures:
    return RecordFigures(
        split=split,
        number=number,
        request_ids=owners,
        model=model,
        exact_memorization=recalled,
        extraction_strength=strength,
        probability=0.5,
        truth_ratio=None,
        values=2,
        leaked=leaked,
    )


def test_who_is_still_recited_shows_beside_who_is_not(report: Report) -> None:
    one, other, *_ = (request.id for request in report.requests)
    rows = (
        record(1, (one,), BEFORE, 0.9, leaked=2),
        record(1, (one,), AFTER, 0.2),
        record(2, (one, other), BEFORE, 0.7),
        record(2, (one, other), AFTER, 0.4, strength=0.3, leaked=1),
        record(3, (other,), BEFORE, 1.0, leaked=2),
        record(3, (other,), AFTER, 1.0, strength=0.95, leaked=2),
        record(1, (), AFTER, 0.99, strength=1.0, split=Split.HOLDOUT),
        record(3, (other,), ModelRole.REFERENCE, 0.1),
    )
    first, second, *_ = person_figures([one.id for one in report.requests], rows)
    assert first == PersonFigures(
        request_id=one,
        records=2,
        before=pytest.approx(0.8),
        after=pytest.approx(0.3),
        reference=None,
        worst=0.3,
        values=4,
        leaked_before=2,
        leaked_after=1,
    )
    assert (second.records, second.worst, second.leaked_after) == (2, 0.95, 3)
    assert second.after == pytest.approx(0.7)
    assert second.reference == pytest.approx(0.1)


def test_who_was_not_measured_has_no_figure(report: Report) -> None:
    one, *_ = (request.id for request in report.requests)
    nothing = record(1, (one,), AFTER, None, strength=0.0).model_copy(
        update={"extraction_strength": None, "values": None, "leaked": None}
    )
    first, second, *_ = person_figures([one.id for one in report.requests], (nothing,))
    assert (first.before, first.after, first.worst, first.values) == (None, None, None, 0)
    assert second.records == 0


def test_the_page_lists_every_request_with_its_own_figures(report: Report) -> None:
    page = render_html(report, "0" * 64, "f" * 64)
    table = page[page.index("Table of the people who asked") :]
    table = table[: table.index("</table>")]
    for one in person_figures([one.id for one in report.requests], report.records):
        assert one.request_id[:8] in table
        assert f"{one.leaked_before}, then {one.leaked_after} of {one.values}" in table
        assert one.after is not None
        assert f"{one.after:.3f}" in table
        assert f"retrained {one.reference:.3f}" in table

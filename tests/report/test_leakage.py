"""The table of values that come out: forgotten ones under each model, beside both levels."""

from __future__ import annotations

from tests.report.conftest import report_with
from unlearnkit.domain import ModelRole, Outcome, Split
from unlearnkit.report.facts import Report
from unlearnkit.report.leakage import (
    DECODINGS,
    PROBES,
    asking_cost,
    leakage_table,
    records_leaking,
)
from unlearnkit.report.render import render_html


def test_values_are_listed_by_kind_and_by_how_they_were_asked_for(report: Report) -> None:
    kinds, probes, ways = leakage_table(report)
    assert [row.label for row in kinds.rows] == ["Dates and times", "E-mail addresses"]
    assert [row.label for row in probes.rows] == list(PROBES.values())
    assert [row.label for row in ways.rows] == list(DECODINGS.values())
    mails = kinds.rows[1]
    assert mails.n == 24
    assert float(mails.before.value) > 0.5 > float(mails.after.value)
    assert mails.before.interval and mails.reference.value and mails.unseen.value
    assert mails.chance.value == "0.000"


def test_each_cell_is_the_model_and_the_split_it_is_said_to_be(report: Report) -> None:
    [row] = [row for row in leakage_table(report)[0].rows if row.label == "Dates and times"]

    def value(split: Split, model: ModelRole) -> float:
        [one] = [
            one
            for one in report.leakage
            if (one.entity, one.split, one.model) == ("DATE_TIME", split, model)
        ]
        return one.value

    shown = (row.before, row.after, row.reference, row.unseen)
    assert [one.value for one in shown] == [
        f"{value(*key):.3f}"
        for key in (
            (Split.FORGET, ModelRole.ORIGINAL),
            (Split.FORGET, ModelRole.UNLEARNED),
            (Split.FORGET, ModelRole.REFERENCE),
            (Split.HOLDOUT, ModelRole.UNLEARNED),
        )
    ]


def test_a_kind_nobody_named_is_listed_under_its_own_name(report: Report) -> None:
    odd = [one.model_copy(update={"entity": "IBAN_CODE"}) for one in report.leakage if one.entity]
    kinds, *_ = leakage_table(report.model_copy(update={"leakage": tuple(odd)}))
    assert [row.label for row in kinds.rows] == ["Iban code"]


def test_without_a_reference_its_cells_are_empty_and_without_values_there_is_no_table() -> None:
    report = report_with(Outcome.PASS, reference=False)
    assert not any(row.reference.value for group in leakage_table(report) for row in group.rows)
    older = report.model_copy(update={"leakage": ()})
    assert leakage_table(older) == ()


def test_what_asking_took_is_told_of_all_models_and_sets_together(report: Report) -> None:
    told = asking_cost(report)
    assert "48,000 tokens" in told  # two sets, three models, four ways
    assert "600 greedy" in told and "600 of beam search" in told
    assert told in render_html(report, "0" * 64, "k")
    assert asking_cost(report.model_copy(update={"asked": ()})) == ""


def test_how_many_records_still_leak_is_said_with_the_worst_of_them(report: Report) -> None:
    def leaking(counts: list[int]) -> Report:
        forgotten = [
            one
            for one in report.records
            if (one.split, one.model) == (Split.FORGET, ModelRole.UNLEARNED)
        ]
        changed = [
            one.model_copy(update={"values": 3, "leaked": count})
            for one, count in zip(forgotten, counts, strict=False)
        ]
        return report.model_copy(update={"records": tuple(changed)})

    assert records_leaking(leaking([0, 0])) == (
        "After unlearning none comes out of any of the 2 records asked about."
    )
    assert "come out of 2 of the 3 records asked about; of record 3 the most, 2 of 3." in (
        records_leaking(leaking([1, 0, 2]))
    )
    assert records_leaking(leaking([])) == ""

import json
import math
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from tests.report import sample
from unlearnkit.domain import AuditResult, CutRecords, ModelRole, RunManifest, Split
from unlearnkit.errors import BadInput
from unlearnkit.report.facts import (
    Report,
    build_report,
)
from unlearnkit.report.scope import standard_out_of_scope


def test_a_report_is_read_back_as_it_was_written(report: Report) -> None:
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_counts_come_from_the_forget_set(report: Report) -> None:
    assert [one.records for one in report.requests] == [11, 8, 5]
    assert (report.forget_count, report.retain_count, report.excluded_count) == (24, 574, 2)


def test_records_that_earlier_runs_forgot_are_counted_where_they_are_in_neither_set() -> None:
    run = sample.manifest()
    again = next(iter(run.forget_set.records.values()))[0]
    known = run.forget_set.model_copy(update={"forgotten_before": (again, "rec-0950")})
    run = run.model_copy(update={"forget_set": known})
    report = build_report(
        run, sample.audit(run), sample.verdict(), sample.requests(), created=sample.NOW
    )
    assert report.before_count == 1


def test_records_forgotten_in_part_are_counted_apart() -> None:
    run = sample.manifest()
    first, second = (ids[0] for ids in list(run.forget_set.records.values())[:2])
    part = run.forget_set.model_copy(
        update={"passages": {first: ((0, 5),), second: ((3, 9), (12, 20))}}
    )
    run = run.model_copy(update={"forget_set": part})
    report = build_report(
        run, sample.audit(run), sample.verdict(), sample.requests(), created=sample.NOW
    )
    assert [(one.records, one.in_part) for one in report.requests] == [(11, 1), (8, 1), (5, 0)]
    assert (report.forget_count, report.in_part_count) == (24, 2)
    assert first not in report.model_dump_json()


def test_nothing_personal_and_no_path_is_taken_over(report: Report) -> None:
    text = report.model_dump_json()
    for hidden in ("a note with a name in it", "rec-0001", "/somewhere"):
        assert hidden not in text


def test_a_record_keeps_its_number_under_every_model(report: Report) -> None:
    numbers = {
        role: [
            one.number for one in report.records if (one.split, one.model) == (Split.FORGET, role)
        ]
        for role in ModelRole
    }
    assert all(found == list(range(1, 25)) for found in numbers.values())


@pytest.mark.parametrize("scope", [(), ("",), ("backups", "  ")])
def test_without_what_was_not_tested_there_is_no_report(
    scope: tuple[str, ...], report: Report
) -> None:
    with pytest.raises(ValidationError):
        Report.model_validate(json.loads(report.model_dump_json()) | {"out_of_scope": scope})


@pytest.mark.parametrize(
    ("unread", "says"), [(3, "could not read: 3."), (0, ": 0."), (None, ": not counted")]
)
def test_the_records_nobody_could_search_are_counted(unread: int | None, says: str) -> None:
    run = sample.manifest().model_copy(update={"unread_records": unread})
    report = build_report(
        run, sample.audit(run), sample.verdict(), sample.requests(), created=sample.NOW
    )
    [told] = [one for one in report.out_of_scope if "search could not read" in one]
    assert says in told


def test_the_ends_of_records_that_were_too_long_are_said_not_to_be_covered() -> None:
    run = sample.manifest()
    whole = CutRecords(records=0, with_evidence=0, of=24)
    for cut, says in (
        (None, None),
        (whole, None),
        (whole.model_copy(update={"records": 3}), "The ends of 3 of 24 records to forget"),
        (whole.model_copy(update={"records": 3, "with_evidence": 1}), "In 1 of them something"),
    ):
        told = " ".join(standard_out_of_scope(sample.audit(run), 0, cut=cut))
        assert ("max_length" in told) == (says is not None)
        assert says is None or says in told


def test_the_standard_list_names_what_no_run_covers_and_what_was_not_measured() -> None:
    run = sample.manifest()
    listed = " ".join(standard_out_of_scope(sample.audit(run, reference=False), 0))
    for topic in ("Backups", "logs", "Earlier releases", "distilled", "Relearning", "Quantization"):
        assert topic in listed
    assert listed.count("Not measured: Forget quality on forget records") == 1
    beside = [one for one in standard_out_of_scope(sample.audit(run), 0) if "Not measured" in one]
    assert len(beside) == 1
    assert beside[0].endswith(
        "on forget, neighbour and retain records (fewer than 100 never-seen records: "
        "1 % of them is less than one)."
    )


def test_what_an_earlier_version_did_not_measure_is_said() -> None:
    audit = sample.audit(sample.manifest())
    before = [one for one in audit.measurements if not one.metric.startswith("membership_")]
    older = audit.model_copy(update={"measurements": tuple(before)})
    [told] = [one for one in standard_out_of_scope(older, 0) if "earlier version" in one]
    assert "membership inference" in told
    assert not any("earlier version" in one for one in standard_out_of_scope(audit, 0))


def test_an_audit_that_asked_for_no_values_says_so() -> None:
    audit = sample.audit(sample.manifest())
    before = [one for one in audit.measurements if not one.metric.startswith("pii_leakage")]
    older = audit.model_copy(update={"measurements": tuple(before), "leakage": ()})
    [told] = [one for one in standard_out_of_scope(older, 0) if "earlier version" in one]
    assert "personal values" in told


def test_an_audit_that_read_no_layers_says_so() -> None:
    audit = sample.audit(sample.manifest())
    before = [one for one in audit.measurements if not one.metric.startswith("logit_lens")]
    older = audit.model_copy(update={"measurements": tuple(before), "lens": ()})
    [told] = [one for one in standard_out_of_scope(older, 0) if "earlier version" in one]
    assert "layers" in told


def test_nan_becomes_not_measured() -> None:
    run = sample.manifest()
    audit = sample.audit(run)
    holed = audit.model_copy(
        update={
            "measurements": (
                audit.measurements[0].model_copy(update={"value": math.nan}),
                *audit.measurements[1:],
            ),
            "records": (
                audit.records[0].model_copy(update={"probability": math.inf}),
                *audit.records[1:],
            ),
        }
    )
    report = build_report(run, holed, sample.verdict(), sample.requests(), created=sample.NOW)
    assert (report.measurements[0].value, report.measurements[0].not_measured) == (
        None,
        "the computation gave no finite number",
    )
    assert report.records[0].probability is None
    assert any(one.startswith("Not measured: Exact memorization") for one in report.out_of_scope)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: a.model_copy(update={"run_id": "other"}), "of run other"),
        (lambda a: a.model_copy(update={"corpus_digest": "0" * 64}), "another corpus"),
        (
            lambda a: a.model_copy(update={"models": a.models | {ModelRole.UNLEARNED: "0" * 64}}),
            "another unlearned model",
        ),
    ],
)
def test_an_audit_of_something_else_is_refused(
    change: Callable[[AuditResult], AuditResult], says: str
) -> None:
    run: RunManifest = sample.manifest()
    with pytest.raises(BadInput, match=says):
        build_report(
            run,
            change(sample.audit(run)),
            sample.verdict(),
            sample.requests(),
            created=sample.NOW,
        )


def test_other_requests_than_the_runs_are_refused() -> None:
    run = sample.manifest()
    with pytest.raises(BadInput, match="served 3 requests"):
        build_report(
            run, sample.audit(run), sample.verdict(), sample.requests()[:2], created=sample.NOW
        )

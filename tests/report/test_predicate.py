"""What is signed about a report: the claims, their schema, and that they say nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from tests.report import sample
from tests.report.conftest import report_with
from unlearnkit.artefacts import canonical
from unlearnkit.domain import Outcome, RunManifest
from unlearnkit.report.facts import LedgerFacts, Report, build_report
from unlearnkit.report.predicate import PREDICATE_TYPE, Predicate, predicate
from unlearnkit.schemas import shipped

SCHEMA = json.loads(shipped("attestation"))
Claims = dict[str, Any]


def valid(claims: Claims) -> bool:
    """By the shipped schema, with an implementation that is not ours."""
    return bool(Draft202012Validator(SCHEMA).is_valid(claims))


def test_the_claims_carry_what_was_done_to_what_and_what_came_of_it(report: Report) -> None:
    claims = predicate(report)
    assert (claims["runId"], claims["verdict"]["outcome"]) == (sample.RUN, "pass")
    assert [one["records"] for one in claims["requests"]] == [11, 8, 5]
    assert claims["method"]["objective"] == "rklu"
    assert claims["method"]["parameters"]["alpha"] == 20.0
    assert claims["versions"]["torch"] == "2.13.0"
    assert claims["environment"]["machine"] == "x86_64"
    assert claims["models"]["unlearned"] == report.unlearned_digest
    assert {one["name"]: one["count"] for one in claims["data"]["sets"]} == {
        "forget": 24,
        "retain": 574,
        "holdout": 40,
    }
    assert claims["materials"][0] == {
        "name": "original/config.json",
        "digest": {"sha256": "1a" * 32},
    }
    assert claims["policy"] == {"name": "default", "digest": {"sha256": "ab" * 32}}


def test_what_was_forgotten_in_part_is_claimed_and_nothing_where_nothing_was(
    report: Report,
) -> None:
    assert predicate(report)["inPart"] is None
    first, *others = report.requests
    requests = (first.model_copy(update={"in_part": 2}), *others)
    claims = predicate(report.model_copy(update={"in_part_count": 2, "requests": requests}))
    assert claims["inPart"] == {"records": 2, "requests": {first.pseudonym: 2}}
    assert valid(claims)


def test_what_earlier_runs_forgot_is_claimed_beside_what_was_excluded(report: Report) -> None:
    claims = predicate(report.model_copy(update={"before_count": 2}))
    assert (claims["data"]["excluded"], claims["data"]["before"]) == (report.excluded_count, 2)
    assert valid(claims)
    older = predicate(report)
    del older["data"]["before"]
    assert valid(older)


def test_every_figure_is_claimed_with_its_interval_or_its_reason(report: Report) -> None:
    claimed = predicate(report)["metrics"]
    assert len(claimed) == len(report.measurements)
    for one, told in zip(report.measurements, claimed, strict=True):
        assert (told["value"], told["low"], told["high"]) == (one.value, one.low, one.high)
        assert told["notMeasured"] or told["value"] is not None
    without = predicate(report_with(Outcome.CANNOT_TELL, reference=False))["metrics"]
    assert any("no model retrained" in one["notMeasured"] for one in without)


def test_what_was_not_covered_is_claimed_with_the_count_of_unread_records(report: Report) -> None:
    scope = predicate(report)["outOfScope"]
    assert scope["unreadRecords"] == 3
    listed = " ".join(scope["notCovered"])
    for topic in ("Backups, logs", "Earlier releases and copies", "distilled", "could not read: 3"):
        assert topic in listed


def test_how_the_ledger_stood_is_claimed_where_it_is_known(report: Report) -> None:
    assert predicate(report)["ledger"] is None
    then = LedgerFacts(size=7, head="cd" * 32)
    claims = predicate(report.model_copy(update={"ledger": then}))
    assert claims["ledger"] == {"size": 7, "head": "cd" * 32}
    assert valid(claims)
    assert not valid(claims | {"ledger": {"size": 7}})


@pytest.mark.parametrize("scope", [None, {}, {"notCovered": [], "unreadRecords": 3}])
def test_without_what_was_not_covered_nothing_can_be_signed(report: Report, scope: object) -> None:
    claims = predicate(report) | {"outOfScope": scope}
    assert not valid(claims)
    with pytest.raises(ValidationError):
        Predicate.model_validate(claims)
    emptied = report.model_copy(update={"out_of_scope": ()})
    with pytest.raises(ValidationError):
        predicate(emptied)


def test_nothing_in_the_claims_names_a_request_a_record_or_a_place(report: Report) -> None:
    said = json.dumps(predicate(report))
    for request in report.requests:
        assert request.id not in said
        assert request.pseudonym in said
    for hidden in ("rec-0001", "/somewhere", "a note with a name in it"):
        assert hidden not in said


def bare(run: RunManifest) -> RunManifest:
    """The manifest as an earlier version wrote it."""
    written = run.model_dump(mode="json")
    for added in ("environment", "sets", "original_files", "unread_records"):
        del written[added]
    return RunManifest.model_validate(written)


@pytest.mark.parametrize("make", [sample.manifest, lambda: bare(sample.manifest())])
@pytest.mark.parametrize("reference", [True, False])
def test_claims_follow_the_shipped_schema(make: Callable[[], RunManifest], reference: bool) -> None:
    run = make()
    report = build_report(
        run,
        sample.audit(run, reference=reference),
        sample.verdict(reference=reference),
        sample.requests(),
        created=sample.NOW,
    )
    assert valid(json.loads(canonical(predicate(report))))


def places(found: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every object and of every value in a document."""
    yield at
    if isinstance(found, list):
        found = dict(enumerate(found[:1]))
    for name, value in found.items() if isinstance(found, dict) else ():
        yield from places(value, (*at, name))


def test_the_schema_refuses_any_field_that_is_missing_added_or_of_another_kind(
    report: Report,
) -> None:
    claims = json.loads(canonical(predicate(report)))
    assert valid(claims)
    free = {("method", "parameters"), ("versions",), ("environment",)}
    checked = 0
    for at in places(claims):
        if any(at[: len(one)] == one and len(at) > len(one) for one in free):
            continue
        damaged: Any = json.loads(json.dumps(claims))
        inner = damaged
        for step in at:
            outer, inner = inner, inner[step]
        if isinstance(inner, dict) and at not in free:
            inner["note"] = 1
            assert not valid(damaged), f"one field more in {at}"
            del inner["note"]
        if at and isinstance(outer, dict):
            outer[at[-1]] = [inner, [inner]]
            assert not valid(damaged), f"another kind of value in {at}"
            del outer[at[-1]]
            # Earlier versions' claims lack these, and still hold.
            assert valid(damaged) is (at in {("inPart",), ("data", "before")}), f"without {at}"
        checked += 1
    assert checked > 50


def test_the_predicate_type_names_the_version_that_the_schema_describes() -> None:
    assert PREDICATE_TYPE in SCHEMA["description"]

"""`audit --reproduce`: a signature shows who says it; measuring again shows whether it is so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.company import Line, events_of, opened, unlearnkit
from unlearnkit.artefacts import sha256_file
from unlearnkit.domain import EventKind


def test_a_true_report_is_found_again_to_the_last_digit(line: Line, tmp_path: Path) -> None:
    workspace = line.copy(tmp_path / "work")
    place = ("--workspace", workspace)
    again = unlearnkit("audit", line.model, "--reproduce", line.report, *place, "--json")
    assert again.exit_code == 0
    found = again.json
    report = json.loads((line.report / "report.json").read_text())
    said = len(report["measurements"]) + 2 * len(report["differences"])
    assert report["differences"]
    assert found["holds"]
    assert found["same"] == said
    assert (found["close"], found["apart"], found["unmeasured"]) == (0, [], [])
    last = events_of(workspace)[-1]
    assert (last.kind, last.payload["same"]) == ("reproduced", said)


def test_a_signed_lie_is_found_out(
    finished: Path, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """About a figure, and about the interval that a rule is judged by."""
    monkeypatch.setenv("COLUMNS", "120")
    kept = finished / "runs" / line.run_id / "audit.json"
    audit = json.loads(kept.read_text())
    (interval,) = (
        one
        for one in audit["differences"]
        if (one["metric"], one["split"], one["to"], one["under"])
        == ("exact_memorization", "forget", "holdout", "")
    )
    interval["high"] += 0.01
    (figure,) = (
        one
        for one in audit["measurements"]
        if (one["metric"], one["split"], one["model"], one["under"])
        == ("probability", "forget", "unlearned", "")
    )
    true, figure["value"] = figure["value"], figure["value"] / 2
    kept.write_text(json.dumps(audit))
    with opened(finished) as context:  # who has the ledger writes the lie there as well
        told = {"run_id": line.run_id, "digest": sha256_file(kept)}
        context.record(EventKind.AUDITED, told)
    report, place = tmp_path / "report", ("--workspace", finished)
    wrote = ("report", line.run_id, "--out", report, "--policy", line.story.policy, *place)
    assert unlearnkit(*wrote).exit_code == 0
    assert unlearnkit("verify", report, "--model", line.model, *place).exit_code == 0

    said = unlearnkit("audit", line.model, "--reproduce", report, *place)
    assert said.exit_code == 4
    assert "2 differ" in said.stdout
    assert f"{figure['value']:.6g}" in said.stdout
    assert f"{true:.6g}" in said.stdout


def test_another_model_or_another_key_is_refused_before_anything_is_measured(
    finished: Path, line: Line
) -> None:
    place = ("--workspace", finished)
    said = unlearnkit("audit", line.story.model, "--reproduce", line.report, *place)
    assert said.exit_code == 4
    foreign = finished / "foreign"
    assert unlearnkit("init", foreign).exit_code == 0
    key = foreign / "keys" / "signing.pub"
    said = unlearnkit("audit", line.model, "--reproduce", line.report, "--key", key, *place)
    assert said.exit_code == 4
    assert "signed by another key" in said.stderr
    reference = ("--reference", line.story.reference)
    said = unlearnkit("audit", line.model, "--reproduce", line.report, *reference, *place)
    assert said.exit_code == 2
    assert "not the retrained model of the report" in said.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--run", "run-1"),
        ("--attacks", "none"),
        ("--utility-corpus", "text.txt"),
        ("--lm-eval", "arc_easy"),
    ],
)
def test_what_a_report_says_for_itself_is_not_taken_beside_it(option: str, value: str) -> None:
    said = unlearnkit("audit", "model", "--reproduce", "report", option, value)
    assert said.exit_code == 2
    assert "measures what the report says" in said.stderr
    assert f"Leave out {option}" in said.stderr


def test_a_key_without_a_report_is_refused() -> None:
    said = unlearnkit("audit", "model", "--key", "signing.pub")
    assert said.exit_code == 2
    assert "--reproduce" in said.stderr

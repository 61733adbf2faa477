"""`process`, from two erasure requests to a signed report, and the commands around it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.company import HURRIED, Line, events_of, states_of, unattacked, unlearnkit
from unlearnkit.artefacts import load
from unlearnkit.language_model.folder import model_digest
from unlearnkit.report.facts import Report


def test_the_line_stops_for_a_person_and_names_the_commands(line: Line) -> None:
    assert line.stopped.exit_code == 3
    assert "wait for a person" in line.stopped.stderr
    for request_id in line.story.truth:
        assert f"Run: unlearnkit review {request_id}" in line.stopped.stderr
    assert "Then run the same command again." in line.stopped.stderr


def test_a_filled_in_sheet_makes_the_request_ready(line: Line) -> None:
    assert [one.exit_code for one in line.reviewed] == [0, 0, 0, 0]
    for written, decided in zip(line.reviewed[::2], line.reviewed[1::2], strict=True):
        assert "Fill in the decisions" in written.stdout
        assert "0 left" in decided.stdout
        assert "is ready" in decided.stdout
    assert states_of(line.ready) == {"ready"}


def test_the_same_command_then_ends_with_the_verdict(line: Line) -> None:
    assert line.finished.exit_code == 0, line.finished.stderr
    assert "Gate: pass" in line.finished.stdout
    assert (line.model / "model.safetensors").is_file()
    written = {path.name for path in line.report.iterdir()}
    expected = {"report.html", "report.json", "attestation.json", "policy.yaml", "signing.pub"}
    assert written == expected | {"letters"}
    letters = {path.stem for path in (line.report / "letters").iterdir()}
    assert letters == {*line.story.truth, "processing-record"}


def test_every_accepted_record_is_truly_the_persons(line: Line) -> None:
    report = load(line.report / "report.json", Report)
    told = {one.id: one.records for one in report.requests}
    with_truth = {request_id: len(truth) for request_id, truth in line.story.truth.items()}
    assert told == with_truth


def test_the_requests_are_completed(line: Line) -> None:
    assert states_of(line.workspace) == {"completed"}


def test_the_same_command_once_more_changes_nothing(line: Line) -> None:
    assert line.again.exit_code == line.finished.exit_code
    assert line.after == line.before
    assert "distilling" not in line.again.stderr
    once = Counter((one.kind, one.request_id) for one in line.after.events)
    for kind in ("indexed", "unlearned", "audited", "reported"):
        assert once[kind, None] == 1


def test_the_report_is_verified_with_its_model(line: Line) -> None:
    assert line.verified.exit_code == 0
    assert "the model is the audited one" in line.verified.stdout
    assert "Its verdict: pass." in line.verified.stdout


def test_another_model_is_not_the_audited_one(line: Line) -> None:
    found = unlearnkit(
        *("verify", line.report, "--model", line.story.model, "--workspace", line.workspace)
    )
    assert found.exit_code == 4
    assert "model.safetensors was changed" in found.stderr


def test_the_gate_fails_the_original_and_passes_the_unlearned_model(line: Line) -> None:
    assert line.gated_original.exit_code == 1
    assert "Gate: fail" in line.gated_original.stdout
    assert line.gated_unlearned.exit_code == 0
    assert "Gate: pass" in line.gated_unlearned.stdout


def test_a_policy_that_needs_a_retrained_model_cannot_tell_without_one(
    line: Line, tmp_path: Path
) -> None:
    place = ("--policy", "research", "--workspace", line.copy(tmp_path / "work"))
    without = unlearnkit("gate", line.model, *place)
    assert without.exit_code == 3
    assert "cannot tell" in without.stdout
    given = unlearnkit("gate", line.model, "--reference", line.story.reference, "--json", *place)
    assert given.exit_code in (0, 1)
    assert given.json["verdict"]["outcome"] in ("pass", "fail")


def test_a_strict_policy_is_the_same_word_as_its_file(line: Line, tmp_path: Path) -> None:
    place = ("--json", "--workspace", line.copy(tmp_path / "work"))
    by_name = unlearnkit("gate", line.model, "--policy", "strict", *place)
    by_file = unlearnkit("gate", line.model, "--policy", "strict.yaml", *place)
    assert by_name.json == by_file.json
    assert by_name.json["verdict"]["policy"] == "strict"
    lacking = [c for c in by_name.json["verdict"]["checks"] if c["outcome"] == "cannot_tell"]
    assert {one["rule"] for one in lacking} >= {"forget-quality", "like-retrained"}


def test_on_github_the_gate_adds_a_summary(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    place = ("--policy", line.story.policy, "--workspace", line.copy(tmp_path / "work"))
    unlearnkit("gate", line.model, *place)
    assert "forgotten-like-unseen" in summary.read_text(encoding="utf-8")


def test_each_command_alone_comes_to_the_same(line: Line, tmp_path: Path) -> None:
    """Init, import, index, locate, review, unlearn, audit, report, verify and gate, in JSON."""
    story, work, out = line.story, tmp_path / "work", tmp_path / "model"
    place = ("--json", "--workspace", work)

    made = unlearnkit("init", work, "--json")
    assert made.json["workspace"] == str(work)
    taken = unlearnkit("request", "import", *story.files.requests, *place)
    assert [one["request"]["id"] for one in taken.json] == list(story.truth)
    assert all(one["added"] for one in taken.json)
    indexed = unlearnkit("index", story.files.records, *place)
    assert indexed.json["record_count"] == len(story.company.records)

    found = unlearnkit("locate", *place)
    assert {one["request_id"] for one in found.json} == set(story.truth)
    for request_id in story.truth:
        sheet = line.folder / f"{request_id}.csv"
        decided = unlearnkit("review", request_id, "--decisions", sheet, *place)
        assert decided.json["left"] == 0
        assert decided.json["request"]["state"] == "ready"

    manifest = unlearnkit(*story.unlearn(out, work), "--json")
    assert manifest.json["unlearned_digest"] == model_digest(line.model) == model_digest(out)
    measured = unlearnkit("audit", out, "--attacks", "none", *place)
    before = json.loads((line.workspace / "runs" / line.run_id / "audit.json").read_text())
    assert measured.json["measurements"] == before["measurements"]

    run_id = manifest.json["run_id"]
    reported = unlearnkit(
        "report", run_id, "--policy", story.policy, "--out", tmp_path / "report", *place
    )
    assert (
        reported.json["verdict"]
        == json.loads((line.report / "report.json").read_text(encoding="utf-8"))["verdict"]
    )
    verified = unlearnkit("verify", tmp_path / "report", "--model", out, *place)
    assert (verified.json["run"], verified.json["verdict"]) == (run_id, "pass")
    gated = unlearnkit("gate", out, "--policy", story.policy, "--attacks", "none", *place)
    assert gated.json == {"run": run_id, "verdict": reported.json["verdict"], "asking": None}
    assert [one.exit_code for one in (made, taken, indexed, found, manifest, measured)] == [0] * 6
    assert [one.exit_code for one in (reported, verified, gated)] == [0, 0, 0]

    listed = unlearnkit("request", "list", "--state", "completed", *place)
    assert len(listed.json) == len(story.truth)
    shown = unlearnkit("request", "show", listed.json[0]["id"], *place)
    kinds = [one["kind"] for one in shown.json["events"]]
    assert kinds[0] == "request_added"
    assert {"located", "reviewed", "request_moved"} < set(kinds)
    with_all = {one.kind for one in events_of(work)}
    assert with_all == {one.kind for one in events_of(line.workspace)}


def test_a_run_without_a_person_may_reject_what_is_uncertain(line: Line, tmp_path: Path) -> None:
    """Only the certain records are forgotten, and the ledger says who decided."""
    story, work = line.story, unattacked(tmp_path / "work")
    arguments = story.process(tmp_path / "out", work, "--uncertain", "reject", "--json", *HURRIED)
    done = unlearnkit(*arguments)
    assert done.exit_code == 1
    forget = json.loads(done.stdout)["run"]["forget_set"]
    for request_id, records in forget["records"].items():
        assert set(records) < set(story.truth[request_id])
    assert forget["excluded"]
    assert states_of(work) == {"ready"}

"""A gate measures what one run forgot, and does not pass over whom other runs forgot."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.company import Line, opened, unlearnkit
from unlearnkit.artefacts import save, sha256_file
from unlearnkit.domain import EventKind, Outcome, RunManifest
from unlearnkit.pipeline.runs import Run, find_run
from unlearnkit.pipeline.unmeasured import RULE, as_check

OLDER = "run-000000000000"


@pytest.fixture
def two(line: Line, tmp_path: Path) -> Path:
    """The finished workspace, as if each of the two requests had had a run of its own."""
    work = line.copy(tmp_path / "work")
    first, second = line.story.truth
    run = Run(work / "runs" / line.run_id)
    whole = run.manifest
    older = {"run_id": OLDER, "created": whole.created - timedelta(days=30)}
    save(Run(work / "runs" / OLDER).manifest_file, of(whole.model_copy(update=older), first))
    save(run.manifest_file, of(whole, second))
    with opened(work) as context:
        told = {"run_id": line.run_id, "digest": sha256_file(run.manifest_file)}
        context.record(EventKind.UNLEARNED, told)
    return work


def of(whole: RunManifest, request: str) -> RunManifest:
    records = {request: whole.forget_set.records[request]}
    forget_set = whole.forget_set.model_copy(update={"records": records})
    return whole.model_copy(update={"requests": (request,), "forget_set": forget_set})


def test_where_one_run_forgot_everybody_there_is_nothing_to_say(line: Line, tmp_path: Path) -> None:
    with opened(line.copy(tmp_path / "work")) as context:
        assert as_check(context, find_run(context.workspace, line.run_id), named=False) is None


def test_people_of_other_runs_cannot_be_told_and_their_runs_are_named(
    line: Line, two: Path
) -> None:
    with opened(two) as context:
        for measured, other in ((line.run_id, OLDER), (OLDER, line.run_id)):
            check = as_check(context, find_run(context.workspace, measured), named=False)
            assert check is not None
            assert (check.outcome, check.severity, check.observed) == (
                *(Outcome.CANNOT_TELL, "fail", 1.0),
            )
            assert f"Only the records of {measured} were measured." in check.explanation
            assert f"with --run: {other};" in check.explanation
        named = as_check(context, find_run(context.workspace, OLDER), named=True)
        assert named is not None
        assert (named.outcome, named.severity) == (Outcome.CANNOT_TELL, "warn")


def test_a_run_that_is_gone_is_said_and_one_without_records_has_nothing_to_measure(
    line: Line, two: Path
) -> None:
    older = Run(two / "runs" / OLDER)
    empty = older.manifest.forget_set.model_copy(
        update={"records": {next(iter(line.story.truth)): ()}}
    )
    with opened(two) as context:
        newest = find_run(context.workspace, line.run_id)
        save(older.manifest_file, older.manifest.model_copy(update={"forget_set": empty}))
        assert as_check(context, newest, named=False) is None
        shutil.rmtree(older.folder)
        check = as_check(context, newest, named=False)
        assert check is not None
        assert "Of 1 request the run is not in this workspace any more." in check.explanation


def test_a_gate_on_the_newest_run_is_no_pass_and_on_a_named_one_says_whom_it_left_out(
    line: Line, two: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "anything.yaml"
    rule = "{id: one, metric: probability, split: forget, explanation: why, "
    rule += "compare: {to: absolute, at_most: 1}}"
    policy.write_text(f"version: 1\nname: anything\ndescription: none\nrules: [{rule}]\n")
    forms = {form: tmp_path / form for form in ("junit", "sarif", "markdown")}
    files = [part for form, path in forms.items() for part in (f"--{form}", path)]
    call = ("gate", line.model, "--policy", policy, "--attacks", "none", "--workspace", two)
    said = unlearnkit(*call, *files, "--json")
    assert said.exit_code == 3
    assert [one["rule"] for one in said.json["verdict"]["checks"]] == ["one", RULE]
    assert said.json["run"] == line.run_id
    for form, path in forms.items():
        assert line.run_id in path.read_text(encoding="utf-8"), form
    [logged] = json.loads(forms["sarif"].read_text())["runs"]
    assert logged["properties"]["unlearningRun"] == line.run_id
    assert f"Measured against {line.run_id}." in forms["markdown"].read_text()
    named = unlearnkit(*call, "--run", line.run_id, *files)
    assert named.exit_code == 0
    assert RULE in named.stdout + named.stderr
    assert "warning only" in forms["junit"].read_text()

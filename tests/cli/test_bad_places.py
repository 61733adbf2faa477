"""Outputs, policies, runs and keys that will not do: refused, and nothing overwritten."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.refusal import refused
from tests.company import Line, unlearnkit, unreachable_policy
from unlearnkit.artefacts import folder_digests


def test_somebodys_files_are_never_overwritten(line: Line, ready: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("three years of work")
    said = refused(ready, "unlearn", line.story.model, "--out", mine.parent)
    assert "the folder is not empty; nothing in it was touched" in said.stderr
    assert mine.read_text() == "three years of work"


def test_a_run_with_other_settings_does_not_replace_an_earlier_one(
    line: Line, tmp_path: Path
) -> None:
    """Its report may have been sent already, and names that model."""
    work = line.copy_ready(tmp_path / "work", with_run=True)
    again = line.story.unlearn(line.model, work)
    assert unlearnkit(*again).exit_code == 0
    policy = unreachable_policy(tmp_path)
    failed = ("report", line.run_id, "--policy", policy, "--workspace", work)
    reported = unlearnkit(*failed)
    assert "Gate: fail" in reported.stdout
    assert reported.exit_code == 1
    assert unlearnkit(*failed, "--json").exit_code == 1
    assert unlearnkit(*again).exit_code == 0
    before = folder_digests(line.model)
    assert "the folder is not empty" in refused(work, *again, "--learning-rate", "1e-3").stderr
    assert folder_digests(line.model) == before


@pytest.mark.parametrize("inside", ["", "new"])
def test_a_model_is_never_written_over_the_one_it_is_made_from(
    line: Line, ready: Path, inside: str
) -> None:
    before = folder_digests(line.story.model)
    said = refused(ready, "unlearn", line.story.model, "--out", line.story.model / inside)
    assert "cannot be written over the one it is made from" in said.stderr
    assert folder_digests(line.story.model) == before


@pytest.mark.parametrize("below", ["", "model"])
def test_a_file_cannot_be_the_output_folder(
    line: Line, ready: Path, tmp_path: Path, below: str
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    said = refused(ready, "unlearn", line.story.model, "--out", file / below)
    assert f"{file}: this is a file; a folder is needed" in said.stderr
    assert file.read_text() == "mine"


def test_a_report_is_not_written_among_other_files(
    line: Line, finished: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "report" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    said = refused(finished, "report", line.run_id, "--out", mine.parent)
    assert f"{mine}: the report folder holds a file that is no part of a report" in said.stderr
    assert [path.name for path in mine.parent.iterdir()] == ["notes.txt"]


def test_a_report_folder_that_is_a_file_is_refused(
    line: Line, finished: Path, tmp_path: Path
) -> None:
    file = tmp_path / "report"
    file.write_text("mine")
    said = refused(finished, "report", line.run_id, "--out", file)
    assert f"{file}: this is a file; a folder is needed" in said.stderr
    assert file.read_text() == "mine"


@pytest.mark.parametrize("name", ["lenient", "lenient.yaml", "elsewhere/strict.yaml"])
def test_an_unknown_policy_is_refused_with_those_there_are(
    line: Line, finished: Path, name: str
) -> None:
    """A missing file is not replaced by a policy of the same name that ships."""
    for command in (("gate", line.model), ("report", line.run_id)):
        said = refused(finished, *command, "--policy", name)
        assert f"there is no policy '{name}'" in said.stderr
        assert all(one in said.stderr for one in ("default", "strict", "research"))


def test_a_broken_policy_is_refused_with_its_line(
    line: Line, finished: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "mine.yaml"
    good = line.story.policy.read_text(encoding="utf-8")
    policy.write_text(good.replace("metric: exact_memorization", "metric: exact_memorisation", 1))
    number = policy.read_text().splitlines().index("    metric: exact_memorisation") + 1
    said = refused(finished, "gate", line.model, "--policy", policy)
    assert f"{policy}, line {number}: " in said.stderr
    assert "did you mean 'exact_memorization'?" in said.stderr


def test_process_looks_at_its_output_before_it_takes_in_a_request(
    line: Line, new: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    said = refused(new, *line.story.process(tmp_path / "file", new))
    assert f"{tmp_path / 'file'}: this is a file" in said.stderr


def test_process_reads_the_policy_before_it_takes_in_a_request(
    line: Line, new: Path, tmp_path: Path
) -> None:
    arguments = line.story.process(tmp_path / "out", new)
    arguments[arguments.index("--policy") + 1] = "lenient"
    assert "there is no policy 'lenient'" in refused(new, *arguments).stderr


def test_an_unknown_run_is_refused_with_those_there_are(line: Line, finished: Path) -> None:
    for command in (("report", "run-x"), ("audit", line.model, "--run", "run-x")):
        said = refused(finished, *command)
        assert "no finished run begins with this id" in said.stderr
        assert line.run_id in said.stderr


def test_a_run_that_was_not_audited_has_no_report(line: Line, finished: Path) -> None:
    (finished / "runs" / line.run_id / "audit.json").unlink()
    said = refused(finished, "report", line.run_id)
    assert f"{line.run_id} was not audited yet" in said.stderr
    assert f"Run: unlearnkit audit {line.model}" in said.stderr


def test_nothing_can_be_measured_before_anything_was_unlearned(line: Line, ready: Path) -> None:
    for command in ("audit", "gate"):
        said = refused(ready, command, line.story.model)
        assert "no model was unlearned in this workspace yet" in said.stderr


@pytest.mark.parametrize("command", ["request list", "index x.jsonl", "locate", "audit MODEL"])
def test_without_a_workspace_the_command_that_makes_one_is_said(
    line: Line, tmp_path: Path, command: str
) -> None:
    arguments = command.replace("MODEL", str(line.model)).split()
    said = unlearnkit(*arguments, "--workspace", tmp_path / "none")
    assert said.exit_code == 2
    assert "there is no workspace here" in said.stderr
    assert f"unlearnkit init {tmp_path / 'none'}" in said.stderr
    assert not (tmp_path / "none").exists()


def test_a_workspace_is_not_made_twice(new: Path) -> None:
    before = folder_digests(new)
    said = unlearnkit("init", new)
    assert said.exit_code == 2
    assert "this already is a workspace; nothing was changed" in said.stderr
    assert folder_digests(new) == before


def test_a_report_is_not_verified_without_a_key_from_elsewhere(line: Line, tmp_path: Path) -> None:
    said = unlearnkit("verify", line.report, "--workspace", tmp_path)
    assert said.exit_code == 2
    assert "no key to verify with" in said.stderr
    assert "but not the report's own" in said.stderr


def test_a_key_that_came_with_the_report_does_not_vouch_for_it(line: Line, tmp_path: Path) -> None:
    report = shutil.copytree(line.report, tmp_path / "report")
    (link := tmp_path / "got-by-post.pub").symlink_to(report / "signing.pub")
    for place, key in (
        (report, report / "signing.pub"),
        (report / "attestation.json", report / "signing.pub"),
        (report, link),
    ):
        said = unlearnkit("verify", place, "--key", key, "--workspace", line.workspace)
        assert said.exit_code == 2
        assert "a key that came with the report cannot vouch for it" in said.stderr
        assert "Get the public key from the signer by another way" in said.stderr


def test_nor_does_a_workspace_that_came_with_it(line: Line, tmp_path: Path) -> None:
    report = shutil.copytree(line.report, tmp_path / "report")
    shutil.copytree(line.workspace / "keys", report / "keys")
    shutil.copy(line.workspace / "unlearnkit.yaml", report)
    said = unlearnkit("verify", report, "--workspace", report)
    assert said.exit_code == 2
    assert "a key that came with the report cannot vouch for it" in said.stderr


def test_what_is_no_report_cannot_be_verified(line: Line, tmp_path: Path) -> None:
    said = unlearnkit("verify", tmp_path, "--workspace", line.workspace)
    assert said.exit_code == 2
    assert "no report here" in said.stderr


def test_a_changed_report_fails_its_verification(line: Line, tmp_path: Path) -> None:
    shutil.copytree(line.report, tmp_path / "report")
    page = tmp_path / "report" / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("pass", "Pass"), encoding="utf-8")
    said = unlearnkit("verify", tmp_path / "report", "--workspace", line.workspace)
    assert said.exit_code == 4
    assert "report.html was changed" in said.stderr


def test_a_changed_ledger_closes_the_gate(line: Line, finished: Path) -> None:
    import sqlite3

    with sqlite3.connect(finished / "ledger.db") as database:
        database.execute("UPDATE events SET actor = 'somebody' WHERE seq = 3")
    database.close()
    said = unlearnkit("gate", line.model, "--workspace", finished)
    assert said.exit_code == 4
    assert "event 3" in said.stderr

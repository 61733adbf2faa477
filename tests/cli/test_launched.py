"""The command line under a launcher: many processes work, one speaks and writes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.company import HURRIED, Story, events_of, fill_in, states_of, unlearnkit
from tests.unlearning.launch import ENVIRONMENT, TWO
from unlearnkit.language_model.folder import model_digest


def run(*command: object) -> str:
    """Standard output of a command that must end well."""
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def ready(story: Story, tmp_path: Path) -> Path:
    """A workspace in which everything is located and reviewed."""
    workspace = tmp_path / "workspace"
    place = ("--workspace", workspace)
    unlearnkit(*story.process(tmp_path / "unused", workspace))
    for request_id, truth in story.truth.items():
        sheet = tmp_path / "sheet.csv"
        unlearnkit("review", request_id, "--write", sheet, *place)
        fill_in(sheet, truth)
        unlearnkit("review", request_id, "--decisions", sheet, *place)
    return workspace


def test_two_processes_unlearn_and_audit_in_one_workspace_and_one_of_them_speaks(
    story: Story, ready: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(ready, tmp_path / "copy"))
    one = unlearnkit(*story.unlearn(tmp_path / "one", ready, *HURRIED), "--json").json
    command = [*story.unlearn(tmp_path / "two", copy, *HURRIED), "--json"]
    two = json.loads(run(*TWO, "-m", "unlearnkit", *command))

    assert two["forget_set"] == one["forget_set"]
    (expected,) = one["passes"]
    (found,) = two["passes"]
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-2)
    assert two["unlearned_digest"] == model_digest(tmp_path / "two")
    assert states_of(copy) == {"unlearned"}

    measure = ("audit", tmp_path / "two", "--json", "--workspace", copy)
    together = json.loads(run(*TWO, "-m", "unlearnkit", *measure))
    assert [one.kind for one in events_of(copy)].count("audited") == 1
    (scores,) = copy.glob("runs/run-*/scores")
    shutil.rmtree(scores)
    alone = unlearnkit(*measure).json
    for ours, theirs in zip(together["records"], alone["records"], strict=True):
        assert ours["record_id"] == theirs["record_id"]
        assert ours["probability"] == pytest.approx(theirs["probability"], rel=1e-4, abs=1e-6)


def test_accelerates_own_launcher_starts_it() -> None:
    launch = ("-m", "accelerate.commands.launch", "--cpu", "--mixed_precision", "bf16")
    assert "unlearn" in run(*launch, "-m", "unlearnkit", "--help")

"""The command line under a launcher: many processes work, one speaks and writes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Plain:
    """A workspace in which everything is reviewed, and what one process then makes of it."""

    ready: Path
    manifest: Any
    model: Path


@pytest.fixture(scope="module")
def plain(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Plain:
    folder = tmp_path_factory.mktemp("plain")
    workspace = folder / "workspace"
    place = ("--workspace", workspace)
    unlearnkit(*story.process(folder / "unused", workspace))
    for request_id, truth in story.truth.items():
        sheet = folder / "sheet.csv"
        unlearnkit("review", request_id, "--export", sheet, *place)
        fill_in(sheet, truth)
        unlearnkit("review", request_id, "--decisions", sheet, *place)
    ready = Path(shutil.copytree(workspace, folder / "ready"))
    model = folder / "one"
    made = unlearnkit(*story.unlearn(model, workspace, *HURRIED), "--json").json
    return Plain(ready, made, model)


def assert_the_same_run(plain: Plain, two: Any, out: Path, workspace: Path) -> None:
    """As one process makes it, up to rounding: its forget set and loss; and the ledger's state."""
    one = plain.manifest
    assert two["forget_set"] == one["forget_set"]
    (expected,) = one["passes"]
    (found,) = two["passes"]
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-2)
    assert two["unlearned_digest"] == model_digest(out)
    assert states_of(workspace) == {"unlearned"}


def test_two_processes_unlearn_and_audit_in_one_workspace_and_one_of_them_speaks(
    story: Story, plain: Plain, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(plain.ready, tmp_path / "copy"))
    command = [*story.unlearn(tmp_path / "two", copy, *HURRIED), "--json"]
    two = json.loads(run(*TWO, "-m", "unlearnkit", *command))
    assert_the_same_run(plain, two, tmp_path / "two", copy)

    measure = ("audit", tmp_path / "two", "--json", "--workspace", copy)
    together = json.loads(run(*TWO, "-m", "unlearnkit", *measure))
    assert [one.kind for one in events_of(copy)].count("audited") == 1
    (scores,) = copy.glob("runs/run-*/scores")
    shutil.rmtree(scores)
    alone = unlearnkit(*measure).json
    for ours, theirs in zip(together["records"], alone["records"], strict=True):
        assert ours["record_id"] == theirs["record_id"]
        assert ours["probability"] == pytest.approx(theirs["probability"], rel=1e-4, abs=1e-6)


CONFIG = """
compute_environment: LOCAL_MACHINE
distributed_type: MULTI_GPU
use_cpu: true
num_machines: 1
num_processes: 2
machine_rank: 0
main_process_port: 0
main_training_function: main
mixed_precision: 'no'
rdzv_backend: static
same_network: true
"""
"""What `accelerate config` writes, for two processes on CPU (gloo). Its MULTI_CPU starts them with
mpirun only; MULTI_GPU with torchrun, and `use_cpu` keeps them from a GPU."""


def test_accelerates_own_config_file_says_how_many_processes(
    story: Story, plain: Plain, tmp_path: Path
) -> None:
    config = tmp_path / "two.yaml"
    config.write_text(CONFIG)
    copy = Path(shutil.copytree(plain.ready, tmp_path / "copy"))
    command = [*story.unlearn(tmp_path / "two", copy, *HURRIED), "--json"]
    launch = ("-m", "accelerate.commands.launch", "--config_file", config)
    two = json.loads(run(*launch, "-m", "unlearnkit", *command))
    assert_the_same_run(plain, two, tmp_path / "two", copy)


def test_accelerates_own_launcher_starts_it() -> None:
    launch = ("-m", "accelerate.commands.launch", "--cpu", "--mixed_precision", "bf16")
    assert "unlearn" in run(*launch, "-m", "unlearnkit", "--help")

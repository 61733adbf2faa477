"""Finding a run by its id, by its folder, and by the model it made."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.company import Line
from unlearnkit.artefacts import save
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.runs import (
    Claim,
    Run,
    find_run,
    finished_runs,
    refuse_file,
    run_for_model,
    run_of,
    unfinished_for,
)
from unlearnkit.workspace import Workspace


@pytest.fixture
def workspace(line: Line, tmp_path: Path) -> Workspace:
    """A copy of the finished workspace."""
    return Workspace.open(line.copy(tmp_path / "work"))


def another_run(workspace: Workspace, name: str, *, days: int, digest: str) -> Run:
    """A run like the one that was there first, made some days later, of another model."""
    (first,) = [run for run in finished_runs(workspace) if not run.id.endswith("0" * 12)]
    run = Run(workspace.runs_dir / name)
    shutil.copytree(first.folder, run.folder)
    changed = {
        "run_id": name,
        "created": first.manifest.created + timedelta(days=days),
        "unlearned_digest": digest,
    }
    save(run.manifest_file, first.manifest.model_copy(update=changed))
    return run


def test_the_same_things_give_the_same_run(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    assert run_of(workspace, b"a").id == run_of(workspace, b"a").id
    assert run_of(workspace, b"a").id != run_of(workspace, b"b").id
    assert run_of(workspace, b"a").id.startswith("run-")
    assert len(run_of(workspace, b"a").id) == len("run-") + 12


def test_a_stopped_run_is_found_by_the_folder_it_writes_to(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "work")
    mine, other, broken, ended = (run_of(workspace, name) for name in (b"a", b"b", b"c", b"d"))
    for run, out in ((mine, "out"), (other, "elsewhere"), (broken, "out"), (ended, "out")):
        run.folder.mkdir(parents=True)
        save(run.claim_file, Claim(out=str(tmp_path / out)))
    broken.claim_file.write_text("{")
    ended.manifest_file.write_text("{}")
    assert unfinished_for(workspace, tmp_path / "out") == [mine]


def test_a_run_is_found_by_the_beginning_of_its_id_or_by_its_folder(workspace: Workspace) -> None:
    (run,) = finished_runs(workspace)
    for wanted in (run.id, run.id[:8], str(run.folder)):
        assert find_run(workspace, wanted) == run


@pytest.mark.parametrize("wanted", ["", "run-x", "x"])
def test_no_run_is_said_with_those_there_are(workspace: Workspace, wanted: str) -> None:
    with pytest.raises(BadInput, match="no finished run begins with this id") as refusal:
        find_run(workspace, wanted)
    assert refusal.value.fix == f"Runs: {finished_runs(workspace)[0].id}"


def test_a_beginning_of_two_ids_is_refused(workspace: Workspace) -> None:
    another_run(workspace, "run-000000000000", days=1, digest="0" * 64)
    with pytest.raises(BadInput, match="2 finished runs begin with this id"):
        find_run(workspace, "run-")


def test_an_unfinished_run_is_none(workspace: Workspace) -> None:
    (run,) = finished_runs(workspace)
    run.manifest_file.unlink()
    assert finished_runs(workspace) == []
    with pytest.raises(BadInput, match="there is no RunManifest here"):
        _ = run.manifest
    with pytest.raises(BadInput, match="no model was unlearned"):
        run_for_model(workspace, "0" * 64)


def test_a_model_belongs_to_the_newest_run_that_made_it(workspace: Workspace) -> None:
    (first,) = finished_runs(workspace)
    digest = first.manifest.unlearned_digest
    newer = another_run(workspace, "run-000000000000", days=1, digest=digest)
    newest = another_run(workspace, "run-ffffffffffff", days=2, digest="f" * 64)
    assert finished_runs(workspace) == [first, newer, newest]
    assert run_for_model(workspace, digest) == newer


def test_any_other_model_is_measured_against_the_newest_run(workspace: Workspace) -> None:
    (first,) = finished_runs(workspace)
    older = another_run(workspace, "run-000000000000", days=-1, digest="0" * 64)
    assert finished_runs(workspace) == [older, first]
    assert run_for_model(workspace, "a" * 64) == first


def test_a_file_in_the_place_of_a_folder_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "file"
    refuse_file(file / "model")
    file.write_text("mine")
    for folder in (file, file / "model", file / "a" / "b"):
        with pytest.raises(BadInput, match="a folder is needed") as refusal:
            refuse_file(folder)
        assert refusal.value.where == str(file)

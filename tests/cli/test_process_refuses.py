"""What `process` refuses before it does anything: no workspace made, no request taken in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.refusal import jsonl, refused
from tests.company import unlearnkit
from unlearnkit.artefacts import folder_digests


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with a model's files, none of which is looked into before the work begins."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).write_text("{}")
    return folder


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return jsonl(tmp_path / "records.jsonl", {"text": "Mira Holt called."})


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    path = tmp_path / "erasure.csv"
    path.write_text("regulation,name,identity_verified\ngdpr,Mira Holt,2026-01-05\n")
    return path


@pytest.fixture
def process(model: Path, records: Path, requests: Path) -> list[str]:
    """The arguments of a call that lacks --out and --workspace."""
    return [
        *("process", str(model), "--corpus", str(records), "--requests", str(requests)),
        *("--learning-rate", "1e-3"),
    ]


@pytest.mark.parametrize("place", ["model", "model/inside", "."])
def test_it_never_writes_over_its_model(
    new: Path, model: Path, process: list[str], tmp_path: Path, place: str
) -> None:
    """The last is a folder whose `model/`, which `process` makes, is the one it is given."""
    before = folder_digests(model)
    said = refused(new, *process, "--out", tmp_path / place)
    assert "cannot be written over the one it is made from" in said.stderr
    assert "Choose another --out" in said.stderr
    assert folder_digests(model) == before


def test_it_looks_whether_it_may_write_first(new: Path, process: list[str], tmp_path: Path) -> None:
    (closed := tmp_path / "closed").mkdir(mode=0o555)
    if os.access(closed, os.W_OK):  # root may write to nearly all
        closed = Path("/proc/1")
    said = refused(new, *process, "--out", closed / "out")
    assert f"{closed}: nothing can be written here" in said.stderr
    assert "Choose another --out" in said.stderr


@pytest.mark.parametrize("folder", ["model", "report"])
def test_it_looks_for_somebodys_files_first(
    new: Path, process: list[str], tmp_path: Path, folder: str
) -> None:
    mine = tmp_path / "out" / folder / "thesis.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("three years of work")
    said = refused(new, *process, "--out", tmp_path / "out")
    assert str(mine.parent) in said.stderr
    assert mine.read_text() == "three years of work"


@pytest.mark.parametrize(
    ("option", "given", "said"),
    [
        ("--requests", "nowhere.json", "cannot read it: No such file or directory"),
        ("--requests", "nobody.csv", "there is no request in this file"),
        ("--corpus", "nowhere.jsonl", "there is no such file or folder"),
        ("--holdout", "nowhere.jsonl", "there is no such file or folder"),
        ("--reference", "nowhere", "not a model folder"),
        ("--recognisers", "nowhere.yaml", "nowhere.yaml"),
        ("--policy", "lenient", "there is no policy 'lenient'"),
        ("--country", "AQ", "no recognisers of the country AQ"),
        ("--tolerance", "-1", "tolerance"),
        ("--out", "nobody.csv", "this is a file"),
    ],
)
def test_it_makes_no_workspace_for_what_it_cannot_use(
    process: list[str], tmp_path: Path, option: str, given: str, said: str
) -> None:
    (tmp_path / "nobody.csv").write_text("regulation,name\n")
    work = tmp_path / "work"
    wrong = (
        str(tmp_path / given) if option not in ("--policy", "--country", "--tolerance") else given
    )
    answer = unlearnkit(*process, "--out", tmp_path / "out", "--workspace", work, option, wrong)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert not work.exists()
    assert not (tmp_path / "out").exists()

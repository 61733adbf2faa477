"""The five functions of `import unlearnkit`: each does what the example in its docstring says."""

from __future__ import annotations

import doctest
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import unlearnkit
from tests.company import Line, unattacked
from unlearnkit.errors import BadInput, VerificationFailed

FUNCTIONS = ("process", "locate", "unlearn", "audit", "verify")


@pytest.fixture
def at_hand(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the examples name: a company's files, and its workspaces by then."""
    files = line.story.files
    shutil.copy(files.records, tmp_path / "records.jsonl")
    shutil.copy(files.requests[0], tmp_path / "erasure.json")
    shutil.copy(files.holdout, tmp_path / "holdout.jsonl")
    shutil.copy(line.workspace / "keys" / "signing.pub", tmp_path)
    (tmp_path / "model").symlink_to(line.story.model)
    (tmp_path / "unlearned").symlink_to(line.model)
    (tmp_path / "report").symlink_to(line.report)
    unattacked(tmp_path / "new")
    line.copy_ready(tmp_path / "privacy")
    line.copy(tmp_path / "finished")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FUNCTIONS)
def test_its_example_comes_out_as_it_is_written(name: str, at_hand: Path) -> None:
    [example] = doctest.DocTestFinder(recurse=False).find(getattr(unlearnkit, name), name)
    assert example.examples
    said: list[str] = []
    doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)


def test_one_path_is_as_good_as_several(at_hand: Path) -> None:
    found = unlearnkit.locate(["73935ae9"], workspace=Path("privacy"))
    assert found == unlearnkit.locate("73935ae9", workspace="privacy")


def test_what_is_wrong_is_an_error_of_its_own_with_what_to_do(at_hand: Path) -> None:
    with pytest.raises(BadInput, match="no workspace here") as refusal:
        unlearnkit.locate(workspace="nowhere")
    assert "unlearnkit init" in refusal.value.fix
    with pytest.raises(BadInput, match="no key to verify with"):
        unlearnkit.verify("report", workspace="nowhere")
    with pytest.raises(VerificationFailed):
        unlearnkit.verify("report", key="signing.pub", model="model")


WATCHED = """
import sys
import unlearnkit
print(*(name for name in sys.argv[1:] if name in sys.modules))
from unlearnkit.audit.engine import audit
from unlearnkit.locate.engine import locate
print(*(callable(getattr(unlearnkit, name)) for name in unlearnkit.__all__ if name[0] != "_"))
"""


def test_importing_it_loads_nothing_heavy_and_its_names_stay_functions() -> None:
    """`audit` and `locate` are stages too, whose import would take the names."""
    heavy = ("torch", "transformers", "spacy", "pydantic", "sqlalchemy")
    said = subprocess.run(
        [sys.executable, "-c", WATCHED, *heavy], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said == ["", " ".join(["True"] * 6)]


def test_every_parameter_and_answer_is_typed() -> None:
    for name in FUNCTIONS:
        signature = inspect.signature(getattr(unlearnkit, name))
        annotations = [one.annotation for one in signature.parameters.values()]
        assert inspect.Parameter.empty not in [*annotations, signature.return_annotation]

"""docs/reference says what the program says."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import unlearnkit
from tests.docs.pages import ROOT
from unlearnkit.policy.schema import METRICS

REFERENCE = ROOT / "docs" / "reference"
PINNED = re.search(r"^typer==(.+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)


@pytest.mark.skipif(
    PINNED is None or version("typer") != PINNED[1], reason="each Typer writes commands its own way"
)
def test_its_pages_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "docs" / "reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_page_changed_by_hand_is_named(tmp_path: Path) -> None:
    """A copy of the program, beside pages of which one is changed and one is gone."""
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference.py").write_bytes((ROOT / "docs" / "reference.py").read_bytes())
    for page in REFERENCE.glob("*.md"):
        if page.name != "files.md":
            (tmp_path / "reference" / page.name).write_bytes(page.read_bytes())
    with (tmp_path / "reference" / "metrics.md").open("a") as changed:
        changed.write("by hand\n")
    command = [sys.executable, str(tmp_path / "reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    named = done.stderr.partition(": run")[0]
    assert "metrics.md" in named and "files.md" in named and "api.md" not in named


def test_every_function_and_metric_has_its_section() -> None:
    functions = (REFERENCE / "api.md").read_text("utf-8")
    for name in unlearnkit.__all__:
        assert name == "__version__" or f"\n## `unlearnkit.{name}`\n" in functions
    metrics = (REFERENCE / "metrics.md").read_text("utf-8")
    assert [one for one in METRICS if f"\n## `{one}`\n" not in metrics] == []

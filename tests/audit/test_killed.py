"""Killed with SIGKILL at any moment and run again, an audit ends with the same figures.

What was finished before is not made again.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit.test_processes import NOW, task
from tests.killing import die_at
from tests.small import Small
from unlearnkit.audit import scores
from unlearnkit.audit.engine import audit
from unlearnkit.domain import AuditResult

PART = "artefacts.py:save"
MOMENTS = {
    "the text is read, nothing of a record": ("scores.py:_records",),
    "in the second split": ("scores.py:_records", "recall.py:columns", "recall.py:columns"),
    "continuing": ("scores.py:_leaks", "generation.py:generated", "generation.py:generated"),
    "one split is asked for values": ("scores.py:_leaks", "scores.py:_leaks"),
    "decoys are ranked, not written down": ("scores.py:_decoys", PART, "artefacts.py:write_atomic"),
    "between decoys and layers": ("scores.py:_lens",),
    "all parts are there, the whole is not": ("scores.py:merged",),
    "the whole is there, the parts too": ("scores.py:merged", PART, "shutil.py:rmtree"),
    "in the first attack": ("altering.py:altered", "attacked_model.py:measured"),
    "in a training": ("relearning.py:step", "relearning.py:step", "relearning.py:step"),
}
"""What is called, in this order, until the process dies."""


def run_until(moment: tuple[str, ...], model: Path, kept: Path) -> None:
    sys.setprofile(die_at(moment))
    audit(task(model, kept), NOW)


@pytest.fixture(scope="module")
def processes() -> Any:
    """Processes that have the libraries loaded when they start."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["tests.audit.test_processes", "accelerate", "transformers.models.llama.modeling_llama"]
    )
    return context


@pytest.fixture(scope="module")
def uninterrupted(small: Small, tmp_path_factory: pytest.TempPathFactory) -> AuditResult:
    return audit(task(small.model, tmp_path_factory.mktemp("whole")), NOW)


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_same_figures_come_out(
    processes: Any, small: Small, uninterrupted: AuditResult, tmp_path: Path, moment: str
) -> None:
    process = processes.Process(target=run_until, args=(MOMENTS[moment], small.model, tmp_path))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    before = {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*.json")}

    assert audit(task(small.model, tmp_path), NOW) == uninterrupted
    left = {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*.json")}
    assert not [one for one in left if ".parts" in one.parent.name]
    assert {one: left[one] for one in before if one in left} == {
        one: at for one, at in before.items() if ".parts" not in one.parent.name
    }


def test_what_was_finished_is_not_made_again(
    small: Small, uninterrupted: AuditResult, tmp_path: Path, processes: Any
) -> None:
    moment = MOMENTS["between decoys and layers"]
    process = processes.Process(target=run_until, args=(moment, small.model, tmp_path))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    made = []

    def watch(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename == scores.__file__:
            made.append(frame.f_code.co_name)

    sys.setprofile(watch)
    try:
        found = audit(task(small.model, tmp_path), NOW)
    finally:
        sys.setprofile(None)
    assert "_lens" in made
    assert not {"_records", "_leaks"} & set(made)
    assert found == uninterrupted

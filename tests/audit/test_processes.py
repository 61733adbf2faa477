"""Two processes measure one model: each its part of the records, and the figures of one process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.small import Small, audit_task, records
from tests.unlearning.launch import in_two_processes
from unlearnkit.audit.engine import AuditTask, audit
from unlearnkit.corpus.plain_text import PlainText
from unlearnkit.domain import Attack, AuditResult, ModelRole, Split

SCRIPT = """
import os, sys
from pathlib import Path
from tests.audit.test_processes import NOW, task
from unlearnkit.audit.engine import audit

folder = Path(sys.argv[2])
found = audit(task(Path(sys.argv[1]), folder / "scores"), NOW)
(folder / f"{os.environ['RANK']}.json").write_text(found.model_dump_json())
"""
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def task(model: Path, kept: Path) -> AuditTask:
    """Some records, a split of a single one, and a text; the original stands in for both models."""
    forget, retain, holdout = records(6, 1, "f"), records(7, 2, "r"), records(1, 3, "h")
    return audit_task(
        {ModelRole.ORIGINAL: model, ModelRole.UNLEARNED: model},
        {Split.FORGET: forget, Split.RETAIN: retain, Split.HOLDOUT: holdout},
        kept,
        attacks=(Attack.PRUNING,),
        utility=PlainText(Path("text.txt"), "e" * 64, tuple(one.text for one in retain)),
    )


def test_two_processes_come_to_the_figures_of_one(small: Small, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    in_two_processes(script, small.model, tmp_path)
    first, second = (
        AuditResult.model_validate_json((tmp_path / f"{rank}.json").read_text())
        for rank in range(2)
    )
    assert first == second
    alone = audit(task(small.model, tmp_path / "alone"), NOW)
    assert first.attacks == alone.attacks
    assert [one.record_id for one in first.records] == [one.record_id for one in alone.records]
    for ours, theirs in (
        *zip(first.records, alone.records, strict=True),
        *zip(first.measurements, alone.measurements, strict=True),
    ):
        figures, expected = (flat(one.model_dump()) for one in (ours, theirs))
        assert figures == pytest.approx(expected, rel=1e-4, abs=1e-5)


def flat(one: dict[str, object]) -> dict[str, object]:
    """The figures within figures beside the others."""
    inner = [value for value in one.values() if isinstance(value, dict)]
    outer = {name: value for name, value in one.items() if not isinstance(value, dict)}
    numbers = {k: v for part in (outer, *inner) for k, v in part.items() if not isinstance(v, str)}
    return {k: v for k, v in numbers.items() if v is not None and v != ()}

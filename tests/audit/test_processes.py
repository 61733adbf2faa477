"""Two processes measure one model: each its part of the records, and the figures of one process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.small import Small, audit_task, records
from tests.unlearning.launch import in_two_processes
from unlearnkit.audit.attacks.relearning import Relearning
from unlearnkit.audit.engine import audit
from unlearnkit.audit.targets import Target
from unlearnkit.audit.task import AuditTask
from unlearnkit.corpus.nlp import LOCATION
from unlearnkit.corpus.plain_text import PlainText
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.domain import Attack, AuditResult, ModelRole, Record, Split

SCRIPT = """
import os, sys
from pathlib import Path
from accelerate import PartialState
from tests.audit.test_processes import NOW, task
from unlearnkit.audit.engine import audit

folder = Path(sys.argv[2])
found = audit(task(Path(sys.argv[1]), folder / "scores"), NOW)
assert PartialState().num_processes == 2
(folder / f"{os.environ['RANK']}.json").write_text(found.model_dump_json())
"""
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def task(model: Path, kept: Path) -> AuditTask:
    """Records with values, a split of a single one, and a text; the original is both models."""
    forget, retain, holdout = records(6, 1, "f"), records(7, 2, "r"), records(1, 3, "h")
    everybody = [last_words(one) for one in (*forget, *retain, *holdout)]
    values = {
        Split.FORGET: [target(one, everybody) for one in forget[:3]],
        Split.HOLDOUT: [target(one, everybody) for one in holdout],
    }
    return audit_task(
        {ModelRole.ORIGINAL: model, ModelRole.UNLEARNED: model},
        {Split.FORGET: forget, Split.RETAIN: retain, Split.HOLDOUT: holdout},
        kept,
        targets=values,
        ranked=values,
        attacks=(Attack.PRUNING, Attack.RELEARNING),
        relearning=Relearning(learning_rate=1e-3),
        utility=PlainText(Path("text.txt"), "e" * 64, tuple(one.text for one in retain)),
    )


def last_words(record: Record) -> str:
    return " ".join(record.text.split()[-3:])


def target(record: Record, others: list[str]) -> Target:
    """The record's last words as a personal value of it; those of others could stand there."""
    text = last_words(record)
    start = len(record.text) - len(text)
    alternatives = tuple(one for one in dict.fromkeys(others) if one != text)
    value = PersonalValue(record.id, LOCATION, start, len(record.text), text, alternatives)
    return Target(record, value, alternatives[0])


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
    for name in ("attacks", "leakage", "asked", "decoy_ranks", "lens"):
        assert getattr(first, name) and getattr(first, name) == getattr(alone, name)
    assert [one.record_id for one in first.records] == [one.record_id for one in alone.records]
    points = [[one for curve in some.curves for one in curve.points] for some in (first, alone)]
    assert len(points[0]) > 10
    for ours, theirs in (
        *zip(first.records, alone.records, strict=True),
        *zip(first.measurements, alone.measurements, strict=True),
        *zip(*points, strict=True),
    ):
        figures, expected = (flat(one.model_dump()) for one in (ours, theirs))
        assert figures == pytest.approx(expected, rel=1e-4, abs=1e-5)


def flat(one: dict[str, object]) -> dict[str, object]:
    """The figures within figures beside the others."""
    inner = [value for value in one.values() if isinstance(value, dict)]
    outer = {name: value for name, value in one.items() if not isinstance(value, dict)}
    numbers = {k: v for part in (outer, *inner) for k, v in part.items() if not isinstance(v, str)}
    return {k: v for k, v in numbers.items() if v is not None and v != ()}

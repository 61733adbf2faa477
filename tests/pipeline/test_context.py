"""What is written down about a step, and by whom."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from tests.company import opened
from unlearnkit.ledger.store import utc_now
from unlearnkit.pipeline.context import is_main_process
from unlearnkit.workspace import Workspace


def test_what_is_so_is_recorded_when_it_changes(tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path).root) as context:
        for records in (1, 1, 2, 2, 1, 1):
            context.record("indexed", {"records": records})
        events = context.ledger.events()
        assert [one.payload for one in events] == [{"records": one} for one in (1, 2, 1)]
        assert {one.actor for one in events} == {"tester"}
        assert context.ledger.verify() == 3


def test_what_is_so_of_one_run_is_not_compared_with_another_run(tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path).root) as context:
        for run, digest in (("a", "1"), ("b", "1"), ("a", "1"), ("a", "2"), ("b", "1"), ("a", "1")):
            context.record("audited", {"run_id": run, "digest": digest})
        told = [one.payload["run_id"] + one.payload["digest"] for one in context.ledger.events()]
        assert told == ["a1", "b1", "a2", "a1"]


def test_what_is_done_is_recorded_each_time(tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path).root) as context:
        for _ in range(3):
            context.record_execution("screened", {"outcome": "pass"})
        assert [one.payload for one in context.ledger.events()] == [{"outcome": "pass"}] * 3


def test_another_kind_is_another_event(tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path).root) as context:
        context.record("indexed", {"records": 1})
        context.record("located", {"records": 1})
        assert [one.kind for one in context.ledger.events()] == ["indexed", "located"]


def test_artefacts_are_dated_in_utc() -> None:
    assert utc_now().tzinfo is UTC


@pytest.mark.parametrize(("rank", "main"), [(None, True), ("0", True), ("1", False)])
def test_of_several_processes_the_first_writes(
    monkeypatch: pytest.MonkeyPatch, rank: str | None, main: bool
) -> None:
    monkeypatch.delenv("RANK", raising=False)
    if rank is not None:
        monkeypatch.setenv("RANK", rank)
    assert is_main_process() is main

"""What is written down about a step, and by whom."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from tests.company import opened
from unlearnkit.ledger.store import utc_now
from unlearnkit.pipeline.context import is_main_process
from unlearnkit.workspace import Workspace


def test_the_same_event_is_recorded_once(tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path).root) as context:
        context.record("indexed", {"records": 1})
        context.record("indexed", {"records": 2})
        context.record("indexed", {"records": 1})
        events = context.ledger.events()
        assert [one.payload for one in events] == [{"records": 1}, {"records": 2}]
        assert {one.actor for one in events} == {"tester"}
        assert context.ledger.verify() == 2


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

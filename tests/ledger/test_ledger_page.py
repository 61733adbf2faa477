"""docs/ledger.md names every kind of event, and each of them is recorded somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from unlearnkit.domain import EventKind

ROOT = Path(__file__).parents[2]
KIND_AT = {"record": 0, "record_execution": 0, "append": 0, "_record": 1, "add_event": 1}
"""The method that records an event -> which of its arguments is the kind."""


def recorded(trees: list[ast.Module]) -> set[EventKind]:
    """The kinds in calls such as `context.record(EventKind.SCREENED, {...})`.

    A method that is handed its kind names its parameter so; those that call it say which.
    """
    found = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=args) if (
                name in KIND_AT and len(args) > 1
            ):
                kind = args[KIND_AT[name]]
            case _:
                continue
        match kind:
            case ast.Attribute(value=ast.Name(id="EventKind"), attr=member):
                found.add(EventKind[member])
            case ast.Name(id="kind"):
                pass
            case _:
                pytest.fail(f"cannot tell the kind in {ast.unparse(node)}")
    return found


def test_the_page_names_the_kinds() -> None:
    page = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| [^|]+ \| `(\w+)` \|", page, flags=re.MULTILINE)
    assert sorted(named) == sorted(EventKind)


def test_every_kind_is_recorded_somewhere() -> None:
    rooms = (ROOT / "unlearnkit" / room for room in ("ledger", "pipeline"))
    files = [file for room in rooms for file in room.rglob("*.py")]
    found = recorded([ast.parse(file.read_text(encoding="utf-8")) for file in files])
    assert found == set(EventKind)

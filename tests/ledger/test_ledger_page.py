"""docs/ledger.md names every kind of event that the code records, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KIND_AT = {"record": 0, "append": 0, "_record": 1, "add_event": 1}
"""The method that records an event -> which of its arguments is the kind."""


def recorded(trees: list[ast.Module]) -> set[str]:
    """The kinds in calls such as `context.record("kind", {...})`, constants looked up.

    A method that is handed its kind names its parameter so; those that call it say which.
    """
    constants = dict(pair for tree in trees for pair in texts(tree))
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
            case ast.Constant(value=str(text)):
                found.add(text)
            case ast.Name(id="kind"):
                pass
            case ast.Name(id=constant):
                found.add(constants[constant])
            case _:
                pytest.fail(f"cannot tell the kind in {ast.unparse(node)}")
    return found


def texts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """A module's own texts by their names."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text


def test_the_page_names_the_kinds_that_are_recorded() -> None:
    page = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| [^|]+ \| `(\w+)` \|", page, flags=re.MULTILINE)
    rooms = (ROOT / "unlearnkit" / room for room in ("ledger", "pipeline"))
    files = [file for room in rooms for file in room.rglob("*.py")]
    found = recorded([ast.parse(file.read_text(encoding="utf-8")) for file in files])
    assert sorted(named) == sorted(found)


def test_a_kind_is_found_as_a_text_and_as_a_constant() -> None:
    source = 'MOVED = "moved"\nself._record(session, MOVED, {})\ncontext.record("seen", {})'
    assert recorded([ast.parse(source)]) == {"moved", "seen"}

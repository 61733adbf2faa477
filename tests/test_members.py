"""What lies in a folder is found by lying there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from unlearnkit.members import members, names


def test_the_files_of_a_package_are_found_in_the_order_of_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "found_here"
    package.mkdir()
    for name in ("__init__", "second", "first"):
        (package / f"{name}.py").write_text(f"NAME = {name!r}\n")
    (package / "notes.txt").write_text("no module")
    monkeypatch.syspath_prepend(tmp_path)
    assert names("found_here") == ["first", "second"]
    assert "found_here.first" not in sys.modules
    assert [one.NAME for one in members("found_here")] == ["first", "second"]


def test_a_package_that_is_not_there_has_none() -> None:
    assert names("nowhere_at_all") == []

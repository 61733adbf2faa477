"""Workspaces to spoil: copies, so that each test has its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.company import Line
from unlearnkit.workspace import Workspace


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A workspace in which nothing has happened yet."""
    return Workspace.create(tmp_path / "work").root


@pytest.fixture
def ready(line: Line, tmp_path: Path) -> Path:
    """A copy of the workspace in which everything is reviewed and nothing unlearned."""
    return line.copy_ready(tmp_path / "work")


@pytest.fixture
def finished(line: Line, tmp_path: Path) -> Path:
    """A copy of the finished workspace."""
    return line.copy(tmp_path / "work")

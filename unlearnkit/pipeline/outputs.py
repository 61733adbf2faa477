"""Where a command may write what it is asked for: not over what a workspace lives by."""

from __future__ import annotations

from pathlib import Path

from unlearnkit.config import FILE_NAME
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.ledger import CHECKPOINT, LEDGER

OWN = (
    *(FILE_NAME, CHECKPOINT, LEDGER, f"{LEDGER}-wal", f"{LEDGER}-shm"),
    *("keys", "index", "screening", "located", "reviews"),
)
"""Overwritten by a slip, most of it cannot be made again."""


def not_own(workspace: Path, path: Path) -> Path:
    """The path itself. Raises BadInput where something of the workspace's own lies, or may."""
    whole = path.resolve()
    if any(whole.is_relative_to((workspace / own).resolve()) for own in OWN):
        raise BadInput(
            "this place is the workspace's own, and nothing else is written there",
            where=path,
            fix="Choose another file.",
        )
    return path

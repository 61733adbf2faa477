"""Where a command may write what it is asked for: not over what a workspace lives by."""

from __future__ import annotations

import os
from pathlib import Path

from unlearnkit.errors import BadInput
from unlearnkit.pipeline.held_files import OURS


def not_own(workspace: Path, path: Path) -> Path:
    """The path itself. Raises BadInput where something of the workspace's own lies, or may.

    Keys and ledger, reports and manifests: most of it cannot be made again.
    """
    whole = Path(os.path.realpath(path))  # which raises nothing where links go round in a circle
    if any(whole.is_relative_to((workspace / own).resolve()) for own in OURS):
        raise BadInput(
            "this place is the workspace's own, and nothing else is written there",
            where=path,
            fix="Choose another file.",
        )
    return path

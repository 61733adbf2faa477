"""Where a command may write what it is asked for: not over what a workspace lives by."""

from __future__ import annotations

import os
from pathlib import Path

from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import model_folders
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
            fix="Choose another place.",
        )
    return path


def refuse_over(model: Path, out: Path) -> None:
    """Raise BadInput where a folder to write is a model's own, lies in one, or has one in it."""
    whole = out.resolve()
    for folder in (one.resolve() for one in model_folders(model)):
        if whole.is_relative_to(folder) or folder.is_relative_to(whole):
            raise BadInput(
                "a model or its report cannot be written over the one it is made from",
                where=out,
                fix="Choose another --out, outside the model's folder.",
            )


def refuse_closed(out: Path) -> None:
    """Raise BadInput where nothing can be written: after the training it would be too late."""
    there = next(one for one in (out, *out.absolute().parents) if os.path.lexists(one))
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadInput("nothing can be written here", where=there, fix="Choose another --out.")


def refuse_full(out: Path) -> None:
    """Raise BadInput where files lie already in a folder that nothing of ours was written to."""
    if out.is_dir() and any(out.iterdir()):
        raise BadInput(
            "the folder is not empty; nothing in it was touched",
            where=out,
            fix="Choose another --out, or empty the folder.",
        )

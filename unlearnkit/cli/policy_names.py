"""Policies on the command line: a file, or a name that the shell completes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unlearnkit.cli.terminal import HERE
from unlearnkit.errors import UnlearnkitError


def own_policies(workspace: Path) -> Path | None:
    """The workspace's folder of policies; None where nobody named one and none is here.

    Raises what `Workspace.open` raises.
    """
    from unlearnkit.config import FILE_NAME
    from unlearnkit.workspace import Workspace

    if workspace == HERE and not (workspace / FILE_NAME).is_file():
        return None
    return Workspace.open(workspace).policies_dir


def completed(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names that begin so: those that ship and the workspace's own. Files the shell completes."""
    from unlearnkit.policy.files import named, shipped

    try:
        own = named(own_policies(Path(ctx.params.get("workspace") or HERE)))
    except (UnlearnkitError, OSError):
        own = []  # whoever presses a key is told nothing; the command itself will say it
    return sorted({one for one in (*shipped(), *own) if one.startswith(incomplete)})


PolicyOption = Annotated[
    str,
    typer.Option(
        help="A policy file, or a name: the workspace's own, or one that ships.",
        show_default="the workspace's",
        autocompletion=completed,
    ),
]

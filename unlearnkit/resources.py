"""Templates and policies that ship with the package; a user's own folder wins file by file."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Literal

Drawer = Literal["templates", "policies"]


def shipped(drawer: Drawer) -> Path:
    """The folder inside the installed wheel, or the checkout's for an editable install."""
    packaged = Path(str(resources.files("unlearnkit"))) / drawer
    return packaged if packaged.is_dir() else Path(__file__).resolve().parent.parent / drawer


def find(drawer: Drawer, name: str, own: Path | None = None) -> Path:
    """The user's `own`/name when it exists, else the shipped file. Raises FileNotFoundError."""
    for folder in ([own] if own is not None else []) + [shipped(drawer)]:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{drawer}/{name}")

"""Where the records are read."""

from __future__ import annotations

from enum import StrEnum


class Engine(StrEnum):
    """What reads the records for the index; the index is the same."""

    LOCAL = "local"
    """Processes of this machine."""
    RAY = "ray"
    """A Ray cluster, or Ray on this machine."""

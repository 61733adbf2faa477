"""Which tasks of EleutherAI's lm-evaluation-harness an audit measures too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HarnessTasks:
    """Which tasks, found in the user's own folder first and then among the harness's."""

    names: tuple[str, ...]
    folder: Path | None = None

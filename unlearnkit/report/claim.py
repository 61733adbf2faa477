"""What a check of a report says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that was checked."""

    what: str
    ok: bool
    detail: str

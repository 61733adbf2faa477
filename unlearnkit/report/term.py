"""An entry of the glossary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One metric: how it is called, what it says, how it is computed."""

    metric: str
    label: str
    plain: str
    formula: str
    source: str

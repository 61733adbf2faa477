"""A number and its noun, as everything that is printed or written says them."""

from __future__ import annotations


def noun(count: float, one: str, several: str = "") -> str:
    """The noun for so many: `one` of 1, else `several`, which is `one` with an s if not given."""
    return one if count == 1 else several or f"{one}s"


def counted(count: int, one: str, several: str = "") -> str:
    """The number before its noun: `1 record`, `2 records`, `0 records`."""
    return f"{count} {noun(count, one, several)}"

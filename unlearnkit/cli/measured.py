"""A figure as a cell on the terminal."""

from __future__ import annotations

from unlearnkit.domain import Measurement


def cell(one: Measurement | None) -> str:
    """The figure and, below it, its 95 % interval; a dash where there is none."""
    if one is None or one.value is None:
        return "-"
    if one.low is None or one.high is None:
        return figure(one.value)
    to = "-" if one.low >= 0 else " to "
    return f"{figure(one.value)}\n[dim]{_bound(one.low)}{to}{_bound(one.high)}[/]"


def _bound(value: float) -> str:
    """Five signs, as far as whole numbers allow: a terminal is narrow."""
    places = next((at for at, least in ((1, 100), (2, 10)) if abs(value) >= least), 3)
    return f"{value:.{places}f}"


def figure(value: float) -> str:
    """Three places; very small ones as a power of ten."""
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.0005 else f"{value:.1e}"

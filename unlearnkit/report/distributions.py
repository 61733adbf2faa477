"""Plots of whole sets of records, as inline SVG: what means hide.

Truth ratios as cumulative shares are what forget quality compares (its test's statistic is the
largest upright distance between two of the lines); the scatter shows which records moved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from markupsafe import Markup

from unlearnkit.counted import counted
from unlearnkit.domain import ModelRole, Split
from unlearnkit.report.facts import Report
from unlearnkit.report.plots import TICKS, Scale, mark, svg, text

POINTS = 300
"""Records of a set that are drawn at most, evenly spread; report.json holds all."""
FEWEST = 2
"""Records that make a distribution."""
DECADES = 6
"""Powers of ten either side of 1 that the axis of truth ratios reaches at most."""
MOVED = {
    Split.RETAIN: ("kept", "records to keep"),
    Split.HOLDOUT: ("unseen", "never-seen records"),
    Split.FORGET: ("after", "records to forget"),
}
"""Sets in the order they are drawn, those to forget on top -> mark, and name."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cumulative plot: its name, its kind (a CSS class) and the values under it."""

    name: str
    kind: str
    values: tuple[float, ...]


def truth_ratio_lines(report: Report) -> tuple[Line, ...]:
    """Truth ratios of the forget set under each model, and of the holdout under the unlearned one.

    Only lines of two records or more; nothing where the unlearned model has no such line.
    """
    wanted = (
        ("before", "before", Split.FORGET, ModelRole.ORIGINAL),
        ("after", "after", Split.FORGET, ModelRole.UNLEARNED),
        ("retrained reference", "reference", Split.FORGET, ModelRole.REFERENCE),
        ("never-seen records, after", "unseen", Split.HOLDOUT, ModelRole.UNLEARNED),
    )
    lines = tuple(
        Line(
            name,
            kind,
            tuple(
                one.truth_ratio
                for one in report.records
                if (one.split, one.model) == (split, model) and one.truth_ratio is not None
            ),
        )
        for name, kind, split, model in wanted
    )
    found = tuple(one for one in lines if len(one.values) >= FEWEST)
    return found if any(one.kind == "after" for one in found) else ()


def truth_ratio_plot(report: Report) -> Markup | None:
    """The share of records whose truth ratio is at most x, on a logarithmic axis; None without."""
    lines = truth_ratio_lines(report)
    if not lines:
        return None
    left, right, top, bottom = 34.0, 408.0, 8.0, 258.0
    low, high = _decades([value for one in lines for value in one.values])
    across, up = Scale(left, right), Scale(bottom, top)

    def place(ratio: float) -> float:
        power = math.log10(ratio) if ratio > 0 else low
        return across((power - low) / (high - low))

    parts = [_level(up(tick), f"{tick:g}", left, right) for tick in TICKS]
    step = -(-(high - low) // 6)
    for power in range(low, high + 1, step):
        parts.append(_upright(place(10.0**power), f"{10.0**power:g}", top, bottom))
    parts.append(f'<path class="even" d="M{place(1)} {top}V{bottom}"/>')
    parts.append(text(across(0.5), bottom + 34, "truth ratio R (1: no preference)", "tick"))
    parts += [_steps(one, place, up, right) for one in reversed(lines)]
    told = "; ".join(
        f"{one.name}: median {median(one.values):.2g} of {counted(len(one.values), 'record')}"
        for one in lines
    )
    title = "Truth ratio: share of records at most so high"
    return svg("truth-ratios", title, told, (420, bottom + 40), "".join(parts))


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """Whole powers of ten that hold the values and 1, within DECADES of 1."""
    powers = [math.log10(one) for one in values if one > 0]
    low = max(-DECADES, math.floor(min([*powers, -1.0])))
    return low, min(DECADES, math.ceil(max([*powers, 1.0])))


def _steps(line: Line, place: Callable[[float], float], up: Scale, right: float) -> str:
    """The empirical distribution function: a step of 1/n at each value."""
    ordered = sorted(line.values)
    path = f"M{place(ordered[0])} {up(0)}"
    for at, value in enumerate(ordered, 1):
        path += f"H{place(value)}V{up(at / len(ordered))}"
    return f'<path class="s-{line.kind}" d="{path}H{right}"/>'


def moved_plot(report: Report) -> Markup | None:
    """Each record's exact memorization before (across) and after (up); None without such pairs."""
    pairs = {split: _pairs(report, split) for split in MOVED}
    if not pairs[Split.FORGET]:
        return None
    left, top, size = 34.0, 8.0, 250.0
    across, up = Scale(left, left + size), Scale(top + size, top)
    parts = [_level(up(tick), f"{tick:g}", left, left + size) for tick in TICKS]
    parts += [_upright(across(tick), f"{tick:g}", top, top + size) for tick in TICKS]
    parts.append(f'<path class="even" d="M{across(0)} {up(0)}L{across(1)} {up(1)}"/>')
    parts.append(text(across(0.5), top + size + 34, "exact memorization before", "tick"))
    parts.append(text(left + size + 12, up(1) + 4, "no change", "tick-left"))
    for split, (kind, _) in MOVED.items():
        for before, after in _some(pairs[split]):
            parts.append(mark(kind, across(before), up(after)))
    return svg(
        "moved",
        "Exact memorization of each record, before and after",
        _moved_words(pairs),
        (420, top + size + 40),
        "".join(parts),
    )


def _pairs(report: Report, split: Split) -> list[tuple[float, float]]:
    """(before, after) of every record that has both."""
    found: dict[ModelRole, dict[int, float]] = {ModelRole.ORIGINAL: {}, ModelRole.UNLEARNED: {}}
    for one in report.records:
        if one.split is split and one.model in found and one.exact_memorization is not None:
            found[one.model][one.number] = one.exact_memorization
    before, after = found[ModelRole.ORIGINAL], found[ModelRole.UNLEARNED]
    return [(before[number], after[number]) for number in before if number in after]


def _some(pairs: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    return pairs[:: max(1, -(-len(pairs) // POINTS))]


def _moved_words(pairs: Mapping[Split, Sequence[tuple[float, float]]]) -> str:
    """How many records of each set, and from where to where on average."""
    return "; ".join(
        f"{len(pairs[split])} {name}: on average {fmean(b for b, _ in pairs[split]):.2f} before, "
        f"{fmean(a for _, a in pairs[split]):.2f} after"
        for split, (_, name) in reversed(MOVED.items())
        if pairs[split]
    )


def line_key(kind: str) -> Markup:
    """A piece of the line alone, for a legend."""
    path = f'<path class="s-{kind}" d="M0 7H28"/>'
    drawn = f'<svg class="key wide" viewBox="0 0 28 14" aria-hidden="true">{path}</svg>'
    return Markup(drawn)  # nosec B704 # the kinds of lines are ours


def _level(y: float, label: str, left: float, right: float) -> str:
    line = f'<path class="grid" d="M{left} {y}H{right}"/>'
    return line + text(left - 8, y + 4, label, "row")


def _upright(x: float, label: str, top: float, bottom: float) -> str:
    return f'<path class="grid" d="M{x} {top}V{bottom}"/>' + text(x, bottom + 16, label, "tick")

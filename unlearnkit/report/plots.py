"""The report's plots: pure functions from figures to inline SVG, styled by the page's own CSS.

Colours are CSS classes, so that one drawing serves light, dark and print; shapes differ as well,
so that it can be read without colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from unlearnkit.counted import counted
from unlearnkit.domain import Measurement, ModelRole, TrainingPass
from unlearnkit.report.facts import RecordFigures

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
ROW_LIMIT = 40
"""Records drawn at most in a per-record plot."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps 0..1 to pixels; what lies outside is drawn at the edge."""

    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        return round(self.start + (self.end - self.start) * min(1.0, max(0.0, value)), 1)


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the comparison: a figure with its interval."""

    label: str
    kind: str
    """before, after, reference or unseen: the CSS class and the mark's shape."""
    figure: Measurement


def svg(name: str, title: str, description: str, size: tuple[float, float], body: str) -> Markup:
    """A whole drawing with its title and description for a reader who cannot see it."""
    return Markup(
        '<svg role="img" aria-labelledby="{0}-title {0}-desc" viewBox="0 0 {1:g} {2:g}" '
        'xmlns="http://www.w3.org/2000/svg"><title id="{0}-title">{3}</title>'
        '<desc id="{0}-desc">{4}</desc>{5}</svg>'
    ).format(name, *size, title, description, Markup(body))  # nosec B704 # words in it are escaped


def mark(kind: str, x: float, y: float) -> str:
    """Before: a ring. After: a disc. Reference: a diamond. Never seen: an upright bar."""
    match kind:
        case "reference":
            return f'<path class="m-reference" d="M{x} {y - 4.6}l4.6 4.6-4.6 4.6-4.6-4.6z"/>'
        case "unseen":
            return f'<path class="m-unseen" d="M{x} {y - 5.5}v11"/>'
        case _:
            return f'<circle class="m-{kind}" cx="{x}" cy="{y}" r="4"/>'


def key(kind: str) -> Markup:
    """The mark alone, for a legend."""
    drawn = f'<svg class="key" viewBox="0 0 14 14" aria-hidden="true">{mark(kind, 7, 7)}</svg>'
    return Markup(drawn)  # nosec B704 # the marks are ours


def text(x: float, y: float, content: object, kind: str = "t") -> str:
    """Words at a place, escaped."""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(content)}</text>'


def _axis(scale: Scale, top: float, bottom: float) -> str:
    lines = (
        f'<path class="grid" d="M{scale(tick)} {top}V{bottom}"/>'
        + text(scale(tick), bottom + 15, f"{tick:g}", "tick")
        for tick in TICKS
    )
    return "".join(lines)


def _band(scale: Scale, figure: Measurement | None, top: float, bottom: float) -> str:
    """The 95 % interval on records the model never saw, and its middle."""
    if figure is None or figure.value is None:
        return ""
    low = figure.low if figure.low is not None else figure.value
    high = figure.high if figure.high is not None else figure.value
    left, width = scale(low), max(scale(high) - scale(low), 1.0)
    return (
        f'<rect class="band" x="{left}" y="{top}" width="{width:.1f}" height="{bottom - top}"/>'
        f'<path class="level" d="M{scale(figure.value)} {top}V{bottom}"/>'
    )


def records_plot(
    records: Sequence[RecordFigures], metric: str, label: str, unseen: Measurement | None
) -> Markup:
    """One line per forget record, before to after, the highest after first; rows 14 px apart."""
    numbers = _ranked(records, metric)
    values = {(r.number, r.model): getattr(r, metric) for r in records}
    scale, top, step = Scale(34, 404), 8.0, 14.0
    bottom = top + step * len(numbers) + 4
    parts = [_axis(scale, top, bottom), _band(scale, unseen, top, bottom)]
    for row, number in enumerate(numbers):
        y = top + step * row + 9
        parts.append(text(24, y + 3.5, number, "row"))
        found = {role: values.get((number, role)) for role in ModelRole}
        before, after = found[ModelRole.ORIGINAL], found[ModelRole.UNLEARNED]
        if before is not None and after is not None:
            parts.append(f'<path class="span" d="M{scale(before)} {y}H{scale(after)}"/>')
        for role, kind in (
            (ModelRole.ORIGINAL, "before"),
            (ModelRole.REFERENCE, "reference"),
            (ModelRole.UNLEARNED, "after"),
        ):
            value = found[role]
            if value is not None:
                parts.append(mark(kind, scale(value), y))
    description = (
        f"{counted(len(numbers), 'record')} to forget, one line each: {label.lower()} before and "
        "after unlearning and in the retrained reference where there is one, with the level of "
        "never-seen records as a band. The table before this plot gives the means."
    )
    name = f"records-{metric}"
    return svg(name, f"{label}, record by record", description, (420, bottom + 22), "".join(parts))


def _ranked(records: Sequence[RecordFigures], metric: str, limit: int = ROW_LIMIT) -> list[int]:
    """Record numbers, the most remembered after unlearning first; at most `limit` of them."""
    after = [r for r in records if r.model is ModelRole.UNLEARNED]
    known = sorted(after, key=lambda r: (-(getattr(r, metric) or 0.0), r.number))
    return [r.number for r in known[:limit]]


def comparison_plot(groups: Iterable[tuple[str, Sequence[Bar]]]) -> Markup:
    """Means with 95 % intervals, metric by metric; the never-seen interval is a band."""
    scale, y = Scale(180, 640), 0.0
    parts: list[str] = []
    told: list[str] = []
    for label, bars in groups:
        y += 20
        parts.append(text(0, y, label, "head"))
        top, bottom = y + 8, y + 10 + 21 * len(bars)
        unseen = next((bar.figure for bar in bars if bar.kind == "unseen"), None)
        parts += [_axis(scale, top, bottom), _band(scale, unseen, top, bottom)]
        for row, bar in enumerate(bars):
            parts.append(_bar(scale, bar, top + 12 + 21 * row))
            told.append(f"{label}, {bar.label}: {bar.figure.value or 0:.2f}")
        y = bottom + 26
    return svg(
        "comparison",
        "Before, after, reference and never-seen records",
        "; ".join(told),
        (700, max(y - 6, 1)),
        "".join(parts),
    )


def _bar(scale: Scale, bar: Bar, y: float) -> str:
    figure = bar.figure
    name = text(0, y + 4, bar.label)
    if figure.value is None:
        return name + text(scale(0), y + 4, "not measured", "tick-left")
    interval = ""
    if figure.low is not None and figure.high is not None:
        interval = f'<path class="w-{bar.kind}" d="M{scale(figure.low)} {y}H{scale(figure.high)}"/>'
    value = text(700, y + 4, f"{figure.value:.3f}", "value")
    return name + interval + mark(bar.kind, scale(figure.value), y) + value


def passes_plot(
    passes: Sequence[TrainingPass],
    start: tuple[float | None, float | None, float | None],
    level: float | None,
    tolerance: float | None,
) -> Markup:
    """The student pass by pass; `start` is forget exact memorization, extraction, retain before.

    `level` is exact memorization on never-seen records; `tolerance` either side of it is the band.
    """
    top, bottom = 10.0, 230.0
    up = Scale(bottom, top)
    across = Scale(34, 480)
    last = max(1, *(one.number for one in passes))  # nothing but 0: there was nothing to do
    lines = (
        ("forget", "forget: exact memorization", [p.forget_exact_memorization for p in passes]),
        ("extract", "forget: extraction strength", [p.forget_extraction_strength for p in passes]),
        ("retain", "retain: exact memorization", [p.retain_exact_memorization for p in passes]),
    )
    parts = [
        f'<path class="grid" d="M34 {up(tick)}H480"/>' + text(26, up(tick) + 4, f"{tick:g}", "row")
        for tick in TICKS
    ]
    numbers = sorted({0, *(one.number for one in passes)})
    shown = numbers if last <= 12 else numbers[:: last // 8]
    parts += [text(across(n / last), bottom + 18, n, "tick") for n in shown]
    parts.append(text(across(0.5), bottom + 36, "pass over the forget set (0: before)", "tick"))
    if level is not None:
        if tolerance is not None:
            high, low = up(level + tolerance), up(level - tolerance)
            parts.append(
                f'<rect class="band" x="34" y="{high}" width="446" height="{low - high:.1f}"/>'
            )
        parts.append(f'<path class="level" d="M34 {up(level)}H480"/>')
    ends = []
    for (kind, label, values), first in zip(lines, start, strict=True):
        points = [(0, first)] if first is not None else []
        points += [(one.number, value) for one, value in zip(passes, values, strict=True)]
        track = " ".join(f"{across(n / last)},{up(v)}" for n, v in points)
        parts.append(f'<polyline class="l-{kind}" points="{track}"/>')
        parts += [
            f'<circle class="p-{kind}" cx="{across(n / last)}" cy="{up(v)}" r="3"/>'
            for n, v in points
        ]
        ends.append((up(points[-1][1]), f"t-{kind}", f"{label} {points[-1][1]:.2f}"))
    if level is not None:
        ends.append((up(level), "t-level", f"never-seen level {level:.2f}"))
    parts += [text(492, y + 4, label, kind) for y, kind, label in _apart(ends, bottom)]
    described = "; ".join(
        f"{label}: " + ", ".join(f"{v:.2f}" for v in vs) for _, label, vs in lines
    )
    title = "Unlearning, pass by pass"
    return svg("passes", title, described, (700, bottom + 44), "".join(parts))


def _apart(ends: list[tuple[float, str, str]], lowest: float) -> list[tuple[float, str, str]]:
    """Move labels at the line ends apart, down and then back up, so that none covers another."""
    gap, placed = 17.0, list[tuple[float, str, str]]()
    for y, kind, label in sorted(ends):
        placed.append((max(y, placed[-1][0] + gap) if placed else y, kind, label))
    limit = lowest
    for index in reversed(range(len(placed))):
        y, kind, label = placed[index]
        placed[index] = (min(y, limit), kind, label)
        limit = placed[index][0] - gap
    return placed

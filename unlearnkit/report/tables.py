"""What the report's tables say: pure functions from a Report to words and cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from unlearnkit.domain import (
    CalibrationStep,
    Measurement,
    ModelRole,
    Split,
)
from unlearnkit.report.facts import Report
from unlearnkit.report.glossary import TERMS, label
from unlearnkit.report.plots import Bar

SPLITS = {
    Split.FORGET: ("Records to forget", "should come down to the never-seen level"),
    Split.RETAIN: ("Records to keep", "should stay where they were"),
    Split.NEIGHBOUR: ("Those kept that are most like them", "damage shows here first"),
    Split.REST: ("What is kept of records forgotten in part", "should stay where it was"),
    Split.HOLDOUT: ("Comparable records the model never saw", "the level to reach"),
    Split.UTILITY: ("A text of the operator’s own", "should stay where it was; n counts windows"),
    Split.TASKS: ("Tasks of the lm-evaluation-harness", "should stay; n counts documents"),
}
P_VALUES = ("forget_quality", "decoy_test", "decoy_uniform")
MEMORIZATION, STRENGTH = "exact_memorization", "extraction_strength"
BEFORE_AND_AFTER = (MEMORIZATION, STRENGTH, "probability")
"""The metrics of the comparison plot."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as printed; `why` stands in place of a figure that was not measured."""

    value: str = ""
    interval: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric on one split: before, after, reference."""

    label: str
    before: Cell
    after: Cell
    reference: Cell
    change: str
    """The difference with its sign, or empty."""
    arrow: str
    """down, up or flat; empty where there is no difference to show."""
    n: int

    @property
    def measured(self) -> bool:
        """Whether there is a figure under any model."""
        return any(one.value for one in (self.before, self.after, self.reference))


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one split."""

    title: str
    hint: str
    rows: tuple[Row, ...]
    missing: tuple[str, ...]
    """What no model has a figure of, one sentence for each reason."""


def figure(value: float) -> str:
    """Three places; very small ones as a power of ten: 5.1 × 10⁻¹²."""
    if value == 0 or abs(value) >= 0.0005:
        return f"{value:.3f}"
    digits, power = f"{value:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits} × 10{raised}"


def cell(one: Measurement | None) -> Cell:
    """A measurement as a table cell."""
    if one is None:
        return Cell()
    if one.value is None:
        return Cell(why=one.not_measured or "no finite figure")
    interval = ""
    if one.low is not None and one.high is not None:
        interval = f"{one.low:.3f} to {one.high:.3f}"
    return Cell(figure(one.value), interval)


def figures_table(report: Report) -> tuple[Group, ...]:
    """Every measured metric, split by split, in the glossary's order."""
    listed = {one.metric for one in report.measurements if not one.under}
    known = [term.metric for term in TERMS if term.metric in listed]
    order = known + sorted(listed - set(known))
    groups = []
    for split, (title, hint) in SPLITS.items():
        rows = [row for metric in order if (row := _row(report, metric, split)) is not None]
        shown = tuple(row for row in rows if row.measured)
        if rows:
            groups.append(Group(title, hint, shown, _missing(rows)))
    return tuple(groups)


def _missing(rows: Sequence[Row]) -> tuple[str, ...]:
    """Rows without any figure, those of the same reason together."""
    why: dict[str, list[str]] = {}
    for row in rows:
        if not row.measured:
            why.setdefault(row.before.why or row.after.why or row.reference.why, []).append(
                row.label
            )
    return tuple(f"{'; '.join(labels)}: {reason}" for reason, labels in why.items())


def _row(report: Report, metric: str, split: Split) -> Row | None:
    before = report.measurement(metric, split, ModelRole.ORIGINAL)
    after = report.measurement(metric, split, ModelRole.UNLEARNED)
    reference = report.measurement(metric, split, ModelRole.REFERENCE)
    present = [one for one in (after, before, reference) if one is not None]
    if not present:
        return None
    change = arrow = ""
    # A p-value's difference means nothing; both values stand beside each other.
    if before and after and metric not in P_VALUES:
        change, arrow = _change(before.value, after.value)
    return Row(
        label(metric), cell(before), cell(after), cell(reference), change, arrow, present[0].n
    )


def _change(before: float | None, after: float | None) -> tuple[str, str]:
    if before is None or after is None:
        return "", ""
    difference = round(after, 3) - round(before, 3)
    if abs(difference) < 0.0005:
        return "0.000", "flat"
    return f"{difference:+.3f}".replace("-", "−"), "down" if difference < 0 else "up"


NEAREST = 3
"""Teachers printed for each strengthened model."""


def teachers(report: Report) -> tuple[CalibrationStep, ...]:
    """The chosen teacher and the nearest ones of each strengthened model, the nearest first.

    In the order in which they were tried.
    """
    found: list[CalibrationStep] = []

    def strengthened(one: CalibrationStep) -> tuple[float | None, int]:
        return one.learning_rate, one.strengthen_epochs

    for _, tried in groupby(report.calibration, strengthened):
        nearest = sorted(tried, key=lambda one: one.distance)
        found += [one for at, one in enumerate(nearest) if at < NEAREST or one.chosen]
    return tuple(found)


def comparison(report: Report) -> tuple[tuple[str, tuple[Bar, ...]], ...]:
    """The comparison plot's bars: forget before, after, reference, and the never-seen level."""
    groups = []
    for metric in BEFORE_AND_AFTER:
        bars = tuple(
            Bar(text, kind, one)
            for text, kind, one in (
                ("before", "before", report.measurement(metric, Split.FORGET, ModelRole.ORIGINAL)),
                ("after", "after", report.measurement(metric, Split.FORGET, ModelRole.UNLEARNED)),
                (
                    "retrained reference",
                    "reference",
                    report.measurement(metric, Split.FORGET, ModelRole.REFERENCE),
                ),
                (
                    "never-seen records, after",
                    "unseen",
                    report.measurement(metric, Split.HOLDOUT, ModelRole.UNLEARNED),
                ),
            )
            if one is not None
        )
        if bars:
            groups.append((label(metric), bars))
    return tuple(groups)


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One of the three figures at the top: from, to, and the level to compare with."""

    title: str
    before: str
    after: str
    unseen: str
    beside: str


def key_figures(report: Report) -> tuple[KeyFigure, ...]:
    """What the person's records look like now, and what it cost."""
    found = []
    for title, metric, split in (
        (
            "Tokens (pieces of words) of the forgotten records the model still predicts",
            MEMORIZATION,
            Split.FORGET,
        ),
        ("Share of a forgotten record it recites from a beginning", STRENGTH, Split.FORGET),
        ("Tokens (pieces of words) of the kept records it predicts", MEMORIZATION, Split.RETAIN),
    ):
        before = report.measurement(metric, split, ModelRole.ORIGINAL)
        after = report.measurement(metric, split, ModelRole.UNLEARNED)
        unseen = report.measurement(metric, Split.HOLDOUT, ModelRole.UNLEARNED)
        kept = split is Split.RETAIN
        found.append(
            KeyFigure(
                title,
                _percent(before),
                _percent(after),
                _percent(unseen),
                "higher is better: kept" if kept else f"never-seen records: {_percent(unseen)}",
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Shares:
    """Of tokens, what the model predicts, 0 to 1; None where it was not measured."""

    before: float | None
    after: float | None
    unseen: float | None


def forgotten_shares(report: Report) -> Shares:
    """Of the forgotten records before and after, and of never-seen ones after: for the letters."""

    def of(split: Split, model: ModelRole) -> float | None:
        one = report.measurement(MEMORIZATION, split, model)
        return None if one is None else one.value

    return Shares(
        of(Split.FORGET, ModelRole.ORIGINAL),
        of(Split.FORGET, ModelRole.UNLEARNED),
        of(Split.HOLDOUT, ModelRole.UNLEARNED),
    )


def _percent(one: Measurement | None) -> str:
    return "not measured" if one is None or one.value is None else f"{100 * one.value:.1f} %"

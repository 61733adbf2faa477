"""What the report says of attacks: in plain words, as a table, and as curves of what returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from unlearnkit.counted import noun
from unlearnkit.domain import ModelRole, RelearningCurve, Split
from unlearnkit.report.facts import Report
from unlearnkit.report.plots import TICKS, Scale, mark, svg, text
from unlearnkit.report.tables import Cell, cell, figure
from unlearnkit.report.term import Term

ZHANG = "Zhang et al. 2025, arXiv 2410.16454"
OTHERS = (
    "Few of the records are trained on again, and the others, which are not, are measured. Where "
    "they come back faster than in a model that never knew them, or than never-seen records are "
    "learned, they were hidden and not gone."
)
CONDITIONS = (
    Term(
        "int8",
        "8-bit weights",
        "The model as it is often served. Small changes may vanish in the rounding, and with them "
        "the forgetting.",
        "each row of a matrix rounded to 255 steps up to its largest weight",
        ZHANG,
    ),
    Term(
        "int4",
        "4-bit weights",
        "The same, coarser.",
        "each 128 neighbours in a row rounded to 15 steps up to the largest of them",
        ZHANG,
    ),
    Term(
        "pruned_30",
        "30 % pruned",
        "The smallest weights are taken away, as is done to make a model cheaper.",
        "the 30 % of each matrix nearest to zero set to zero, no training afterwards",
        "Han et al. 2015, arXiv 1506.02626",
    ),
    Term("relearned_1pct", "Relearned on 1 %", OTHERS, "1 % of the records, at least one", ""),
    Term("relearned_5pct", "Relearned on 5 %", "The same on more of them.", "5 %", ""),
    Term("relearned_10pct", "Relearned on 10 %", "The same on more of them.", "10 %", ""),
    Term(
        "relearned_unrelated",
        "Relearned on unrelated records",
        "The model is trained on kept records that have nothing to do with the forgotten ones.",
        "as many kept records as 10 % of the forgotten, none of them a neighbour",
        "",
    ),
    Term(
        "relearned_rest",
        "Relearned on the kept rest",
        "Of records forgotten in part the rest is kept, and the next training may be on it: does "
        "it bring the passages back that stood there?",
        "all that is kept of records forgotten in part, measured on their passages",
        "",
    ),
)
"""Every condition a figure can be under, in the order of the report."""
SERIES = (
    ("after", Split.FORGET, ModelRole.UNLEARNED, "records to forget, after"),
    ("reference", Split.FORGET, ModelRole.REFERENCE, "the same, retrained reference"),
    ("unseen", Split.HOLDOUT, ModelRole.UNLEARNED, "never-seen records, after"),
)
"""A curve's kind (mark and CSS class), whose it is, and that in words."""


@dataclass(frozen=True, slots=True)
class AttackRow:
    """One condition: the records to forget after, never-seen ones, before, retrained; and kept."""

    label: str
    counts: str
    """How many records were measured: to forget, never seen, kept; a dash for none."""
    after: Cell
    unseen: Cell
    before: Cell
    reference: Cell
    kept: Cell
    strength: Cell
    """Extraction strength of the records to forget, after."""
    took: str


def attack_rows(report: Report) -> tuple[AttackRow, ...]:
    """The model as it is and under every condition that was made; nothing where none was."""
    made = {one.under for one in report.attacks}
    if not made:
        return ()
    listed = [("", "No attack"), *((one.metric, one.label) for one in CONDITIONS)]
    return tuple(_row(report, under, name) for under, name in listed if not under or under in made)


def _row(report: Report, under: str, name: str) -> AttackRow:
    def of(split: Split, model: ModelRole, metric: str = "exact_memorization") -> Cell:
        return cell(report.measurement(metric, split, model, under))

    return AttackRow(
        label=name,
        counts=_counts(report, under),
        after=of(Split.FORGET, ModelRole.UNLEARNED),
        unseen=of(Split.HOLDOUT, ModelRole.UNLEARNED),
        before=of(Split.FORGET, ModelRole.ORIGINAL),
        reference=of(Split.FORGET, ModelRole.REFERENCE),
        kept=of(Split.RETAIN, ModelRole.UNLEARNED),
        strength=of(Split.FORGET, ModelRole.UNLEARNED, "extraction_strength"),
        took=_took(report, under),
    )


def _counts(report: Report, under: str) -> str:
    """How many records to forget, never seen and kept; nothing where none was measured."""
    found = [
        report.measurement("exact_memorization", split, ModelRole.UNLEARNED, under)
        for split in (Split.FORGET, Split.HOLDOUT, Split.RETAIN)
    ]
    counts = [str(one.n) if one is not None and one.n else "–" for one in found]
    return f"n {', '.join(counts)}" if set(counts) != {"–"} else ""


def _took(report: Report, under: str) -> str:
    """What the condition took of all models together; nothing where it was not made."""
    costs = [one for one in report.attacks if one.under == under and one.forward_passes]
    if not costs:
        return ""
    steps, tokens = sum(one.steps for one in costs), sum(one.tokens for one in costs)
    passes = sum(one.forward_passes for one in costs)
    told = f"{tokens:,} {noun(tokens, 'token')} in {passes:,} {noun(passes, 'pass', 'passes')}"
    if steps:
        return f"{steps:,} {noun(steps, 'step')}, {told}"
    return f"{told}, {100 * min(one.reached for one in costs):.0f} % of the weights changed"


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """How far records went that were not trained on: each figure at step 0 and at the end."""

    label: str
    whose: str
    trained: int
    n: int
    steps: int
    exact_memorization: str
    extraction_strength: str
    probability: str


def return_rows(curves: Sequence[RelearningCurve]) -> tuple[ReturnRow, ...]:
    """A row for every curve that is drawn, in the order of the conditions."""
    return tuple(
        _return_row(term.label, whose, one)
        for term in CONDITIONS
        for _, split, model, whose in SERIES
        for one in curves
        if (one.under, one.split, one.model) == (term.metric, split, model)
    )


def _return_row(label: str, whose: str, curve: RelearningCurve) -> ReturnRow:
    first, last = curve.points[0], curve.points[-1]

    def went(start: float, end: float) -> str:
        return f"{figure(start)} → {figure(end)}"

    return ReturnRow(
        label=label,
        whose=whose,
        trained=curve.trained,
        n=curve.n,
        steps=last.step,
        exact_memorization=went(first.exact_memorization, last.exact_memorization),
        extraction_strength=went(first.extraction_strength, last.extraction_strength),
        probability=went(first.probability, last.probability),
    )


def curves_plot(curves: Sequence[RelearningCurve]) -> Markup | None:
    """Exact memorization of the records that were not trained on, step by step, by condition."""
    known = {one.metric: one.label for one in CONDITIONS}
    panels = [name for name in known if any(one.under == name for one in curves)]
    if not panels:
        return None
    width, height, parts, told = 350.0, 190.0, list[str](), list[str]()
    for at, name in enumerate(panels):
        own = [one for one in curves if one.under == name]
        parts.append(
            f'<g transform="translate({at % 2 * width:g} {at // 2 * height:g})">'
            f"{_panel(known[name], own)}</g>"
        )
        told += [
            f"{known[name]}, {kind}: "
            + ", ".join(f"{point.exact_memorization:.2f}" for point in one.points)
            for kind, split, model, _ in SERIES
            for one in own
            if (one.split, one.model) == (split, model)
        ]
    size = (2 * width, -(-len(panels) // 2) * height)
    title = "What returns while few records are trained on"
    return svg("relearning", title, "; ".join(told), size, "".join(parts))


def _panel(title: str, curves: Sequence[RelearningCurve]) -> str:
    """One condition in 350 x 190 pixels."""
    top, bottom = 26.0, 140.0
    up, across = Scale(bottom, top), Scale(34, 330)
    last = max(1, *(point.step for one in curves for point in one.points))
    parts = [text(34, 14, title, "head")]
    parts += [
        f'<path class="grid" d="M34 {up(tick)}H330"/>' + text(26, up(tick) + 4, f"{tick:g}", "row")
        for tick in TICKS
    ]
    parts += [text(across(n / last), bottom + 16, n, "tick") for n in (0, last)]
    parts.append(text(across(0.5), bottom + 16, "optimizer steps", "tick"))
    for kind, split, model, _ in SERIES:
        for one in curves:
            if (one.split, one.model) != (split, model):
                continue
            spots = [
                (across(point.step / last), up(point.exact_memorization)) for point in one.points
            ]
            track = " ".join(f"{x},{y}" for x, y in spots)
            parts.append(f'<polyline class="l-{kind}" points="{track}"/>')
            parts += [mark(kind, x, y) for x, y in spots]
    return "".join(parts)

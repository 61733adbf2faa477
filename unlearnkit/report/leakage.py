"""The table of personal values that come out, by kind of value and by how they were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unlearnkit.counted import counted, noun
from unlearnkit.domain import Decoding, Leakage, ModelRole, Probe, Split
from unlearnkit.report.facts import RecordFigures, Report
from unlearnkit.report.tables import Cell, figure

KINDS = {
    "PERSON": "Names",
    "LOCATION": "Places and addresses",
    "DATE_TIME": "Dates and times",
    "EMAIL_ADDRESS": "E-mail addresses",
    "PHONE_NUMBER": "Phone numbers",
    "CUSTOMER_ID": "Customer numbers",
    "HANDLE": "User names and other identifiers",
    "AMOUNT": "Amounts of money",
    "REFERENCE": "Order and ticket numbers",
    "FIGURES": "Other numbers",
}
PROBES = {
    Probe.PREFIX: "The record’s own words up to the value",
    Probe.PARAPHRASE: "Questions about the person",
    Probe.NAME: "The person’s name alone",
    Probe.OBFUSCATED: "The record’s words in capitals, mistyped, with look-alike letters",
    Probe.NEIGHBOURS: "The record’s words behind similar kept records",
}


DECODINGS = {
    Decoding.GREEDY: "Always the most likely word piece",
    Decoding.SAMPLED: "Drawn as likely as the model holds it",
    Decoding.HOT: "Drawn from flatter odds (a higher temperature)",
    Decoding.BEAMS: "The likeliest of many (beam search)",
}
WAYS = {
    Decoding.GREEDY: "greedy",
    Decoding.SAMPLED: "sampled",
    Decoding.HOT: "sampled at a higher temperature",
    Decoding.BEAMS: "of beam search",
}


@dataclass(frozen=True, slots=True)
class LeakageRow:
    """One kind of value or of probe: the forgotten records under each model, and the levels."""

    label: str
    before: Cell
    after: Cell
    reference: Cell
    unseen: Cell
    """The never-seen records after unlearning: the level to reach."""
    chance: Cell
    """What comes out in place of the forgotten values, after unlearning."""
    n: int


@dataclass(frozen=True, slots=True)
class LeakageGroup:
    """Rows of one kind."""

    title: str
    rows: tuple[LeakageRow, ...]


def leakage_table(report: Report) -> tuple[LeakageGroup, ...]:
    """By kind of value, then by probe, then by decoding, each of any other; or nothing."""
    forget = [one for one in report.leakage if one.split is Split.FORGET]
    kinds = [*KINDS, *sorted({one.entity for one in forget} - {"", *KINDS})]
    groups = (
        LeakageGroup(
            "By kind of value, asked for in any way",
            _rows(report, [(name, None, None, _kind(name)) for name in kinds]),
        ),
        LeakageGroup(
            "By how they were asked for, of any kind",
            _rows(report, [("", probe, None, label) for probe, label in PROBES.items()]),
        ),
        LeakageGroup(
            "By how the model was made to go on, of any kind",
            _rows(report, [("", None, way, label) for way, label in DECODINGS.items()]),
        ),
    )
    return tuple(one for one in groups if one.rows)


def records_leaking(report: Report) -> str:
    """In how many forgotten records a value comes out, and how many in the worst; or nothing."""
    asked = [
        one
        for one in report.records
        if one.values and (one.split, one.model) == (Split.FORGET, ModelRole.UNLEARNED)
    ]
    if not asked:
        return ""
    came = [one for one in asked if one.leaked]
    if not came:
        any_of = "the record" if len(asked) == 1 else f"any of the {len(asked)} records"
        return f"After unlearning none comes out of {any_of} asked about."
    worst = max(came, key=_leaked)
    return (
        f"After unlearning one or more come out of {len(came)} of the "
        f"{counted(len(asked), 'record')} asked about; of record {worst.number} the "
        f"most, {worst.leaked} of {worst.values}."
    )


def asking_cost(report: Report) -> str:
    """What asking took, of all models and sets together; or nothing."""
    if not report.asked:
        return ""
    made = {
        way: sum(one.continuations for one in report.asked if one.decoding is way)
        for way in Decoding
    }
    told = ", ".join(f"{count:,} {WAYS[way]}" for way, count in made.items() if count)
    tokens = sum(one.tokens for one in report.asked)
    return (
        f"What it took, of all models together: {tokens:,} {noun(tokens, 'token')} in "
        f"continuations, {told}."
    )


def _leaked(one: RecordFigures) -> int:
    return one.leaked or 0


def _kind(entity: str) -> str:
    return KINDS.get(entity, entity.replace("_", " ").capitalize())


def _rows(
    report: Report, wanted: Sequence[tuple[str, Probe | None, Decoding | None, str]]
) -> tuple[LeakageRow, ...]:
    found = {
        (one.entity, one.probe, one.decoding, one.split, one.model): one for one in report.leakage
    }
    rows = []
    for entity, probe, way, label in wanted:
        before, after, reference = (
            found.get((entity, probe, way, Split.FORGET, role))
            for role in (ModelRole.ORIGINAL, ModelRole.UNLEARNED, ModelRole.REFERENCE)
        )
        unseen = found.get((entity, probe, way, Split.HOLDOUT, ModelRole.UNLEARNED))
        if after is not None:
            rows.append(
                LeakageRow(
                    label,
                    before=_cell(before),
                    after=_cell(after),
                    reference=_cell(reference),
                    unseen=_cell(unseen),
                    chance=Cell(figure(after.chance)),
                    n=after.n,
                )
            )
    return tuple(rows)


def _cell(one: Leakage | None) -> Cell:
    if one is None:
        return Cell()
    told = one.low is not None and one.high is not None
    return Cell(figure(one.value), f"{one.low:.3f} to {one.high:.3f}" if told else "")

"""What in a record is a personal value, and other values of the same kind.

A value is what a decoy replaces (`decoys.py`): what Presidio detects or a search found, an amount,
a reference, a long number. Its alternatives are what could have stood in its place.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from unlearnkit.corpus.entities import is_standing
from unlearnkit.corpus.nlp import CUSTOMER, EMAIL, LOCATION, PERSON, PHONE, Analyzer, Span, detect
from unlearnkit.corpus.replacements import replacement
from unlearnkit.domain import Progress, Record, silent

_AMOUNT = re.compile(r"[$€£]\s?\d[\d.,]*\d|\b\d[\d.,]*\d\s?(?:[$€£]|EUR|USD|GBP)")
_REFERENCE = re.compile(r"(?<!\w)(?=[\w/-]*\d{3})[A-Z]{1,4}[-/]?\d+(?:[-/]\d+)*(?!\w)")
_FIGURES = re.compile(r"(?<!\w)\d{4,}(?!\w)")
_FIRST = {PERSON: 0, EMAIL: 1, PHONE: 2, CUSTOMER: 3}
"""Which of two overlapping spans wins; the longer one among others."""
_LIKELY = 0.5
"""Score of what a country's or a user's recogniser finds: below it stands much that is no value."""
_ATTEMPTS = 10
_BATCH = 64
_CITY_WORDS = 2
"""The most words that Faker's cities have."""

Mark = tuple[int, int, str]
"""Start, end, entity."""


@dataclass(frozen=True, slots=True)
class PersonalValue:
    """One occurrence of a value in the part of a record that is trained on."""

    record_id: str
    entity: str
    start: int
    end: int
    """Into `Record.text`."""
    text: str = field(repr=False)
    alternatives: tuple[str, ...] = field(repr=False)
    """Other values of this entity and form; none equals this one or another, case aside."""


def personal_values(
    records: Sequence[Record],
    analyzer: Analyzer,
    count: int,
    seed: int,
    known: Mapping[str, Sequence[Span]] | None = None,
    *,
    progress: Progress = silent,
) -> tuple[PersonalValue, ...]:
    """Every personal value in what the loss is on, in the records' order, with alternatives.

    At most `count` alternatives each, fewer where the form allows fewer (there are seven weekdays)
    and none where nothing can be replaced ("yesterday"). Equal values in a record share them. The
    seed and the record's id decide them. `known` adds spans as for decoys.
    """
    from faker import Faker

    fake = Faker(analyzer.settings.locale)
    found: list[PersonalValue] = []
    for record, marked in marked_records(
        records, analyzer, known, progress=progress, doing="finding values"
    ):
        rng = random.Random(f"{seed}:{record.id}:values")
        fake.seed_instance(rng.getrandbits(32))
        others: dict[tuple[str, str], tuple[str, ...]] = {}
        for start, end, entity in _learned(record, marked):
            text = record.text[start:end]
            if (entity, text) not in others:
                others[entity, text] = _alternatives(entity, text, count, rng, fake)
            found.append(PersonalValue(record.id, entity, start, end, text, others[entity, text]))
    return tuple(found)


def marked_records(
    records: Sequence[Record],
    analyzer: Analyzer,
    known: Mapping[str, Sequence[Span]] | None,
    *,
    progress: Progress,
    doing: str,
) -> Iterator[tuple[Record, list[Mark]]]:
    """Each record with the places of its values, sorted and apart, none across two turns."""
    spans: list[list[Span]] = []
    for start in range(0, len(records), _BATCH):
        progress(doing, start, len(records))
        spans += detect(analyzer, [one.text for one in records[start : start + _BATCH]])
    progress(doing, len(records), len(records))
    for record, some in zip(records, spans, strict=True):
        sure = [one for one in some if one.score >= _LIKELY or is_standing(one.entity)]
        mine = _within_turns(record, [*sure, *(known or {}).get(record.id, ())])
        yield record, _apart(marks(record.text, mine))


def marks(text: str, spans: Sequence[Span]) -> list[Mark]:
    """What a decoy may replace: the spans, amounts, references, long numbers. They may overlap."""
    found = [(span.start, span.end, span.entity) for span in spans]
    for entity, pattern in (("AMOUNT", _AMOUNT), ("REFERENCE", _REFERENCE), ("FIGURES", _FIGURES)):
        found += [(one.start(), one.end(), entity) for one in pattern.finditer(text)]
    return found


def _apart(found: Sequence[Mark]) -> list[Mark]:
    """Those of several overlapping marks that win, in the text's order."""
    taken: list[Mark] = []
    for start, end, entity in sorted(
        found, key=lambda one: (_FIRST.get(one[2], 9), one[0] - one[1], one[0])
    ):
        if all(end <= one[0] or one[1] <= start for one in taken):
            taken.append((start, end, entity))
    return sorted(taken)


def _within_turns(record: Record, spans: Sequence[Span]) -> list[Span]:
    """The spans, cut where they reach from one turn of a conversation into the next."""
    if not record.roles:
        return list(spans)
    return [
        replace(one, start=max(one.start, start), end=min(one.end, end))
        for _, (start, end) in record.turns
        for one in spans
        if one.start < end and start < one.end
    ]


def _learned(record: Record, marked: Sequence[Mark]) -> list[Mark]:
    """The marks in what the loss is on."""
    places = record.learned_places
    return [one for one in marked if any(start <= one[0] < end for start, end in places)]


def _alternatives(
    entity: str, text: str, count: int, rng: random.Random, fake: Any
) -> tuple[str, ...]:
    """At most `count` other values, in the order they were drawn."""
    words = len(text.split())
    found: dict[str, str] = {}
    for _ in range(count * _ATTEMPTS):
        if len(found) == count:
            break
        other = replacement(entity, text, {}, rng, fake)
        # Faker's cities have one or two words: a place with more gets either.
        fits = entity != LOCATION or words > _CITY_WORDS or len(other.split()) == words
        if fits and other.casefold() != text.casefold():
            found.setdefault(other.casefold(), other)
    return tuple(found.values())

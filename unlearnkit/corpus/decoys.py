"""Decoys: the same text about other people and other facts, for records without a perturbed text.

They stand in for TOFU's perturbed answers (Maini et al. 2024, arXiv 2401.06121, section 2.2.2): a
model that has not memorised a record finds its decoys about as likely as the record itself.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from unlearnkit.corpus.nlp import (
    CUSTOMER,
    DATE,
    EMAIL,
    LOCATION,
    PERSON,
    PHONE,
    Analyzer,
    Span,
    detect,
)
from unlearnkit.domain import TURN, Progress, Record, silent

_AMOUNT = re.compile(r"[$€£]\s?\d[\d.,]*\d|\b\d[\d.,]*\d\s?(?:[$€£]|EUR|USD|GBP)")
_REFERENCE = re.compile(r"(?<!\w)(?=[\w/-]*\d{3})[A-Z]{1,4}[-/]?\d+(?:[-/]\d+)*(?!\w)")
_FIGURES = re.compile(r"(?<!\w)\d{4,}(?!\w)")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_IN_DATES = re.compile("|".join((*_MONTHS, *_DAYS, r"\d+")))
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_ATTEMPTS = 10
_BATCH = 64
HANDLE = "HANDLE"
"""A user name, or another identifier of the person's that is given in `known`."""
_FIRST = {PERSON: 0, EMAIL: 1, PHONE: 2, CUSTOMER: 3}
"""Which of two overlapping spans wins; the longer one among others."""

Piece = tuple[str, str]
"""Entity (empty for what stays), text."""
Mark = tuple[int, int, str]
"""Start, end, entity."""


def decoys(
    records: Sequence[Record],
    analyzer: Analyzer,
    count: int,
    seed: int,
    known: Mapping[str, Sequence[Span]] | None = None,
    *,
    progress: Progress = silent,
) -> dict[str, tuple[str, ...]]:
    """Record id -> `count` different texts in which every detected value is another of its shape.

    `known` adds, by record id, spans of `text` that detection may have missed: what a search found
    to be the person's. Only `text` changes, never the prompt; of a conversation all turns may, and
    one of the assistant's does. Equal values in a text get equal replacements. A record without any
    such value, or with too few possible replacements, is absent: it has no decoys, and an unchanged
    copy would be none. The same seed gives the same decoys.
    """
    from faker import Faker

    found: dict[str, tuple[str, ...]] = {}
    spans: list[list[Span]] = []
    for start in range(0, len(records), _BATCH):
        progress("making decoys", start, len(records))
        spans += detect(analyzer, [one.text for one in records[start : start + _BATCH]])
    progress("making decoys", len(records), len(records))
    for record, some in zip(records, spans, strict=True):
        rng = random.Random(f"{seed}:{record.id}")
        fake = Faker("en_US")
        fake.seed_instance(rng.getrandbits(32))
        mine = _within_turns(record, [*some, *(known or {}).get(record.id, ())])
        pieces = list(_pieces(record.text, mine))
        texts: dict[str, str] = {}
        """What the loss would be on -> the whole text."""
        for _ in range(count * _ATTEMPTS):
            text = _decoy(pieces, rng, fake)
            learned = replace(record, text=text).learned
            if learned != record.learned:
                texts.setdefault(learned, text)
            if len(texts) == count:
                found[record.id] = tuple(texts.values())
                break
    return found


def _within_turns(record: Record, spans: Sequence[Span]) -> list[Span]:
    """The spans, cut where they reach from one turn of a conversation into the next."""
    if not record.roles:
        return list(spans)
    cut: list[Span] = []
    start = 0
    for turn in record.text.split(TURN):
        end = start + len(turn)
        cut += [
            replace(one, start=max(one.start, start), end=min(one.end, end))
            for one in spans
            if one.start < end and start < one.end
        ]
        start = end + len(TURN)
    return cut


def marks(text: str, spans: Sequence[Span]) -> list[Mark]:
    """What a decoy may replace: the spans, amounts, references, long numbers. They may overlap."""
    found = [(span.start, span.end, span.entity) for span in spans]
    for entity, pattern in (("AMOUNT", _AMOUNT), ("REFERENCE", _REFERENCE), ("FIGURES", _FIGURES)):
        found += [(one.start(), one.end(), entity) for one in pattern.finditer(text)]
    return found


def _pieces(text: str, spans: Sequence[Span]) -> Iterator[Piece]:
    """The text cut into what is replaced and what stays."""
    found = marks(text, spans)
    found.sort(key=lambda one: (_FIRST.get(one[2], 9), one[0] - one[1], one[0]))
    taken: list[Mark] = []
    for start, end, entity in found:
        if all(end <= one[0] or one[1] <= start for one in taken):
            taken.append((start, end, entity))
    at = 0
    for start, end, entity in sorted(taken):
        yield "", text[at:start]
        yield entity, text[start:end]
        at = end
    yield "", text[at:]


def _decoy(pieces: Sequence[Piece], rng: random.Random, fake: Any) -> str:
    words: dict[str, str] = {}
    values: dict[Piece, str] = {}

    def replaced(piece: Piece) -> str:
        entity, text = piece
        if not entity:
            return text
        if piece not in values:
            values[piece] = _replacement(entity, text, words, rng, fake)
        return values[piece]

    return "".join(replaced(piece) for piece in pieces)


def _replacement(
    entity: str, text: str, words: dict[str, str], rng: random.Random, fake: Any
) -> str:
    if entity == PERSON:
        return _person(text, words, rng, fake)
    if entity == EMAIL:
        return f"{fake.user_name()}@{text.partition('@')[2]}"
    if entity == HANDLE:
        return str(fake.user_name())
    if entity == LOCATION:
        return words.setdefault(text.casefold(), str(fake.city()))
    if entity == DATE:
        return _IN_DATES.sub(lambda one: _date_part(one, rng), text)
    return re.sub(r"\d+", lambda one: _digits(one[0], rng), text)


def _person(text: str, words: dict[str, str], rng: random.Random, fake: Any) -> str:
    """As many words; an initial stays one; a word is replaced alike throughout one decoy."""
    last_word = max((one.start() for one in _WORD.finditer(text)), default=0)

    def another(one: re.Match[str]) -> str:
        if len(one[0]) == 1:
            new = rng.choice("ABCDEFGHJKLMNPRSTVW")
        else:
            surname = one.start() == last_word > 0
            new = str(fake.last_name() if surname else fake.first_name())
        return words.setdefault(one[0].casefold(), new)

    return _WORD.sub(another, text)


def _date_part(one: re.Match[str], rng: random.Random) -> str:
    """Another month, weekday, year, time, or number that can stand where this one stood."""
    part = one[0]
    for names in (_MONTHS, _DAYS):
        if part in names:
            return rng.choice(names)
    number = int(part)
    if len(part) == 4 and 1900 <= number < 2100:
        return str(number + rng.randint(-6, 6))
    minutes = one.string[: one.start()].endswith(":")
    hours = one.string[one.end() :].startswith(":")
    # From, to, and up to what it is replaced: every month has 28 days.
    ranges = ((1, 12, 12), (0, 23, 23)) if hours else ((1, 12, 12), (1, 31, 28), (0, 59, 59))
    for low, high, most in ((0, 59, 59),) if minutes else ranges:
        if low <= number <= high:
            width = len(part) if minutes or part.startswith("0") else 1
            return str(rng.randint(low, most)).zfill(width)
    return _digits(part, rng)


def _digits(part: str, rng: random.Random) -> str:
    """Other digits, as many, without a new leading zero."""
    first = "0" if part.startswith("0") else rng.choice("123456789")
    return first + "".join(rng.choice("0123456789") for _ in part[1:])

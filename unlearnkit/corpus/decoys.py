"""Decoys: the same text about other people and other facts, for records without a perturbed text.

They stand in for TOFU's perturbed answers (Maini et al. 2024, arXiv 2401.06121, section 2.2.2): a
model that has not memorised a record finds its decoys about as likely as the record itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from unlearnkit.corpus.nlp import Analyzer, Span
from unlearnkit.corpus.replacements import replacement
from unlearnkit.corpus.values import Mark, marked_records
from unlearnkit.domain import Progress, Record, silent

_ATTEMPTS = 10

Piece = tuple[str, str]
"""Entity (empty for what stays), text."""


def decoys(
    records: Sequence[Record],
    analyzer: Analyzer,
    count: int,
    seed: int,
    known: Mapping[str, Sequence[Span]] | None = None,
    *,
    progress: Progress = silent,
) -> dict[str, tuple[Record, ...]]:
    """Record id -> `count` records like it in whose texts every value is another of its shape.

    `known` adds, by record id, spans of `text` that detection may have missed: what a search found
    to be the person's. Only `text` changes, never the prompt; of a conversation all turns may, and
    one of the assistant's does; of a part of a record that part does, wherever its places then lie.
    Equal values in a text get equal replacements. A record without any such value, or with too few
    possible replacements, is absent: it has no decoys, and an unchanged copy would be none. The
    same seed gives the same decoys. They have no paraphrase and no perturbed texts.
    """
    from faker import Faker

    fake = Faker(analyzer.settings.locale)
    found: dict[str, tuple[Record, ...]] = {}
    for record, marked in marked_records(
        records, analyzer, known, progress=progress, doing="making decoys"
    ):
        rng = random.Random(f"{seed}:{record.id}")
        fake.seed_instance(rng.getrandbits(32))
        pieces = list(_pieces(record.text, marked))
        made: dict[str, Record] = {}
        """What the loss would be on -> the decoy."""
        for _ in range(count * _ATTEMPTS):
            decoy = _decoy(record, pieces, rng, fake)
            if decoy.learned != record.learned:
                made.setdefault(decoy.learned, decoy)
            if len(made) == count:
                found[record.id] = tuple(made.values())
                break
    return found


def _pieces(text: str, marked: Sequence[Mark]) -> Iterator[Piece]:
    """The text cut into what is replaced and what stays."""
    at = 0
    for start, end, entity in marked:
        yield "", text[at:start]
        yield entity, text[start:end]
        at = end
    yield "", text[at:]


def _decoy(record: Record, pieces: Sequence[Piece], rng: random.Random, fake: Any) -> Record:
    words: dict[str, str] = {}
    values: dict[Piece, str] = {}

    def replaced(piece: Piece) -> str:
        entity, text = piece
        if not entity:
            return text
        if piece not in values:
            values[piece] = replacement(entity, text, words, rng, fake)
        return values[piece]

    texts = [replaced(piece) for piece in pieces]
    return replace(
        record,
        text="".join(texts),
        loss_on=tuple(
            (_moved(start, pieces, texts), _moved(end, pieces, texts))
            for start, end in record.loss_on
        ),
        paraphrase="",
        perturbed=(),
        perturbed_loss_on=(),
    )


def _moved(place: int, pieces: Sequence[Piece], texts: Sequence[str]) -> int:
    """Where a place of the record lies in its decoy; within a value, where the value's does."""
    before = after = 0
    for (_, old), new in zip(pieces, texts, strict=True):
        inside = place - before
        if inside <= len(old):
            return after + (len(new) if inside == len(old) else min(inside, len(new)))
        before, after = before + len(old), after + len(new)
    return after

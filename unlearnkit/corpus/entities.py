"""What the index keeps of a record: a row for each identifier in it, with its keyed hash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unlearnkit.corpus.nlp import (
    CUSTOMER,
    EMAIL,
    LOCATION,
    PERSON,
    PHONE,
    Analyzer,
    Span,
    detect,
)
from unlearnkit.corpus.normalise import normalise
from unlearnkit.corpus.numbers import FIGURES, NATIONAL, NUMBERS, letters_and_digits, national
from unlearnkit.domain import IdentifierKind, Record
from unlearnkit.pseudonym import keyed_hash

KINDS = {
    EMAIL: IdentifierKind.EMAIL,
    PHONE: IdentifierKind.PHONE,
    CUSTOMER: IdentifierKind.CUSTOMER_ID,
    PERSON: IdentifierKind.NAME,
}
"""Presidio entity -> what it is as an identifier; everything else is OTHER."""


@dataclass(frozen=True, slots=True)
class EntityRow:
    """One identifier in one record; the span is into Record.content."""

    record_id: str
    start: int
    end: int
    entity: str
    score: float
    recogniser: str
    hash: str
    """Keyed hash of the normalised value."""


def entity_rows(records: Sequence[Record], analyzer: Analyzer, key: bytes) -> list[EntityRow]:
    """What Presidio finds in the records, in their order."""
    spans = detect(analyzer, [record.content for record in records])
    return [
        row
        for record, found in zip(records, spans, strict=True)
        for row in _rows(record, found, analyzer.settings.regions, key)
    ]


def _rows(
    record: Record, spans: Sequence[Span], regions: Sequence[str], key: bytes
) -> Iterator[EntityRow]:
    for span in spans:
        name, value = hashed_as(span.entity, record.content[span.start : span.end], regions)
        if value:
            hashed = keyed_hash(key, name, value)
            yield EntityRow(
                record.id, span.start, span.end, span.entity, span.score, span.recogniser, hashed
            )


def hashed_as(entity: str, text: str, regions: Sequence[str]) -> tuple[str, str]:
    """What a value is hashed as, and its one spelling, which may be empty.

    What people call identifiers by the identifier's kind, what has a standard by the entity, and
    everything else as FIGURES, so that it is found whatever it was taken for.
    """
    if entity in KINDS:
        return KINDS[entity].value, normalise(KINDS[entity], text, regions)
    if is_standing(entity):
        standard = NUMBERS[entity](text) if entity in NUMBERS else ""
        return entity, standard or normalise(IdentifierKind.OTHER, text)
    if entity in NATIONAL and (number := national(entity, text)):
        return entity, number
    return FIGURES, letters_and_digits(text)


def is_standing(entity: str) -> bool:
    """Whether it is what every index looks for, and not a country's or the user's own."""
    return entity in KINDS or entity in NUMBERS or entity == LOCATION


def as_parquet(rows: Sequence[EntityRow]) -> bytes:
    """The rows as a Parquet file; the same bytes for the same rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("record_id", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("entity", pa.string()),
            ("score", pa.float64()),
            ("recogniser", pa.string()),
            ("hash", pa.string()),
        ]
    )
    columns = [[getattr(row, name) for row in rows] for name in schema.names]
    table = pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)],
        schema=schema,
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())

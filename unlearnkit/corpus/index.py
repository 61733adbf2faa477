"""The PII index: which record holds which identifiers, as keyed hashes. No plain value in it.

A folder with `index.json` (an IndexInfo) and one Parquet file of entity rows. The Parquet file is
written under a new name first and `index.json` last, so a killed build leaves the old index whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import json_lines, load, save, sha256_file, write_atomic
from unlearnkit.corpus.nlp import (
    CUSTOMER,
    EMAIL,
    PERSON,
    PHONE,
    Analyzer,
    NlpSettings,
    Span,
    detect,
)
from unlearnkit.corpus.normalise import normalise
from unlearnkit.corpus.reader import Corpus, Fields
from unlearnkit.corpus.sources import Place
from unlearnkit.domain import Artefact, IdentifierKind, Progress, Record, silent
from unlearnkit.errors import BadInput
from unlearnkit.pseudonym import keyed_hash

INDEX_FILE = "index.json"
QUARANTINE_FILE = "quarantine.jsonl"
KINDS = {
    EMAIL: IdentifierKind.EMAIL,
    PHONE: IdentifierKind.PHONE,
    CUSTOMER: IdentifierKind.CUSTOMER_ID,
    PERSON: IdentifierKind.NAME,
}
"""Presidio entity -> what it is as an identifier; everything else is OTHER."""
_BATCH = 256


class IndexInfo(Artefact):
    """What an index was built from, and with what."""

    created: datetime
    corpus_paths: tuple[str, ...]
    """Files, folders, globs and URLs."""
    fields: Fields
    """What the corpus was read with."""
    digest: str
    """The corpus's digest."""
    files: dict[str, str]
    """Source -> digest of its records."""
    record_count: int
    quarantined: dict[str, int]
    """Why records were left out -> how many; QUARANTINE_FILE has each with file and line."""
    nlp: NlpSettings
    key_check: str
    """Tells an index made with another workspace's key."""
    entities: dict[str, int]
    """Entity type -> number of rows."""
    entities_file: str
    entities_digest: str


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


@dataclass(frozen=True, slots=True)
class Index:
    """An opened index."""

    folder: Path
    info: IndexInfo

    def rows(self, entities: Sequence[str]) -> list[EntityRow]:
        """The rows of these entity types, in the order of the corpus."""
        marks = ", ".join("?" for _ in entities) or "NULL"
        found = self.query(f"SELECT * FROM entities WHERE entity IN ({marks})", list(entities))
        return [EntityRow(*row) for row in found]

    def sharing(self, record_id: str) -> dict[str, int]:
        """Record id -> number of keyed hashes it has in common with this record."""
        return dict(
            self.query(
                """SELECT other.record_id, count(DISTINCT other.hash) AS shared
                   FROM entities AS one JOIN entities AS other USING (entity, hash)
                   WHERE one.record_id = ? AND other.record_id <> ?
                   GROUP BY other.record_id ORDER BY shared DESC, other.record_id""",
                [record_id, record_id],
            )
        )

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run DuckDB SQL over the view `entities` (the columns of EntityRow)."""
        import duckdb

        path = str(self.folder / self.info.entities_file).replace("'", "''")
        with duckdb.connect() as connection:
            connection.execute(f"CREATE VIEW entities AS SELECT * FROM read_parquet('{path}')")
            return connection.execute(sql, list(parameters)).fetchall()


def build_index(
    corpus: Corpus,
    analyzer: Analyzer,
    key: bytes,
    folder: Path,
    *,
    places: Sequence[Place] = (),
    fields: Fields | None = None,
    progress: Progress = silent,
) -> IndexInfo:
    """Index the corpus; the index that is there already when nothing has changed since.

    `key` is the workspace's. `places` and `fields` are what the corpus was read from and with; they
    are kept so that later stages read the same. Raises BadInput when the folder cannot be written.
    """
    read: dict[str, Any] = {
        "corpus_paths": tuple(str(place) for place in places) or tuple(corpus.files),
        "fields": fields or Fields(),
        "quarantined": dict(Counter(one.reason for one in corpus.quarantined).most_common()),
    }
    left_out = json_lines(one.model_dump() for one in corpus.quarantined)
    there = _usable(folder, corpus, analyzer.settings, key)
    if there is not None:
        info = there.model_copy(update=read)
        if info != there:
            write_atomic(folder / QUARANTINE_FILE, left_out)
            save(folder / INDEX_FILE, info)
        return info
    rows: list[EntityRow] = []
    for start in range(0, len(corpus.records), _BATCH):
        progress("indexing", start, len(corpus.records))
        batch = corpus.records[start : start + _BATCH]
        spans = detect(analyzer, [record.content for record in batch])
        for record, found in zip(batch, spans, strict=True):
            rows += _rows(record, found, analyzer.settings, key)
    progress("indexing", len(corpus.records), len(corpus.records))
    name = f"entities-{corpus.digest[:16]}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.parquet"
    write_atomic(folder / name, _parquet(rows))
    info = IndexInfo(
        created=datetime.now(UTC),
        digest=corpus.digest,
        files=corpus.files,
        record_count=len(corpus.records),
        nlp=analyzer.settings,
        key_check=_key_check(key),
        entities=dict(sorted(Counter(row.entity for row in rows).items())),
        entities_file=name,
        entities_digest=sha256_file(folder / name),
        **read,
    )
    write_atomic(folder / QUARANTINE_FILE, left_out)
    save(folder / INDEX_FILE, info)
    for old in folder.glob("entities-*.parquet"):
        if old.name != name:
            old.unlink(missing_ok=True)
    return info


def open_index(folder: Path, key: bytes) -> Index:
    """Raises BadInput where there is no whole index, or one made with another workspace's key."""
    fix = "Run: unlearnkit index CORPUS"
    if not (folder / INDEX_FILE).is_file():
        raise BadInput("the corpus has not been indexed", where=folder, fix=fix)
    try:
        info = load(folder / INDEX_FILE, IndexInfo)
    except BadInput as error:
        raise BadInput(f"the index is damaged: {error.what}", where=error.where, fix=fix) from None
    entities = folder / info.entities_file
    if not entities.is_file() or sha256_file(entities) != info.entities_digest:
        raise BadInput("the index is damaged: its entity rows changed", where=entities, fix=fix)
    if info.key_check != _key_check(key):
        raise BadInput("the index was made with another workspace's key", where=folder, fix=fix)
    return Index(folder, info)


def check_unchanged(info: IndexInfo, corpus: Corpus) -> None:
    """Raise BadInput, naming the files, when the corpus is no longer the one that was indexed."""
    if corpus.digest == info.digest:
        return
    sources = sorted(set(info.files) | set(corpus.files))
    changed = [one for one in sources if info.files.get(one) != corpus.files.get(one)]
    raise BadInput(
        "the corpus changed since it was indexed: " + ", ".join(changed),
        fix="Run: unlearnkit index CORPUS\nThen locate and review again.",
    )


def _usable(folder: Path, corpus: Corpus, nlp: NlpSettings, key: bytes) -> IndexInfo | None:
    try:
        info = open_index(folder, key).info
    except BadInput:
        return None
    same = (info.digest, info.files, info.nlp) == (corpus.digest, corpus.files, nlp)
    return info if same else None


def _rows(
    record: Record, spans: Sequence[Span], nlp: NlpSettings, key: bytes
) -> Iterator[EntityRow]:
    for span in spans:
        kind = KINDS.get(span.entity, IdentifierKind.OTHER)
        value = normalise(kind, record.content[span.start : span.end], nlp.regions)
        if value:
            name = kind.value if span.entity in KINDS else span.entity
            hashed = keyed_hash(key, name, value)
            yield EntityRow(
                record.id, span.start, span.end, span.entity, span.score, span.recogniser, hashed
            )


def _key_check(key: bytes) -> str:
    return keyed_hash(key, "index", "key check")


def _parquet(rows: Sequence[EntityRow]) -> bytes:
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

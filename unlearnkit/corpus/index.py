"""The PII index: which record holds which identifiers, as keyed hashes. No plain value in it.

A folder with `index.json` (an IndexInfo), shards of entity rows in Parquet (shards.py) and a lookup
that tells which of them holds what (lookup.py). New files lie beside the old ones until
`index.json` is written, last, so a killed build leaves the old index whole and is gone on with by
the next.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import json_lines, load, save, write_atomic
from unlearnkit.corpus.entities import EntityRow
from unlearnkit.corpus.identifiers import kinds
from unlearnkit.corpus.lookup import Lookup, read_lookup, write_lookup
from unlearnkit.corpus.nlp import Analyzer, NlpSettings
from unlearnkit.corpus.reader import Corpus, Fields, Quarantined
from unlearnkit.corpus.shards import fill, is_whole, sweep, versions
from unlearnkit.corpus.sources import Place
from unlearnkit.corpus.workers import ReadParts, read_parts
from unlearnkit.domain import Artefact, Progress, silent
from unlearnkit.errors import BadInput
from unlearnkit.pseudonym import keyed_hash

INDEX_FILE = "index.json"
QUARANTINE_FILE = "quarantine.jsonl"
SHARDS = "shards"
LOOKUP = "lookup"
"""The folders of the shards, and of what tells which to read."""
_AT_ONCE = 10_000
"""Rows taken from DuckDB."""


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
    versions: dict[str, str]
    """Package -> version of what found the personal data."""
    kinds: tuple[str, ...] = ()
    """Kinds of identifier beyond Presidio's usual ones that were looked for."""
    key_check: str
    """Tells an index made with another workspace's key."""
    entities: dict[str, int]
    """Entity type -> number of rows."""
    shards: tuple[str, ...]
    """Files in SHARDS, in the order of the corpus; each is named by its digest."""
    lookup: str = ""
    """The file in LOOKUP, named by its digest; an earlier version's index has none."""
    entities_digest: str
    """Hex SHA-256 over the names of the shards and of the lookup."""


def check_kinds(info: IndexInfo) -> None:
    """Raise BadInput where an earlier version did not look for a kind that is looked for now."""
    lacking = sorted({one.ENTITY for one in kinds()} - set(info.kinds))
    if lacking:
        raise BadInput(
            f"the index is an earlier version's, which did not look for {', '.join(lacking)}",
            fix="Run: unlearnkit index CORPUS",
        )


@dataclass(frozen=True, slots=True)
class Index:
    """An opened index."""

    folder: Path
    info: IndexInfo

    def rows(self, entities: Sequence[str]) -> list[EntityRow]:
        """The rows of these entity types, in the order of the corpus."""
        return list(self.each(entities))

    def each(self, entities: Sequence[str]) -> Iterator[EntityRow]:
        """The same, one after another. Equal words are one object: most occur many times."""
        marks = ", ".join("?" for _ in entities) or "NULL"
        query = f"SELECT * FROM entities WHERE entity IN ({marks})"  # nosec B608 # marks are '?'
        once = dict[str, str]().setdefault
        with _shards(_files(self.folder, self.info)) as connection:
            found = connection.execute(query, list(entities))
            while some := found.fetchmany(_AT_ONCE):
                for one, start, end, kind, score, by, value in some:
                    yield EntityRow(
                        once(one, one),
                        start,
                        end,
                        once(kind, kind),
                        score,
                        once(by, by),
                        once(value, value),
                    )

    def lookup(self) -> Lookup:
        """For asking for the rows of few records or values."""
        path = self.folder / LOOKUP / self.info.lookup if self.info.lookup else None
        return read_lookup(path, self.folder / SHARDS, self.info.shards)

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
        return _query(_files(self.folder, self.info), sql, parameters)


def build_index(
    corpus: Corpus,
    analyzer: Analyzer,
    key: bytes,
    folder: Path,
    *,
    places: Sequence[Place] = (),
    fields: Fields | None = None,
    workers: int | None = 1,
    read: ReadParts = read_parts,
    progress: Progress = silent,
) -> IndexInfo:
    """Index the corpus; what has not changed since the last time is not read again.

    `key` is the workspace's. `places` and `fields` are what the corpus was read from and with; they
    are kept so that later stages read the same. `read` finds the personal data, with so many
    `workers` (None: as many as is worth while); the index is the same for any. Raises BadInput when
    the folder cannot be written, and what `read` raises.
    """
    files = fill(
        folder / SHARDS,
        corpus.records,
        analyzer,
        key,
        workers=workers,
        read=read,
        progress=progress,
    )
    names = tuple(path.name for path in files)
    lookup = write_lookup(folder / LOOKUP, files)
    before = _there(folder, key)
    same = before is not None and (before.digest, before.files, before.shards) == (
        corpus.digest,
        corpus.files,
        names,
    )
    info = IndexInfo(
        created=before.created if before is not None and same else datetime.now(UTC),
        corpus_paths=tuple(str(place) for place in places) or tuple(corpus.files),
        fields=fields or Fields(),
        digest=corpus.digest,
        files=corpus.files,
        record_count=len(corpus.records),
        quarantined=dict(Counter(one.reason for one in corpus.quarantined).most_common()),
        nlp=analyzer.settings,
        versions=versions(analyzer.settings),
        kinds=tuple(one.ENTITY for one in kinds()),
        key_check=_key_check(key),
        entities=dict(_query(files, "SELECT entity, count(*) FROM entities GROUP BY 1 ORDER BY 1")),
        shards=names,
        lookup=lookup.name,
        entities_digest=hashlib.sha256("\n".join([*names, lookup.name]).encode()).hexdigest(),
    )
    write_quarantine(corpus.quarantined, folder)
    save(folder / INDEX_FILE, info)
    sweep(folder / SHARDS, files)
    sweep(folder / LOOKUP, [lookup])
    return info


def write_quarantine(left_out: Sequence[Quarantined], folder: Path) -> Path:
    """List each record that was left out, with file, line and reason, beside the index."""
    path = folder / QUARANTINE_FILE
    write_atomic(path, json_lines(one.model_dump() for one in left_out))
    return path


def open_index(folder: Path, key: bytes) -> Index:
    """Raises BadInput where there is no whole index, or one made with another workspace's key."""
    fix = "Run: unlearnkit index CORPUS"
    if not (folder / INDEX_FILE).is_file():
        raise BadInput("the corpus has not been indexed", where=folder, fix=fix)
    try:
        info = load(folder / INDEX_FILE, IndexInfo)
    except BadInput as error:
        raise BadInput(f"the index is damaged: {error.what}", where=error.where, fix=fix) from None
    for path in _files(folder, info):
        if not is_whole(path):
            raise BadInput("the index is damaged: its entity rows changed", where=path, fix=fix)
    if info.lookup and not is_whole(folder / LOOKUP / info.lookup):
        where = folder / LOOKUP / info.lookup
        raise BadInput("the index is damaged: its lookup changed", where=where, fix=fix)
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


def _there(folder: Path, key: bytes) -> IndexInfo | None:
    try:
        return open_index(folder, key).info
    except BadInput:
        return None


def _files(folder: Path, info: IndexInfo) -> list[Path]:
    return [folder / SHARDS / name for name in info.shards]


def _query(files: Sequence[Path], sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    with _shards(files) as connection:
        found: list[Any] = connection.execute(sql, list(parameters)).fetchall()
        return found


@contextmanager
def _shards(files: Sequence[Path]) -> Iterator[Any]:
    """DuckDB with the view `entities`, which is all these shards, in their order."""
    import duckdb

    paths = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    with duckdb.connect() as connection:
        # A view takes no parameters; the paths are the index's own, quoted above.
        view = f"CREATE VIEW entities AS SELECT * FROM read_parquet([{paths}])"  # nosec B608
        connection.execute(view)
        yield connection


def _key_check(key: bytes) -> str:
    return keyed_hash(key, "index", "key check")

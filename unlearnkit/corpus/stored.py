"""The records of a corpus, on disk while a command runs: memory does not grow with their number.

SQLite keeps them in a file without a name, in `spill_folder`. The system frees it with the process,
however that ends. A few megabytes of them never leave memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import groupby, islice, starmap
from operator import itemgetter
from pathlib import Path
from typing import Any, overload

from unlearnkit.artefacts import disk_failed
from unlearnkit.corpus.digests import content_hash
from unlearnkit.domain import Record, Stretch
from unlearnkit.errors import BadInput

BETWEEN = "\x00"
"""In no identifier."""
_LETTERS = 1_000_000
_CACHE_KIB = 16 * 1024
_DIGITS = 16
"""Of its content's hash, which name a record without an id of its own."""
_OF_THE_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_NEW = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -{_CACHE_KIB};
CREATE TABLE records (
    place INTEGER PRIMARY KEY, id TEXT, named INTEGER, content_hash TEXT, thread TEXT,
    source TEXT, line INTEGER, prompt TEXT, text TEXT, paraphrase TEXT, rest TEXT
);
CREATE TABLE contents (part INTEGER PRIMARY KEY, joined TEXT);
"""
_PUT = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_CONTENTS = "INSERT INTO contents (joined) VALUES (?)"
_CONTENTS = "SELECT joined FROM contents ORDER BY part"
_NUMBER_EQUAL_CONTENTS = """
UPDATE records SET id = id || '-' || equal.number FROM (
    SELECT place, row_number() OVER (PARTITION BY id ORDER BY place) AS number
    FROM records WHERE NOT named
) AS equal WHERE equal.place = records.place AND equal.number > 1
"""
_BY_ID = "CREATE INDEX by_id ON records (id)"
_BY_THREAD = "CREATE INDEX by_thread ON records (thread) WHERE thread <> ''"
_EQUAL_IDS = """
SELECT second.source, second.line, first.source, first.line
FROM (SELECT id, min(place) AS place FROM records GROUP BY id HAVING count(*) > 1) AS repeated
JOIN records AS first ON first.place = repeated.place
JOIN records AS second ON second.id = repeated.id AND second.place > repeated.place
ORDER BY second.place LIMIT 1
"""
_TAKE = "SELECT id, text, prompt, thread, source, line, paraphrase, rest FROM records"
_IN_ORDER = f"{_TAKE} ORDER BY place"
_AT = f"{_TAKE} WHERE place = ?"
_SOME = (
    "FROM (SELECT key, value FROM json_each(?)) AS some "
    "JOIN records ON place = some.value ORDER BY some.key"
)
_AT_SOME = f"{_TAKE.removesuffix(' FROM records')} {_SOME}"
_CONTENTS_AT = f"SELECT prompt, text {_SOME}"
_AT_ONCE = 500
_FROM_TO = f"{_TAKE} WHERE place >= ? AND place < ? ORDER BY place"
_PLACE = "SELECT place FROM records WHERE id = ?"
_THREAD = "SELECT thread FROM records WHERE id = ?"
_MEMBERS = "SELECT id FROM records WHERE thread = ? AND thread <> '' ORDER BY place"
_SOURCES = "SELECT source FROM records GROUP BY source ORDER BY min(place)"
_LINES = """
SELECT source, CAST(id || char(31) || content_hash || char(10) AS BLOB) AS digested FROM records
"""
_LINES_BY_SOURCE, _LINES_OF_ALL = f"{_LINES} ORDER BY 1, 2", f"{_LINES} ORDER BY 2"


class Records(Sequence[Record]):
    """Records in the order in which they were read. Each is made anew when it is asked for."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._size: int = database.execute("SELECT count(*) FROM records").fetchone()[0]

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Record]:
        return map(_record, self._database.execute(_IN_ORDER))

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Record, ...]: ...
    def __getitem__(self, at: int | slice) -> Record | tuple[Record, ...]:
        places = range(self._size)[at]
        if isinstance(places, int):
            return _record(self._database.execute(_AT, (places,)).fetchone())
        if places.step == 1:
            found = self._database.execute(_FROM_TO, (places.start, places.stop))
            return tuple(map(_record, found))
        return tuple(self[place] for place in places)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def at(self, places: Iterable[int]) -> Iterator[Record]:
        """Those at some places, asked for many at a time."""
        return map(_record, self._some(_AT_SOME, places))

    def contents_at(self, places: Iterable[int]) -> Iterator[str]:
        """What is searched of these."""
        for prompt, text in self._some(_CONTENTS_AT, places):
            yield f"{prompt}\n{text}" if prompt else text

    def _some(self, query: str, places: Iterable[int]) -> Iterator[Sequence[Any]]:
        left = iter(places)
        while some := list(islice(left, _AT_ONCE)):
            yield from self._database.execute(query, (json.dumps(some),))

    def contents(self) -> Iterator[str]:
        """What is searched of all, many `joined` as one: faster than record by record."""
        return (one for (one,) in self._database.execute(_CONTENTS))

    def of(self, ids: Iterable[str]) -> dict[str, Record]:
        """Record id -> record, of those that are there, in the records' order."""
        places = sorted(
            place for one in set(ids) for (place,) in self._database.execute(_PLACE, (one,))
        )
        return {record.id: record for record in self.at(places)}

    def thread_of(self, record_id: str) -> str:
        """What thread or ticket a record belongs to; empty where to none."""
        found = self._database.execute(_THREAD, (record_id,)).fetchone()
        return found[0] if found else ""

    def members(self, thread: str) -> tuple[str, ...]:
        """The ids of a thread's records, in their order."""
        return tuple(one for (one,) in self._database.execute(_MEMBERS, (thread,)))

    def digests(self) -> dict[str, str]:
        """Source -> `digest_records` of its records; the sources in their order."""
        found: dict[bytes, str] = {}
        with room():
            lines = self._database.execute(_LINES_BY_SOURCE)
            for source, some in groupby(lines, itemgetter(0)):
                found[source] = _digest(some)
            in_order = self._database.execute(_SOURCES)
            return {_source(source): found[source] for (source,) in in_order}

    def digest(self) -> str:
        """`digest_records` of all."""
        with room():
            return _digest(self._database.execute(_LINES_OF_ALL))


def stored(records: Iterable[Record]) -> Records:
    """The records, taken one after the other.

    One without an id is named by its content, and a running number among equal contents. Raises
    BadInput where two have one id, naming both lines, and where no room is left for them.
    """
    spill_folder()
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    with room():
        database.executescript(_NEW)
        database.execute("BEGIN")
        for part in _parts(enumerate(records)):
            database.executemany(_PUT, starmap(_row, part))
            database.execute(_PUT_CONTENTS, (joined(record.content for _, record in part),))
        for finish in (_NUMBER_EQUAL_CONTENTS, _BY_ID, _BY_THREAD, "COMMIT"):
            database.execute(finish)
        _refuse_equal_ids(database)
    return Records(database)


def joined(texts: Iterable[str]) -> str:
    """Several texts as one, with BETWEEN between them; where it stands in a text, a blank does."""
    return BETWEEN.join(text.replace(BETWEEN, " ") for text in texts)


def _parts(records: Iterable[tuple[int, Record]]) -> Iterator[list[tuple[int, Record]]]:
    """Each of about so many letters: a text may have millions."""
    part, letters = list[tuple[int, Record]](), 0
    for place, record in records:
        part.append((place, record))
        letters += sum(map(len, (record.content, record.paraphrase, *record.perturbed)))
        if letters >= _LETTERS:
            yield part
            part, letters = [], 0
    if part:
        yield part


def _refuse_equal_ids(database: sqlite3.Connection) -> None:
    for source, line, first_source, first_line in database.execute(_EQUAL_IDS):
        raise BadInput(
            f"this record has the same id as {_source(first_source)}, line {first_line}",
            where=_source(source),
            line=line,
            fix="Give every record an id of its own, or leave the id field out.",
        )


def _row(place: int, record: Record) -> tuple[Any, ...]:
    content = content_hash(record)
    rest = (
        record.perturbed,
        record.roles,
        record.every_turn,
        record.loss_on,
        record.perturbed_loss_on,
    )
    return (
        place,
        record.id or content[:_DIGITS],
        bool(record.id),
        content,
        record.group,
        record.source.encode(errors="surrogateescape"),  # a file's name may be no text
        record.line,
        record.prompt,
        record.text,
        record.paraphrase,
        json.dumps(rest) if any(rest) else "",
    )


def _record(row: Sequence[Any]) -> Record:
    id_, text, prompt, thread, source, line, paraphrase, rest = row
    if not rest:
        return Record(id_, text, prompt, thread, _source(source), line, paraphrase)
    perturbed, roles, every_turn, loss_on, perturbed_loss_on = json.loads(rest)
    return Record(
        id_,
        text,
        prompt,
        thread,
        _source(source),
        line,
        paraphrase,
        tuple(perturbed),
        tuple(roles),
        every_turn,
        _stretches(loss_on),
        tuple(map(_stretches, perturbed_loss_on)),
    )


def _stretches(found: Iterable[Sequence[int]]) -> tuple[Stretch, ...]:
    return tuple((start, end) for start, end in found)


@lru_cache
def _source(found: bytes) -> str:
    return found.decode(errors="surrogateescape")


def _digest(lines: Iterable[tuple[Any, bytes]]) -> str:
    total = hashlib.sha256()
    for _, line in lines:
        total.update(line)
    return total.hexdigest()


def spill_folder() -> str:
    """Where SQLite puts files without a name: /tmp may be memory that looks like a disk.

    Raises BadInput where the folder that was named for them takes none: SQLite would take another,
    which may lie on a disk that is less safe.
    """
    for name in ("SQLITE_TMPDIR", "TMPDIR"):
        if folder := os.environ.get(name):
            if not (Path(folder).is_dir() and os.access(folder, os.W_OK | os.X_OK)):
                raise BadInput(
                    f"{name} names no folder that files can be written in",
                    where=folder,
                    fix=f"Make the folder, or name another: export {name}=FOLDER",
                )
            return folder
    usual = "/var/tmp"  # nosec B108 # nobody can be there first: the file has no name
    return usual if os.access(usual, os.W_OK) else tempfile.gettempdir()


@contextmanager
def room() -> Iterator[None]:
    """SQLite's word or the system's for a folder that takes no more, or nothing at all, in ours."""
    try:
        yield
    except OSError as error:
        if not disk_failed(error):
            raise
        raise _no_room(error.strerror or str(error)) from None
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _OF_THE_DISK:  # the rest of it says more precisely
            raise
        raise _no_room(str(error)) from None


def _no_room(why: str) -> BadInput:
    return BadInput(
        f"the records cannot be kept on disk while they are read: {why}",
        where=spill_folder(),
        fix="Free some room there, or name another folder: export TMPDIR=FOLDER",
    )

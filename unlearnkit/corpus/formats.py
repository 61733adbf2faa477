"""One reader for each file format; each yields rows with the line they stand on.

A row that is broken by itself is yielded with the reason; only where the rest of the file cannot
be told from what is broken is the file refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

from unlearnkit.corpus.sources import Source
from unlearnkit.delimited import refuse_utf16, with_delimiter
from unlearnkit.errors import BadInput

INVALID_UTF8 = "invalid UTF-8"
NOT_AN_OBJECT = "not a JSON object"
NO_SUCH_VALUE = "a field that is neither text nor number"
MAX_LINE_BYTES = 100_000_000
"""A longer line of JSON holds no record: a text may have a tenth of it."""
TOO_LONG = f"a line of more than {MAX_LINE_BYTES // 1_000_000} MB"
BOM = b"\xef\xbb\xbf"
"""What some programs begin a file with: the file's, not its first record's."""
_COLUMN = re.compile(r"[^\W\d]\w{0,39}(-\w{1,39})*")
"""What a column may be called to be repeated: one word, as `ticket_id`."""
_COLUMNS_TOLD = 12
TOO_MANY_COLUMNS = "more columns than the header has: a text with the separator in it needs quotes"


@dataclass(frozen=True, slots=True)
class Row:
    """What stands on one line: the fields, or the reason why there are none."""

    line: int
    value: Mapping[str, object] | str


Reader = Callable[[Source, Sequence[str], Sequence[str]], Iterator[Row]]
"""Called with the file, the fields of which a record needs one, and the others that matter."""


def read_rows(source: Source, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """The rows of a file of any format. Raises BadInput where it cannot be read or is broken."""
    with readable(source):
        yield from READERS[source.format](source, needed, others)


@contextmanager
def readable(source: Source) -> Iterator[None]:
    """Turns errors of a file that is read into BadInput."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error).partition("\n")[0][:200] or type(error).__name__
        raise BadInput(f"cannot read: {reason}", where=source.name) from None


def read_jsonl(source: Source, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """JSON Lines, read line by line, each by itself."""
    with source.open() as file:
        for line, raw in enumerate(lines_of(file), start=1):
            if line == 1:
                refuse_utf16(raw, source.name)
            content = raw.removeprefix(BOM) if line == 1 else raw
            if content.strip():
                yield Row(line, _object(content))


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Each line, or its first MAX_LINE_BYTES and one more."""
    while raw := file.readline(MAX_LINE_BYTES + 1):
        rest = raw
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE_BYTES + 1)
        yield raw


def _object(content: bytes) -> dict[str, object] | str:
    """A line's JSON object, or the reason why it is none."""
    if len(content) > MAX_LINE_BYTES:
        return TOO_LONG
    try:
        # Without its end, so that a fault in the last column stays on this line.
        value = json.loads(content.decode().rstrip())
    except UnicodeDecodeError:
        return INVALID_UTF8
    except (RecursionError, ValueError) as error:
        return _malformed(error)
    return value if isinstance(value, dict) else NOT_AN_OBJECT


def read_json(source: Source, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """One JSON array of objects; a row's line is its position in the array, from 1."""
    _, rows = json_array(source)
    for position, one in enumerate(rows, start=1):
        yield Row(position, one if isinstance(one, dict) else NOT_AN_OBJECT)


def json_array(source: Source) -> tuple[str, list[object]]:
    """A file's text, its byte order mark included, and what is in the one array that it is.

    Raises BadInput: not valid UTF-8, not JSON, not an array.
    """
    with source.open() as file:
        content = file.read()
    refuse_utf16(content, source.name)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(INVALID_UTF8, where=source.name, line=line) from None
    value = _json(text.removeprefix(BOM.decode()), source)
    if not isinstance(value, list):
        raise BadInput(
            "not a JSON array of records",
            where=source.name,
            line=1,
            fix="One object a line? Use .jsonl.",
        )
    return text, value


def read_csv(source: Source, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """Values with a header, separated as the header shows (see `delimited`).

    Raises BadInput on bad quotes: nobody can say any more where a row ends and the next begins.
    """
    with source.open() as raw:
        lines, delimiter = csv_lines(raw, needed, source)
        rows = csv.DictReader(lines, delimiter=delimiter, strict=True)
        try:
            _check_columns(rows.fieldnames or (), needed, others, source, line=1)
            for row in rows:
                yield Row(rows.line_num, _csv_row(row))
        except csv.Error as error:
            # line_num is still the row before. A quote that was never closed swallows the rest.
            raise BadInput(
                f"malformed CSV: {error}", where=source.name, line=rows.line_num + 1
            ) from None


def csv_lines(file: BinaryIO, needed: Sequence[str], source: Source) -> tuple[Iterator[str], str]:
    """The lines of a CSV file and its delimiter; `needed` are names of which its header has one."""
    csv.field_size_limit(2**31 - 1)
    # Bytes that are no UTF-8 come through as surrogates, so that only their row is lost.
    text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
    first = text.readline()
    refuse_utf16(first.encode(errors="surrogateescape"), source.name)
    return with_delimiter(
        chain([first] if first else [], text), lambda names: not set(needed).isdisjoint(names)
    )


def _csv_row(row: dict[str | Any, Any]) -> dict[str, object] | str:
    if None in row:
        return TOO_MANY_COLUMNS
    return INVALID_UTF8 if any(_has_surrogate(cell) for cell in row.values() if cell) else row


def read_parquet(source: Source, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """Apache Parquet, batch by batch; a row's line is its number, from 1. Raises BadInput."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with source.open() as opened:
        packed = pa.BufferReader(opened.read()) if source.packing else opened
        with refused("Parquet", source), pq.ParquetFile(packed) as file:
            names = file.schema_arrow.names
            _check_columns(names, needed, others, source)
            columns = [name for name in names if name in (*needed, *others)]
            yield from _numbered(file.iter_batches(batch_size=1024, columns=columns))


def read_arrow(source: Source, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """Arrow IPC, as a stream (what `datasets` saves) or a file; lines as in Parquet."""
    with (
        source.open() as opened,
        refused("Arrow", source),
        arrow_batches(opened, source) as (_, schema, batches),
    ):
        _check_columns(schema.names, needed, others, source)
        columns = [name for name in schema.names if name in (*needed, *others)]
        yield from _numbered(validated(batch.select(columns)) for batch in batches)


@contextmanager
def arrow_batches(opened: BinaryIO, source: Source) -> Iterator[tuple[bool, Any, Iterator[Any]]]:
    """Whether it is an IPC file (else a stream), its schema and its batches."""
    import pyarrow as pa

    packed = pa.BufferReader(opened.read()) if source.packing else opened
    is_file = packed.read(6) == b"ARROW1"
    packed.seek(0)
    kind = pa.ipc.open_file if is_file else pa.ipc.open_stream
    with kind(packed) as file:
        count = file.num_record_batches if is_file else 0
        batches = (file.get_batch(at) for at in range(count)) if is_file else iter(file)
        yield is_file, file.schema, batches


def validated(batch: Any) -> Any:
    """Arrow has no checksums: what points outside of the file must not be followed."""
    batch.validate(full=True)
    return batch


@contextmanager
def refused(what: str, source: Source) -> Iterator[None]:
    """Turns pyarrow's errors into BadInput."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise BadInput(f"malformed {what}: {reason}", where=source.name) from None


def _numbered(batches: Iterable[Any]) -> Iterator[Row]:
    number = 0
    for batch in batches:
        for at in range(batch.num_rows):
            number += 1
            yield Row(number, _batch_row(batch, at))


def _batch_row(batch: Any, at: int) -> dict[str, object] | str:
    try:
        return {name: batch.column(name)[at].as_py() for name in batch.schema.names}
    except UnicodeDecodeError:
        return INVALID_UTF8
    except (ValueError, OverflowError):  # a date or time beyond what Python can hold
        return NO_SUCH_VALUE


def _check_columns(
    names: Sequence[str],
    needed: Sequence[str],
    others: Sequence[str],
    source: Source,
    line: int | None = None,
) -> None:
    if not set(needed) & set(names):
        missing = " or ".join(f"'{name}'" for name in needed)
        raise BadInput(
            f"no column {missing}{_told(names)}",
            where=source.name,
            line=line,
            fix="Give --text-field COLUMN, or set fields: in unlearnkit.yaml.",
        )
    for name in (*needed, *others):
        if names.count(name) > 1:
            raise BadInput(f"two columns are called '{name}'", where=source.name, line=line)


def _told(names: Sequence[str]) -> str:
    """The columns there are; nothing of them where one looks like data: there is no header then."""
    if not names:
        return ""
    if len(names) == 1:  # no delimiter was found that makes the needed one a column
        names = re.split("[;\t]", names[0])
    if not all(map(_COLUMN.fullmatch, names)):
        return ": what stands in their place does not look like columns' names"
    more = f" and {len(names) - _COLUMNS_TOLD} more" if len(names) > _COLUMNS_TOLD else ""
    return f"; there are: {', '.join(names[:_COLUMNS_TOLD])}{more}"


def _json(text: str, source: Source) -> object:
    try:
        return json.loads(text)
    except (RecursionError, ValueError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise BadInput(_malformed(error), where=source.name, line=line) from None


def _malformed(error: Exception) -> str:
    """What is wrong, without any of the data."""
    if isinstance(error, json.JSONDecodeError):
        return f"malformed JSON: {error.msg} (column {error.colno})"
    what = "nested too deeply" if isinstance(error, RecursionError) else "a number too long"
    return f"malformed JSON: {what}"


def _has_surrogate(cell: str) -> bool:
    return any("\udc80" <= letter <= "\udcff" for letter in cell) if not cell.isascii() else False


READERS: dict[str, Reader] = {
    ".jsonl": read_jsonl,
    ".json": read_json,
    ".csv": read_csv,
    ".parquet": read_parquet,
    ".arrow": read_arrow,
}

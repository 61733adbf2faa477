"""One reader for each file format; each yields rows with the line they stand on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unlearnkit.errors import BadInput

INVALID_UTF8 = "invalid UTF-8"
NOT_AN_OBJECT = "not a JSON object"
NO_SUCH_VALUE = "a field that is neither text nor number"


@dataclass(frozen=True, slots=True)
class Row:
    """What stands on one line: the fields, or the reason why there are none."""

    line: int
    value: Mapping[str, object] | str


Reader = Callable[[Path, Sequence[str], Sequence[str]], Iterator[Row]]
"""Called with the file, the fields of which a record needs one, and the others that matter."""


def read_jsonl(path: Path, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """JSON Lines, read line by line. Raises BadInput on a line that is not JSON."""
    with _open(path) as file:
        for line, raw in enumerate(file, start=1):
            content = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
            if not content.strip():
                continue
            try:
                # Without its end, so that a fault in the last column stays on this line.
                value = _json(content.decode().rstrip(), path, line)
            except UnicodeDecodeError:
                yield Row(line, INVALID_UTF8)
                continue
            yield Row(line, value if isinstance(value, dict) else NOT_AN_OBJECT)


def read_json(path: Path, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """One JSON array of objects; a row's line is its position in the array, from 1.

    Raises BadInput when the file is not valid UTF-8, not JSON or not an array.
    """
    with _open(path) as file:
        content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(INVALID_UTF8, where=path, line=line) from None
    value = _json(text, path, 1)
    if not isinstance(value, list):
        raise BadInput(
            "not a JSON array of records", where=path, line=1, fix="One object a line? Use .jsonl."
        )
    for position, one in enumerate(value, start=1):
        yield Row(position, one if isinstance(one, dict) else NOT_AN_OBJECT)


def read_csv(path: Path, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """Comma-separated values with a header. Raises BadInput on bad quotes or too many columns."""
    csv.field_size_limit(2**31 - 1)
    with _open(path) as raw:
        # Bytes that are no UTF-8 come through as surrogates, so that only their row is lost.
        file = io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")
        rows = csv.DictReader(file, strict=True)
        try:
            _check_columns(rows.fieldnames or (), needed, others, path, line=1)
            for row in rows:
                if None in row:
                    raise BadInput(
                        "more columns than the header has",
                        where=path,
                        line=rows.line_num,
                        fix="Quote texts that hold a comma.",
                    )
                broken = any(_has_surrogate(cell) for cell in row.values() if cell)
                yield Row(rows.line_num, INVALID_UTF8 if broken else row)
        except csv.Error as error:
            # line_num is still the row before. A quote that was never closed swallows the rest.
            raise BadInput(f"malformed CSV: {error}", where=path, line=rows.line_num + 1) from None


def read_parquet(path: Path, needed: Sequence[str], others: Sequence[str]) -> Iterator[Row]:
    """Apache Parquet, batch by batch; a row's line is its number, from 1. Raises BadInput."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _check_columns(names, needed, others, path)
            number = 0
            columns = [name for name in names if name in (*needed, *others)]
            for batch in file.iter_batches(batch_size=1024, columns=columns):
                for at in range(batch.num_rows):
                    number += 1
                    yield Row(number, _parquet_row(batch, at))
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise BadInput(f"malformed Parquet: {reason}", where=path) from None


def _parquet_row(batch: Any, at: int) -> dict[str, object] | str:
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
    path: Path,
    line: int | None = None,
) -> None:
    if not set(needed) & set(names):
        missing = " or ".join(f"'{name}'" for name in needed)
        raise BadInput(f"no column {missing}", where=path, line=line)
    for name in (*needed, *others):
        if names.count(name) > 1:
            raise BadInput(f"two columns are called '{name}'", where=path, line=line)


def _json(text: str, path: Path, line: int) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(
            f"malformed JSON: {error.msg} (column {error.colno})",
            where=path,
            line=line + error.lineno - 1,
        ) from None
    except (RecursionError, ValueError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else "a number too long"
        raise BadInput(f"malformed JSON: {what}", where=path, line=line) from None


def _has_surrogate(cell: str) -> bool:
    return any("\udc80" <= letter <= "\udcff" for letter in cell) if not cell.isascii() else False


def _open(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=path) from None


READERS: dict[str, Reader] = {
    ".jsonl": read_jsonl,
    ".json": read_json,
    ".csv": read_csv,
    ".parquet": read_parquet,
}

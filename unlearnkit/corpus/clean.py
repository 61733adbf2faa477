"""A corpus written again without some of its records: file by file, each in its own format.

What stays is written as it stands: JSON and CSV byte for byte, rows of Parquet and Arrow with their
schema, but for dictionaries and views (`columns.py`). A saved dataset stays one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from json import JSONDecoder
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit

from unlearnkit.artefacts import writing_atomic
from unlearnkit.corpus.columns import standing, without
from unlearnkit.corpus.formats import (
    BOM,
    arrow_batches,
    csv_lines,
    json_array,
    lines_of,
    readable,
    refused,
    validated,
)
from unlearnkit.corpus.reader import Fields
from unlearnkit.corpus.saved_datasets import Description, describe, descriptions
from unlearnkit.corpus.sources import Place, Source, find_sources, is_url, source_of
from unlearnkit.errors import BadInput

Keep = Callable[[int], bool]
"""Whether the record on this line, in the sense of `formats.Row`, stays."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file of the corpus, and where it is written without what is left out."""

    source: Source
    target: Path


def plan(places: Sequence[Place], folder: Path) -> list[Copy]:
    """Where each file of the places goes, below `folder` as it lay below what they have in common.

    Raises BadInput, before anything is read: a file would be written over one that is read, or
    where the places would be read from next time; or the folder holds other records already.
    """
    sources = find_sources(places).sources
    ways = [_way(one.name) for one in sources]
    levels = zip(*(way[:-1] for way in ways), strict=False)
    shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    copies = [
        Copy(one, folder.joinpath(*way[shared:])) for one, way in zip(sources, ways, strict=True)
    ]
    _refuse_what_is_read(places, sources, copies, folder)
    about = [target for _, target in _about(copies)]
    known = {path.resolve() for path in (*about, *(copy.target for copy in copies))}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and source_of(path.name) and path.resolve() not in known:
            raise BadInput(
                "this folder holds records that are not from this corpus",
                where=path,
                fix="Choose another folder: who trains on this one would train on them too.",
            )
    return copies


@contextmanager
def described(copies: Sequence[Copy]) -> Iterator[None]:
    """While the files are written nothing says that they are a dataset; then what said so does.

    So a run that is killed leaves no dataset that is old in part. Raises BadInput.
    """
    about = _about(copies)
    for _, target in about:
        target.unlink(missing_ok=True)
    yield
    for one in about:
        describe(one)


def _about(copies: Sequence[Copy]) -> list[Description]:
    return descriptions({one.source.name: one.target for one in copies})


def write_clean(copy: Copy, left_out: Collection[int], fields: Fields | None = None) -> int:
    """Write the file without the records on these lines; how many it has then.

    `fields` are what the records were read with. The old file at its place, if any, is there until
    the new one is whole. Raises BadInput.
    """
    kept, needed = 0, (fields or Fields()).needed

    def keep(line: int) -> bool:
        nonlocal kept
        stays = line not in left_out
        kept += stays
        return stays

    with writing_atomic(copy.target) as file, readable(copy.source):
        if copy.source.packing:
            _packed(copy.source, file, keep, needed)
        else:
            _WRITERS[copy.source.format](copy.source, file, keep, needed)
    return kept


def _way(name: str) -> tuple[str, ...]:
    """The folders that lead to a file, and the file; never upwards."""
    if not is_url(name):
        return PurePosixPath(Path(name).resolve().as_posix()).parts
    url = urlsplit(name)
    parts = PurePosixPath(url.netloc + "/" + url.path.lstrip("/")).parts
    return (url.scheme, *(one for one in parts if one not in ("..", "/")))


def _refuse_what_is_read(
    places: Sequence[Place], sources: Sequence[Source], copies: Sequence[Copy], folder: Path
) -> None:
    read = {Path(one.name).resolve() for one in sources if not is_url(one.name)}
    for copy in copies:
        if copy.target.resolve() in read:
            raise BadInput(
                "the clean corpus would be written over the one that is read",
                where=copy.target,
                fix="Choose another folder.",
            )
    for place in places:
        base = Path(str(place).partition("**")[0])
        if not is_url(place) and base.is_dir() and folder.resolve().is_relative_to(base.resolve()):
            raise BadInput(
                "the clean corpus would be read together with the other one next time",
                where=folder,
                fix=f"Choose a folder outside of {base}.",
            )


def _packed(source: Source, file: BinaryIO, keep: Keep, needed: Sequence[str]) -> None:
    import pyarrow as pa

    content = io.BytesIO()
    _WRITERS[source.format](source, content, keep, needed)
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, source.packing) as packed:
        packed.write(content.getbuffer())
    file.write(sink.getvalue())


def _write_jsonl(source: Source, file: BinaryIO, keep: Keep, _: Sequence[str]) -> None:
    with source.open() as raw:
        for line, content in enumerate(lines_of(raw), start=1):
            mark = BOM if line == 1 and content.startswith(BOM) else b""
            record = content.removeprefix(mark)
            file.write(mark + record if not record.strip() or keep(line) else mark)


def _write_json(source: Source, file: BinaryIO, keep: Keep, _: Sequence[str]) -> None:
    text, _rows = json_array(source)
    places = list(_elements(text))
    if not places:  # it holds no record
        file.write(text.encode())
        return
    stay = [at for at in range(len(places)) if keep(at + 1)]
    file.write(text[: places[0][0]].encode())
    for at in stay:
        # With what stood before it, so that the layout stays; before the first stands the bracket.
        start = places[at][0] if at == stay[0] else places[at - 1][1]
        file.write(text[start : places[at][1]].encode())
    file.write(text[places[-1][1] :].encode())


def _elements(text: str) -> Iterator[tuple[int, int]]:
    """Where each element of a JSON array begins and ends; the text is known to be an array."""
    read = JSONDecoder().raw_decode
    at = _past_blank(text, text.index("[") + 1)
    while text[at] != "]":
        _, end = read(text, at)
        yield at, end
        at = _past_blank(text, end)
        if text[at] == ",":
            at = _past_blank(text, at + 1)


def _past_blank(text: str, at: int) -> int:
    while text[at] in " \t\n\r":
        at += 1
    return at


def _write_csv(source: Source, file: BinaryIO, keep: Keep, needed: Sequence[str]) -> None:
    with source.open() as raw:
        file.write(BOM if raw.read(len(BOM)) == BOM else b"")
    with source.open() as raw:
        rows = _csv_rows(*csv_lines(raw, needed, source))
        _, _, head = next(rows)
        file.write(head.encode(errors="surrogateescape"))
        for line, row, content in rows:
            if not row or keep(line):
                file.write(content.encode())


def _csv_rows(text: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Each row's last line, its cells, and its text as it stands, header included."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for one in text:
            taken.append(one)
            yield one

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    for row in reader:
        yield reader.line_num, row, "".join(taken)
        taken.clear()


def _write_parquet(source: Source, file: BinaryIO, keep: Keep, _: Sequence[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    with source.open() as opened:
        readable = pa.BufferReader(opened.read()) if source.packing else opened
        with pq.ParquetFile(readable) as read:
            found = read.metadata
            packing = found.row_group(0).column(0).compression if found.num_row_groups else "NONE"
            packing = "NONE" if packing == "UNCOMPRESSED" else packing
            with refused("Parquet", source):
                schema = standing(read.schema_arrow)
            with pq.ParquetWriter(file, schema, compression=packing) as writer:
                for group in range(found.num_row_groups):
                    with refused("Parquet", source):
                        table = read.read_row_group(group)
                        stays = [keep(number + row) for row in range(1, table.num_rows + 1)]
                        number += table.num_rows
                        writer.write_table(without(table, schema, stays))


def _write_arrow(source: Source, file: BinaryIO, keep: Keep, _: Sequence[str]) -> None:
    import pyarrow as pa

    number = 0
    with source.open() as opened, arrow_batches(opened, source) as (is_file, schema, batches):
        kind = pa.ipc.new_file if is_file else pa.ipc.new_stream
        with refused("Arrow", source):
            plain = standing(schema)
        with kind(file, plain) as writer:
            for batch in batches:
                with refused("Arrow", source):  # columns that nobody has read so far
                    validated(batch)
                    stays = [keep(number + row) for row in range(1, batch.num_rows + 1)]
                    number += batch.num_rows
                    writer.write_batch(without(batch, plain, stays))


_WRITERS: dict[str, Callable[[Source, BinaryIO, Keep, Sequence[str]], None]] = {
    ".jsonl": _write_jsonl,
    ".json": _write_json,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".arrow": _write_arrow,
}

"""What the index holds, with the values in plain: for looking into a detection, and unsafe.

A file of its own beside the index, so that shards and lookup stay what they are without it. Nothing
reads it but a person; the next build of the index deletes it.
"""

from __future__ import annotations

from pathlib import Path

from unlearnkit.artefacts import writing_atomic
from unlearnkit.corpus.index import SHARDS, Index
from unlearnkit.corpus.stored import Records
from unlearnkit.encrypted import erase
from unlearnkit.errors import BadInput

PLAIN_FILE = "plain.parquet"
PLACE = "record_id", "start", "end"
UNSAFE = (
    "It lists everybody's personal data in plain, which the index itself never does. Delete it "
    "when you have looked: unlearnkit index without --plain-index does, and so does closing a "
    "request."
)


def write_plain_index(index: Index, records: Records) -> Path:
    """The rows of the index with `value`, the text that each stands for; for its owner's eyes only.

    Shard by shard, so that it takes no more memory for more of them. Raises BadInput when the disk
    is full or the folder cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    shards = [index.folder / SHARDS / name for name in index.info.shards]
    schema = pq.read_schema(shards[0]).append(pa.field("value", pa.string()))
    path = index.folder / PLAIN_FILE
    with writing_atomic(path, mode=0o600) as file, pq.ParquetWriter(file, schema) as writer:
        for shard in shards:
            rows = pq.read_table(shard)
            ids, starts, ends = (rows[one].to_pylist() for one in PLACE)
            found, places = records.of(ids), zip(ids, starts, ends, strict=True)
            values = [found[one].content[start:end] for one, start, end in places]
            writer.write_table(rows.append_column("value", pa.array(values, pa.string())))
    return path


def remove_plain_index(folder: Path) -> None:
    """Delete such a file beside an index, if there is one. Raises BadInput where it cannot be."""
    path = folder / PLAIN_FILE
    try:
        erase(path)
    except OSError as error:
        what = (
            f"an index with everybody's personal data in plain cannot be deleted: {error.strerror}"
        )
        raise BadInput(what, where=path, fix="Delete it by hand.") from None

"""Which shards hold a keyed hash or a record, so that few are read for one person.

A lookup is a file beside the shards: 64 bits of the SHA-256 of each keyed hash and of each record's
id, sorted, and behind them the numbers of the shards they stand in. It says where to look and no
more: the rows are read from the shards. Like theirs, its name tells what it was made of, and its
digest.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import write_atomic
from unlearnkit.corpus.entities import EntityRow
from unlearnkit.corpus.shards import digest_of, is_whole

_COLUMNS = tuple(one.name for one in fields(EntityRow))
_RECORD, _HASH = "record_id", "hash"
_KEY, _NUMBER = "<u8", "<u4"
_KEPT = 64
"""Shards of which the rows stay in memory."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The rows of an index, by keyed hash or by record; in the order of the corpus."""

    folder: Path
    shards: Sequence[str]
    """Names of files in the folder: thousands, of which few are read."""
    keys: Any = field(repr=False)
    """NumPy array, sorted."""
    numbers: Any = field(repr=False)
    """NumPy array: of each key the place of a shard in `shards`."""

    def with_hash(self, hashed: str) -> Iterator[EntityRow]:
        """Where this keyed hash stands; a shard is read when its turn comes."""
        return self._rows(_HASH, hashed)

    def of_record(self, record_id: str) -> Iterator[EntityRow]:
        """What stands in this record."""
        return self._rows(_RECORD, record_id)

    def _rows(self, column: str, value: str) -> Iterator[EntityRow]:
        key = self.keys.dtype.type(_key(value))
        first, last = self.keys.searchsorted(key), self.keys.searchsorted(key, side="right")
        for number in self.numbers[first:last]:
            shard = self.folder / self.shards[number]
            columns = _read(shard)
            for at in _places(shard, column).get(value, ()):
                yield EntityRow(*(columns[name][at] for name in _COLUMNS))


def write_lookup(folder: Path, shards: Sequence[Path]) -> Path:
    """The file of these shards' lookup; made where it is not there. The same bytes for the same."""
    made_of = digest_of("\n".join(path.name for path in shards).encode())
    for path in folder.glob(f"{made_of}-*"):
        if is_whole(path):
            return path
    content = _made(shards)
    path = folder / f"{made_of}-{digest_of(content)}.bin"
    write_atomic(path, content)
    return path


def read_lookup(path: Path | None, folder: Path, shards: Sequence[str]) -> Lookup:
    """The lookup in a file of these shards, which are in a folder.

    Without a file it is made in memory (seconds for a million records).
    """
    import numpy as np

    content = path.read_bytes() if path else _made([folder / name for name in shards])
    size = len(content) // (np.dtype(_KEY).itemsize + np.dtype(_NUMBER).itemsize)
    keys = np.frombuffer(content, _KEY, size)
    return Lookup(folder, shards, keys, np.frombuffer(content, _NUMBER, size, keys.nbytes))


def _made(shards: Sequence[Path]) -> bytes:
    import numpy as np
    import pyarrow.parquet as pq

    keys, numbers = array("Q"), array("L")
    for number, path in enumerate(shards):
        columns = pq.ParquetFile(path).read([_RECORD, _HASH], use_threads=False).columns
        held = {_key(one) for column in columns for one in column.unique().to_pylist()}
        keys.extend(held)
        numbers.extend([number] * len(held))
    order = np.lexsort((numbers, keys))
    sorted_keys, sorted_numbers = np.array(keys)[order], np.array(numbers)[order]
    return bytes(sorted_keys.astype(_KEY).tobytes() + sorted_numbers.astype(_NUMBER).tobytes())


def _key(value: str) -> int:
    return int.from_bytes(hashlib.sha256(value.encode()).digest()[:8])


@lru_cache(maxsize=_KEPT)
def _read(shard: Path) -> dict[str, list[Any]]:
    """The columns of a shard."""
    import pyarrow.parquet as pq

    columns: dict[str, list[Any]] = pq.ParquetFile(shard).read(use_threads=False).to_pydict()
    return columns


@lru_cache(maxsize=2 * _KEPT)
def _places(shard: Path, column: str) -> dict[str, list[int]]:
    """Of its records or hashes in which rows each stands."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(_read(shard)[column]):
        found[one].append(at)
    return found

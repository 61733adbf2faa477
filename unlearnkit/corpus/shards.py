"""The index in shards, so that only what changed is read again and a killed run goes on.

A shard covers records that follow one another. It ends behind a record whose digest says so
(content-defined chunking: Muthitacharoen et al., "A Low-bandwidth Network File System", SOSP 2001,
section 3.1): a record that comes, goes or changes makes its own shard anew and no other.

Its file is called `KEY-DIGEST.parquet`: the key names what was read and how, the digest what was
found. So a file says by itself whether it is whole and whether it still fits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, overload

from unlearnkit.artefacts import sha256_file, write_atomic
from unlearnkit.corpus.identifiers import kinds
from unlearnkit.corpus.nlp import Analyzer, NlpSettings
from unlearnkit.corpus.workers import ReadParts, read_parts
from unlearnkit.domain import Progress, Record, silent
from unlearnkit.pseudonym import keyed_hash

TYPICAL, MOST = 256, 1024
"""Records of a shard: on average, and at most."""
READING = 2
"""To be raised when the same text would be found or hashed otherwise: every shard is made anew."""
_DIGITS = 32


def fill(
    folder: Path,
    records: Sequence[Record],
    analyzer: Analyzer,
    key: bytes,
    *,
    workers: int | None = 1,
    read: ReadParts = read_parts,
    progress: Progress = silent,
) -> list[Path]:
    """The files of all shards, in the records' order; those that are not there are made.

    `read` makes them, with so many workers; None is as many as what has to be read is worth.
    """
    made_with = _made_with(analyzer.settings, key)
    parts, keys = list[_Part](), list[str]()
    for part in cut(records):
        start = parts[-1].stop if parts else 0
        parts.append(_Part(records, start, start + len(part)))
        keys.append(_key(part, made_with))
    files = {path.name[:_DIGITS]: path for path in folder.glob("*.parquet") if is_whole(path)}
    missing = [at for at, one in enumerate(keys) if one not in files]
    left = sum(len(parts[at]) for at in missing)
    progress("indexing", len(records) - left, len(records))
    for number, content in read([parts[at] for at in missing], analyzer, key, workers):
        at = missing[number]
        files[keys[at]] = folder / f"{keys[at]}-{digest_of(content)}.parquet"
        write_atomic(files[keys[at]], content)
        left -= len(parts[at])
        progress("indexing", len(records) - left, len(records))
    return [files[one] for one in keys]


@dataclass(frozen=True, slots=True)
class _Part(Sequence[Record]):
    """Records that follow one another, taken when they are read: all may not fit in memory."""

    records: Sequence[Record]
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records[self.start : self.stop])

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | Sequence[Record]:
        return self.records[self.start : self.stop][at]


def cut(records: Iterable[Record]) -> Iterator[list[Record]]:
    """The records in shards; where one ends depends on the records near its end only."""
    part: list[Record] = []
    for record in records:
        part.append(record)
        if len(part) == MOST or int(_digest(record)[:8], 16) % TYPICAL == 0:
            yield part
            part = []
    if part:
        yield part


def digest_of(content: bytes) -> str:
    """As a file's name has it: the first 32 hex digits of the SHA-256."""
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def is_whole(path: Path) -> bool:
    """Whether a file holds what its name says."""
    return path.is_file() and sha256_file(path)[:_DIGITS] == path.stem[_DIGITS + 1 :]


def sweep(folder: Path, kept: Iterable[Path]) -> None:
    """Remove other shards, and what a killed run left half-written."""
    names = {path.name for path in kept}
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink(missing_ok=True)


def versions(settings: NlpSettings) -> dict[str, str]:
    """The versions of what finds personal data: package -> version."""
    packages = ["presidio-analyzer", "phonenumbers"]
    if settings.engine != "patterns":
        packages += [settings.engine, settings.model]
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except (PackageNotFoundError, ValueError):  # a model given as a folder
            continue
    return found


def _made_with(settings: NlpSettings, key: bytes) -> str:
    used = [*sorted(versions(settings).items()), *(kind.ENTITY for kind in kinds())]
    chosen = _as_chosen(settings)
    return f"{READING}\x1f{used}\x1f{chosen}\x1f{keyed_hash(key, 'shard', '')}"


def _as_chosen(settings: NlpSettings) -> str:
    """The settings, with a file by its digest: it may lie elsewhere the next time.

    What earlier versions did not have and nobody chose is left out, so that their shards still fit.
    """
    excluded: dict[str, Any] = {} if settings.countries else {"countries": True}
    excluded["recognisers"] = {"file"} if settings.recognisers else True
    return settings.model_dump_json(exclude=excluded)


def _key(part: Sequence[Record], made_with: str) -> str:
    total = hashlib.sha256(made_with.encode())
    for record in part:
        total.update(_digest(record).encode())
    return total.hexdigest()[:_DIGITS]


def _digest(record: Record) -> str:
    """Of what a shard depends on: the record's id, and what is searched."""
    return hashlib.sha256(f"{record.id}\x1f{record.content}".encode()).hexdigest()

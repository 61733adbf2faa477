"""Where records lie: files, globs, folders, datasets saved to disk, URLs; packed or not.

A place is what the user names; a source is one file of it. Local places and URLs (fsspec) are
found alike. A packed file may grow to `MAX_RATIO` times its size: text grows to about 10 times,
what is made to fill a disk ("zip bomb") to thousands.
"""

from __future__ import annotations

import glob
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import urlsplit

from unlearnkit.errors import BadInput

FORMATS = (".jsonl", ".json", ".csv", ".parquet", ".arrow")
ALSO_CALLED = {".ndjson": ".jsonl", ".tsv": ".csv", ".parq": ".parquet", ".pq": ".parquet"}
"""Other endings of the same formats."""
ENDINGS = (*FORMATS, *ALSO_CALLED)
PACKINGS = {".gz": "gzip", ".zst": "zstd"}
MAX_RATIO = 200
FREE_BYTES = 100_000_000
"""What any packed file may grow to, however small it is."""
_WILDCARDS = frozenset("*?[")

Place = str | Path


@dataclass(frozen=True, slots=True)
class Source:
    """One file of records."""

    name: str
    """Path or URL, as records and errors name it."""
    format: str
    """One of FORMATS."""
    packing: str = ""
    """gzip, zstd, or nothing."""

    def open(self) -> BinaryIO:
        """The unpacked content. Raises OSError; its reads raise BadInput when it grows too much."""
        packed = _open(self.name)
        if not self.packing:
            return packed
        return cast(BinaryIO, io.BufferedReader(_Unpacked(packed, self), 1 << 20))


@dataclass(frozen=True, slots=True)
class Sources:
    """What lies at some places."""

    sources: tuple[Source, ...]
    passed_over: tuple[str, ...]
    """Files beside them in a folder, or of a glob, whose names say that they hold no records."""


def source_of(name: str) -> Source | None:
    """The source that this file is by its suffixes, as in `a.jsonl.gz`; None for another file."""
    path = PurePosixPath(name.lower())
    packing = PACKINGS.get(path.suffix, "")
    suffix = path.with_suffix("").suffix if packing else path.suffix
    kind = ALSO_CALLED.get(suffix, suffix)
    return Source(name, kind, packing) if kind in FORMATS else None


def find_sources(places: Sequence[Place]) -> Sources:
    """Every file once, in the order of the places; what is in a folder sorted, no hidden files.

    Of a dataset that Hugging Face's `save_to_disk` wrote the files its state.json names. Raises
    BadInput: nothing there, another format, a URL that nothing here can read; in a folder a link
    to a folder or to nothing, or what is no file.
    """
    sources: dict[str, Source] = {}
    others: dict[str, None] = {}
    for place in places:
        found = _remote(str(place)) if is_url(place) else _local(str(place))
        for name in found.records:
            sources.setdefault(_identity(name), _known(name))
        others |= dict.fromkeys(found.others)
    passed_over = [one for one in others if _identity(one) not in sources]
    return Sources(tuple(sources.values()), tuple(passed_over))


def _identity(name: str) -> str:
    return name if is_url(name) else str(Path(name).resolve())


def is_url(place: Place) -> bool:
    """True for `s3://...`; a Path never is one."""
    return isinstance(place, str) and "://" in place and not Path(place).exists()


def absolute(place: Place) -> str:
    """The same place, whatever folder the next command is called in."""
    return str(place) if is_url(place) else str(Path(place).resolve())


class _Files(NamedTuple):
    """Of one place: what holds records, and what is no records by its name."""

    records: list[str]
    others: list[str]


def _known(name: str) -> Source:
    source = source_of(name)
    if source is None:
        known = f"Known are: {', '.join(ENDINGS)}; packed also {', '.join(PACKINGS)}."
        raise BadInput("not a corpus format", where=name, fix=known)
    return source


# --- local files and URLs ---------------------------------------------------------------------


def _local(name: str) -> _Files:
    path = Path(name)
    if path.is_file():
        return _Files([name], [])
    if path.is_dir():
        return _some(_of_folder(name, _below(path)), name)
    _refuse_what_is_no_file(path)
    found = _Files([], [])
    # Path.glob takes no absolute pattern.
    matches = glob.glob(name, recursive=True) if _is_pattern(name) else []  # noqa: PTH207
    for match in sorted(matches):
        whole = Path(match)
        _refuse_what_is_no_file(whole)
        some = _of_folder(match, _below(whole)) if whole.is_dir() else _by_name([match])
        found.records.extend(some.records)
        found.others.extend(some.others)
    return _some(found, name)


def _below(folder: Path) -> list[str]:
    """Every file in a folder that is not hidden. What cannot be read is refused, never left out."""
    found: list[str] = []
    try:
        there = [one for one in folder.iterdir() if not one.name.startswith(".")]
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=folder) from None
    for one in there:
        _refuse_what_is_no_file(one)
        if one.is_symlink() and one.is_dir():
            raise BadInput(
                "a link to a folder, which is not followed",
                where=one,
                fix="Put the folder itself there, or give a glob, which follows links: "
                "'CORPUS/**/*.jsonl'.",
            )
        found += _below(one) if one.is_dir() else [str(one)]
    return found


def _refuse_what_is_no_file(path: Path) -> None:
    """Raise BadInput for a link that leads nowhere, and for a pipe, socket or device."""
    if path.is_file() or path.is_dir():
        return
    if path.is_symlink():
        raise BadInput(
            "a link that leads nowhere", where=path, fix="Mend the link, or take it out."
        )
    if path.exists():
        raise BadInput(
            "neither a file nor a folder",
            where=path,
            fix="Save what it gives as a file, or take it out.",
        )


def _remote(url: str) -> _Files:
    if urlsplit(url).password:
        raise BadInput(
            "a URL with a password, which the index would keep",
            fix="Give credentials as its library takes them: by environment or profile.",
        )
    files, path = _file_system(url)
    if "file" in files.protocol:
        return _local(path)
    try:
        if _is_pattern(path):
            names = [files.unstrip_protocol(one) for one in sorted(files.glob(path))]
            return _some(_by_name(names), url)
        # Asking a web server what a folder holds would fetch the file.
        if not url.startswith(("http://", "https://")) and files.isdir(path):
            return _some(
                _of_folder(url, [files.unstrip_protocol(one) for one in files.find(path)]), url
            )
    except BadInput:
        raise
    # Every file system has errors of its own, and their words may hold a key.
    except Exception as error:
        raise BadInput(f"cannot read: {type(error).__name__}", where=url) from error
    return _Files([url], [])


def _by_name(names: Sequence[str]) -> _Files:
    found = _Files([], [])
    for name in names:
        (found.records if source_of(name) else found.others).append(name)
    return found


def _is_pattern(name: str) -> bool:
    return bool(_WILDCARDS & set(name))


def _some(found: _Files, name: str) -> _Files:
    """`found`, where there are records."""
    if found.records:
        return found
    if Path(name).is_dir():
        raise BadInput(f"the folder holds no {', '.join(ENDINGS)} file", where=name)
    if found.others:
        raise BadInput(f"no file that it names is a {', '.join(ENDINGS)} file", where=name)
    raise BadInput("there is no such file or folder", where=name)


def _file_system(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        files, path = url_to_fs(url)
    except ImportError as error:  # says which library to install
        raise BadInput(str(error), where=url) from None
    except ValueError as error:
        raise BadInput(f"not a URL that can be read: {error}", where=url) from None
    # Some call the server here; their errors are their own, and their words may hold a key.
    except Exception as error:
        raise BadInput(f"cannot read: {type(error).__name__}", where=url) from error
    return files, str(path)


def _open(name: str) -> BinaryIO:
    if not is_url(name):
        return Path(name).open("rb")
    files, path = _file_system(name)
    return cast(BinaryIO, files.open(path, "rb"))


# --- folders ----------------------------------------------------------------------------------


def _of_folder(folder: str, files: Sequence[str]) -> _Files:
    """A folder's files that are not hidden, sorted; but those that only describe a dataset."""
    depth = len(PurePosixPath(folder).parts)
    shown = [
        one
        for one in sorted(files, key=lambda one: PurePosixPath(one).parts)
        if not any(part.startswith(".") for part in PurePosixPath(one).parts[depth:])
    ]
    datasets = {
        str(PurePosixPath(one).parent): parts
        for one in shown
        if PurePosixPath(one).name == "state.json" and (parts := data_files(one)) is not None
    }
    for dataset, parts in datasets.items():
        there = {PurePosixPath(one).name for one in shown if _parent(one) == dataset}
        if missing := [one for one in parts if one not in there]:
            raise BadInput(f"the saved dataset lacks its file {missing[0]}", where=dataset)
    records = [one for one in shown if _holds_records(one, datasets)]
    others = [
        one for one in shown if not _holds_records(one, datasets) and not _describes(one, datasets)
    ]
    return _Files(records, others)


def _parent(name: str) -> str:
    return str(PurePosixPath(name).parent)


def _holds_records(name: str, datasets: dict[str, list[str]]) -> bool:
    file = PurePosixPath(name).name
    if (parts := datasets.get(_parent(name))) is not None:
        return file in parts
    return file != "dataset_dict.json" and source_of(name) is not None


def _describes(name: str, datasets: dict[str, list[str]]) -> bool:
    """What lies beside a saved dataset's files is about it, or a leftover of its making."""
    return _parent(name) in datasets or PurePosixPath(name).name == "dataset_dict.json"


def data_files(state: str) -> list[str] | None:
    """The files that a saved dataset's state names; None for another state.json."""
    try:
        with _open(state) as file:
            found = json.loads(file.read())
        return [str(one["filename"]) for one in found["_data_files"]]
    except (OSError, ValueError, LookupError, TypeError):
        return None


# --- packed files -----------------------------------------------------------------------------


class _Unpacked(io.RawIOBase):
    """A packed file's content, up to a limit. A broken or cut one raises OSError."""

    def __init__(self, packed: BinaryIO, source: Source) -> None:
        import pyarrow as pa

        size = packed.seek(0, io.SEEK_END)
        packed.seek(0)
        self._left = max(FREE_BYTES, MAX_RATIO * size)
        self._source = source
        self._packed = packed
        self._stream: Any = pa.CompressedInputStream(pa.PythonFile(packed, "r"), source.packing)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = int(self._stream.readinto(buffer))
        self._left -= count
        if self._left < 0:
            raise BadInput(
                f"it grows to more than {MAX_RATIO} times its size, which no text does",
                where=self._source.name,
                fix="If it is what you expect, unpack it and give the file itself.",
            )
        return count

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._packed.close()
        super().close()

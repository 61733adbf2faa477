"""All texts in one plain spelling, many as one, and which of them hold a pattern.

They lie in a file without a name, as the records do (corpus/stored.py), and are read from it for
every search: memory does not grow with them, and the system keeps at hand what it has room for.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Any, BinaryIO

import stringzilla

from unlearnkit.corpus.stored import BETWEEN, room, spill_folder
from unlearnkit.locate.spelling import plain

_BEGINNING = re.compile(r"[^\W_]*(?![?*+{])")
_TELLING = 4
"""Letters that few enough texts hold, so that each place of theirs may be looked at by itself."""
_PATTERNS = 64
_ASCII, _OTHER = "ascii", "utf-16-le"
"""How letters lie in the file: as they are decoded the fastest."""


@dataclass(frozen=True, slots=True)
class Block:
    """Many texts as one, `plain`."""

    places: Any
    """NumPy array: of its texts, in their order."""
    begins: Any
    """NumPy array: where in `joined` each begins."""
    encoded: memoryview
    encoding: str
    in_ascii: bool
    """As they stood, so that a letter is a letter still."""

    @property
    def joined(self) -> str:
        """The texts, one behind the other."""
        return str(self.encoded, self.encoding, "surrogatepass")

    def holding(self, pattern: re.Pattern[str]) -> set[int]:
        """The places of the texts in which it stands."""
        found = list(self._starts(pattern))
        if not found:
            return set()
        return set(self.places[self.begins.searchsorted(found, side="right") - 1].tolist())

    def only(self, places: Any) -> Block:
        """The texts of those of its places that are among these."""
        import numpy as np

        which = np.flatnonzero(np.isin(self.places, places, assume_unique=True))
        text = self.joined
        ends = np.append(self.begins[1:], len(text) + 1) - 1
        some = [text[self.begins[at] : ends[at]] for at in which]
        return _block(self.places[which], BETWEEN.join(some), self.in_ascii)

    def _starts(self, pattern: re.Pattern[str]) -> Iterator[int]:
        """Where it stands. Letters that it begins with are found six times as fast as by `re`."""
        in_bytes = _in_bytes(pattern.pattern) if self.encoding == _ASCII else None
        if in_bytes:
            return _found(in_bytes, self.encoded, beginning(pattern.pattern).encode())
        return _found(pattern, self.joined, "")


@lru_cache(_PATTERNS)
def _in_bytes(pattern: str) -> re.Pattern[bytes] | None:
    """For letters of ASCII, of which `plain` leaves none that is white space in texts alone."""
    return re.compile(pattern.encode()) if pattern.isascii() and r"\u" not in pattern else None


def _found(pattern: Any, text: Any, letters: Any) -> Iterator[int]:
    if len(letters) < _TELLING:
        yield from (one.start() for one in pattern.finditer(text))
        return
    at = stringzilla.find(text, letters)
    while at >= 0:
        if pattern.match(text, at):
            yield at
        at = stringzilla.find(text, letters, at + 1)


def beginning(pattern: str) -> str:
    """Letters and figures that all it matches begins with; of a pattern without alternatives."""
    found = _BEGINNING.match(pattern)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class _Extent:
    """Where in the file a block lies."""

    offset: int
    first: int
    """Of its texts' places."""
    last: int
    texts: int
    letters: int
    """Bytes."""
    encoding: str
    in_ascii: bool


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks in a file, each read when its turn comes."""

    file: BinaryIO
    extents: Sequence[_Extent]

    def __iter__(self) -> Iterator[Block]:
        return map(self._read, self.extents)

    def only(self, places: Sequence[int]) -> list[Block]:
        """The texts of some places, in memory."""
        import numpy as np

        wanted, made = np.unique(np.asarray(places, np.uint32)), list[Block]()
        for one in self.extents:
            among = wanted[wanted.searchsorted(one.first) : wanted.searchsorted(one.last + 1)]
            if among.size and (found := self._read(one).only(among)).places.size:
                made.append(found)
        return made

    def _read(self, extent: _Extent) -> Block:
        import numpy as np

        ends = 8 * extent.texts, 12 * extent.texts
        found = os.pread(self.file.fileno(), ends[1] + extent.letters, extent.offset)
        return Block(
            np.frombuffer(found, np.uint32, extent.texts, ends[0]),
            np.frombuffer(found, np.int64, extent.texts),
            memoryview(found)[ends[1] :],
            extent.encoding,
            extent.in_ascii,
        )


def blocks(parts: Iterable[str]) -> Blocks:
    """Texts that are `joined`. Those in ASCII are apart: of others every letter is looked at."""
    import numpy as np

    file = tempfile.TemporaryFile(dir=spill_folder())  # noqa: SIM115 - what is returned reads it
    extents, first = list[_Extent](), 0
    with room():
        for part in parts:
            texts = part.split(BETWEEN)
            places = np.arange(first, first + len(texts), dtype=np.uint32)
            first += len(texts)
            ascii_only = np.frombuffer(bytes(map(str.isascii, texts)), bool)
            for in_ascii in (True, False):
                which = ascii_only == in_ascii
                if which.any():
                    some = plain(BETWEEN.join(compress(texts, which.tobytes())))
                    extents.append(_write(file, _block(places[which], some, in_ascii)))
        file.flush()
    return Blocks(file, extents)


def _block(places: Any, spelt: str, in_ascii: bool) -> Block:
    encoding = _ASCII if spelt.isascii() else _OTHER
    encoded = spelt.encode(encoding, "surrogatepass")
    return Block(places, _begins(spelt), memoryview(encoded), encoding, in_ascii)


def _write(file: BinaryIO, block: Block) -> _Extent:
    extent = _Extent(
        file.tell(),
        int(block.places[0]),
        int(block.places[-1]),
        len(block.places),
        len(block.encoded),
        block.encoding,
        block.in_ascii,
    )
    for content in (block.begins.tobytes(), block.places.tobytes(), block.encoded):
        file.write(content)
    return extent


def _begins(joined: str) -> Any:
    import numpy as np

    letters = (
        np.frombuffer(joined.encode(), "u1")
        if joined.isascii()
        else np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
    )
    return np.concatenate([[0], np.flatnonzero(letters == ord(BETWEEN)) + 1])


def holding_word(word: str, among: Iterable[Block]) -> Iterator[int]:
    """The places of the texts that may hold a word in lower case.

    A text in ASCII has to hold it whole; in another a mark may end a word, and is gone here.
    """
    spelt = re.escape(plain(word))
    # Letters first, which `re` looks for many times as fast as for what stands before them.
    whole = re.compile(rf"{spelt}(?<![a-z]{spelt})(?![\w'-])")
    anywhere = re.compile(spelt)
    for block in among:
        yield from sorted(block.holding(whole if block.in_ascii else anywhere))


def holding(pattern: str, among: Iterable[Block]) -> Iterator[int]:
    """The places of the texts in which it stands, block after block."""
    compiled = re.compile(pattern)
    for block in among:
        yield from sorted(block.holding(compiled))

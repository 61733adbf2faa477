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
from itertools import compress
from typing import Any, BinaryIO

import stringzilla

from unlearnkit.corpus.stored import BETWEEN, spill_folder
from unlearnkit.locate.spelling import plain

_BEGINNING = re.compile(r"[^\W_]*(?![?*+{])")
_TELLING = 4
"""Letters that few enough texts hold, so that each place of theirs may be looked at by itself."""
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

    def _starts(self, pattern: re.Pattern[str]) -> Iterator[int]:
        """Where it stands. Letters that it begins with are found six times as fast as by `re`."""
        letters = beginning(pattern.pattern)
        if len(letters) < _TELLING or self.encoding != _ASCII:
            yield from (one.start() for one in pattern.finditer(self.joined))
            return
        at = stringzilla.find(self.encoded, letters.encode())
        text = self.joined if at >= 0 else ""
        while at >= 0:
            if pattern.match(text, at):
                yield at
            at = stringzilla.find(text, letters, at + 1)


def beginning(pattern: str) -> str:
    """Letters and figures that all it matches begins with; of a pattern without alternatives."""
    found = _BEGINNING.match(pattern)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the file a block lies."""

    offset: int
    texts: int
    letters: int
    """Bytes."""
    encoding: str
    in_ascii: bool


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks in a file, each read when its turn comes."""

    file: BinaryIO
    places: Sequence[_Place]

    def __iter__(self) -> Iterator[Block]:
        return map(self._read, self.places)

    def _read(self, place: _Place) -> Block:
        import numpy as np

        ends = 8 * place.texts, 12 * place.texts
        found = os.pread(self.file.fileno(), ends[1] + place.letters, place.offset)
        return Block(
            np.frombuffer(found, np.uint32, place.texts, ends[0]),
            np.frombuffer(found, np.int64, place.texts),
            memoryview(found)[ends[1] :],
            place.encoding,
            place.in_ascii,
        )


def blocks(parts: Iterable[str]) -> Blocks:
    """Texts that are `joined`. Those in ASCII are apart: of others every letter is looked at."""
    import numpy as np

    file = tempfile.TemporaryFile(dir=spill_folder())  # noqa: SIM115 - it lives with what is returned
    lie, first = list[_Place](), 0
    for part in parts:
        texts = part.split(BETWEEN)
        places = np.arange(first, first + len(texts), dtype=np.uint32)
        first += len(texts)
        ascii_only = np.frombuffer(bytes(map(str.isascii, texts)), bool)
        for in_ascii in (True, False):
            which = ascii_only == in_ascii
            if which.any():
                some = BETWEEN.join(compress(texts, which.tobytes()))
                lie.append(_write(file, places[which], some, in_ascii))
    file.flush()
    return Blocks(file, lie)


def _write(file: BinaryIO, places: Any, texts: str, in_ascii: bool) -> _Place:
    spelt = plain(texts)
    encoding = _ASCII if spelt.isascii() else _OTHER
    encoded = spelt.encode(encoding, "surrogatepass")
    place = _Place(file.tell(), len(places), len(encoded), encoding, in_ascii)
    for content in (_begins(spelt).tobytes(), places.tobytes(), encoded):
        file.write(content)
    return place


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

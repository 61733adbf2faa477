"""Which texts may hold one identifier: a coarse look at all of them before the fine one at few.

Every way to write an identifier (`names.py`, `identifiers.py`) has some letters as they stand.
Looking for these alone, in lower case, is many times as fast as looking for every way. The property
test in tests/locate/test_sieve.py says that no text in which one stands is left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import compress
from typing import Any

import stringzilla

from unlearnkit.corpus.normalise import fold, normalise
from unlearnkit.corpus.numbers import iban
from unlearnkit.domain import Identifier, IdentifierKind, Record
from unlearnkit.locate.doubts import GAP
from unlearnkit.locate.identifiers import GROUPED, in_fours, in_groups, national_digits
from unlearnkit.locate.names import SPELLINGS, Name, parse_name, pieces, without_mc
from unlearnkit.locate.short_names import name_parts

_AT_ONCE = 10_000
_BETWEEN = "\x00"
"""In no identifier."""
_BEYOND_ASCII = re.compile(r"([^\x00-\x7f])")
_BEGINNING = re.compile(r"[^\W_]*(?![?*+{])")
_TELLING = 4
"""Letters that few enough texts hold, so that each place of theirs may be looked at by itself."""


@dataclass(frozen=True, slots=True)
class Block:
    """Many texts as one, `plain`."""

    places: Any
    """NumPy array: of its texts, in their order."""
    begins: Any
    """NumPy array: where in `joined` each begins."""
    joined: str
    in_ascii: bool
    """As they stood, so that a letter is a letter still."""

    def holding(self, pattern: re.Pattern[str]) -> set[int]:
        """The places of the texts in which it stands."""
        found = list(_starts(pattern, self.joined))
        if not found:
            return set()
        return set(self.places[self.begins.searchsorted(found, side="right") - 1].tolist())


def _starts(pattern: re.Pattern[str], text: str) -> Iterator[int]:
    """Where it stands. Letters that it begins with are found six times as fast as by `re`."""
    letters = beginning(pattern.pattern)
    if len(letters) < _TELLING or not text.isascii():
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


def blocks(records: Sequence[Record]) -> list[Block]:
    """Their texts. Those in ASCII are apart from the others, of which every letter is looked at."""
    import numpy as np

    made = list[Block]()
    for first in range(0, len(records), _AT_ONCE):
        part = records[first : first + _AT_ONCE]
        some = [record.content if record.prompt else record.text for record in part]
        places = np.arange(first, first + len(some), dtype=np.uint32)
        ascii_only = np.frombuffer(bytes(map(str.isascii, some)), bool)
        for in_ascii in (True, False):
            which = ascii_only == in_ascii
            if texts := list(compress(some, which.tobytes())):
                made.append(_block(places[which], texts, in_ascii))
    return made


def _block(places: Any, texts: Sequence[str], in_ascii: bool) -> Block:
    joined = plain(_BETWEEN.join(texts))
    begins = _begins(joined)
    if len(begins) > len(texts):  # what stands between them stands in one of them
        return _block(places, [text.replace(_BETWEEN, " ") for text in texts], in_ascii)
    return Block(places, begins, joined, in_ascii)


def _begins(joined: str) -> Any:
    import numpy as np

    letters = (
        np.frombuffer(joined.encode(), "u1")
        if joined.isascii()
        else np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
    )
    return np.concatenate([[0], np.flatnonzero(letters == ord(_BETWEEN)) + 1])


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


def needed(identifier: Identifier, regions: Sequence[str]) -> tuple[str, ...]:
    """Patterns of which every way to write it has one; the empty one where nothing is known."""
    value = identifier.value.strip()
    match identifier.kind:
        case IdentifierKind.NAME:
            name = parse_name(value)
            found = list(map(_of_name, _words(name))) if name else [""]
        case IdentifierKind.PHONE:
            digits = national_digits(normalise(identifier.kind, value, regions))
            found = [GAP.join(plain(digits))]
        case IdentifierKind.EMAIL:
            found = [longest_run(normalise(identifier.kind, value).rpartition("@")[0])]
        case IdentifierKind.CUSTOMER_ID:
            runs = re.findall(r"[^\W\d_]+|\d+", fold(value))
            longest = max(map(plain, runs), key=len, default="")
            groups = (one.replace(GROUPED, "[ .-]") for one in in_groups(longest))
            found = [re.escape(longest), *groups]
        case IdentifierKind.DATE_OF_BIRTH:
            iso = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)
            found = [plain(value[:4]) if iso else longest_run(value)]
        case IdentifierKind.OTHER if number := iban(value):
            found = [in_fours(plain(number))]
        case _:
            found = [longest_run(value)]
    return tuple(dict.fromkeys(found)) if all(found) else ("",)


def _words(name: Name) -> Iterator[str]:
    """Of which every way to write a name has one."""
    between = [part[-1] for part in name_parts(name.words)[1:-1] if len(part[-1]) > 2]
    for word in (name.first, name.last, *between):
        yield from (without_mc(word), *pieces(word))


def _of_name(word: str) -> str:
    """A pattern of its longest run of letters, each in any spelling."""
    run = max(re.findall(r"[^\W_]+", word), key=len, default="")
    return "".join(map(_of_letter, run))


def _of_letter(letter: str) -> str:
    spelling = SPELLINGS.get(letter.casefold(), "")
    return re.escape(plain(letter)) + (f"{spelling[1]}?" if spelling else "")


def same_mailbox(box: str) -> str:
    """The pattern that every address has that may lead to this mailbox."""
    local, _, domain = box.rpartition("@")
    # The dots of such an address, and no other's, may stand anywhere: see `mailbox`.
    between = r"\.*" if domain == "gmail.com" else ""
    return between.join(map(re.escape, plain(local)))


def longest_run(value: str) -> str:
    """The longest run of letters and digits, as `plain` has it."""
    return max(re.findall(r"[^\W_]+", plain(value)), key=len, default="")


def plain(text: str) -> str:
    """Lower case without accents. What stands in a text stands, so spelt, in the text so spelt."""
    text = text if text.isascii() else _western(text)
    if not text.isascii():
        parts = _BEYOND_ASCII.split(text)
        parts[1::2] = map(_in_plain, parts[1::2])
        text = "".join(parts)
    return text.lower()


def _western(text: str) -> str:
    """The same for letters that become one of ASCII, many times as fast; of Latin-1 alone."""
    try:
        return text.encode("latin-1").translate(_of_latin_1()).decode("latin-1")
    except UnicodeEncodeError:
        return text


@cache
def _of_latin_1() -> bytes:
    return "".join(_one_of_ascii(chr(code)) for code in range(256)).encode("latin-1")


def _one_of_ascii(letter: str) -> str:
    found = letter if letter.isascii() else _in_plain(letter)
    return found if found.isascii() and len(found) == 1 else letter


@lru_cache(maxsize=10_000)
def _in_plain(letter: str) -> str:
    """What one character stands for; of a mark and of what is not seen nothing, signs are alike."""
    if letter.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", fold(letter)).casefold()
    kept = "".join(one for one in parts if one.isalnum() or (one.isascii() and one != " "))
    unseen = unicodedata.category(letter)[0] == "M" or unicodedata.category(letter) == "Cf"
    return kept or ("" if unseen else "-")

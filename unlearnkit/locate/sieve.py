"""Which texts may hold one identifier: a coarse look at all of them before the fine one at few.

Every way to write an identifier (`names.py`, `identifiers.py`) has some letters as they stand.
Looking for these alone, in lower case, is many times as fast as looking for every way. The property
test in tests/locate/test_sieve.py says that no text in which one stands is left out.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import regex  # type: ignore[import-untyped]

from unlearnkit.corpus.normalise import fold, normalise
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.identifiers import GAP, national_digits
from unlearnkit.locate.names import SPELLINGS, parse_name

_AT_ONCE = 10_000
_MARKS = regex.compile(r"\p{M}+")
_NO_LETTER_AS_IT_STANDS = re.compile(rf"ss|[ß{''.join(SPELLINGS)}]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """Many texts as one, in lower case and without marks."""

    first: int
    """The place of its first text."""
    ends: Sequence[int]
    joined: str


def blocks(folded: Iterable[str]) -> list[Block]:
    """The texts, in their order."""
    texts, made, first = iter(folded), list[Block](), 0
    while some := [_plain(text) for text in islice(texts, _AT_ONCE)]:
        ends, end = array("Q"), 0
        for text in some:
            end += len(text) + 1
            ends.append(end)
        # What stands between is in no identifier: nothing reaches over it.
        made.append(Block(first, ends, "\x00".join(some)))
        first += len(some)
    return made


def may_hold(
    identifier: Identifier, among: Sequence[Block], regions: Sequence[str]
) -> Sequence[int]:
    """The places of the texts in which the identifier may stand, in order; all where any may."""
    patterns = needed(identifier, regions)
    if not patterns:
        return range(among[-1].first + len(among[-1].ends)) if among else range(0)
    return list(_holding(patterns, among))


def may_lead_to(box: str, among: Sequence[Block]) -> Iterator[int]:
    """The places of the texts with an address that may lead to this mailbox."""
    local = _plain(fold(box.rpartition("@")[0]))
    return _holding([r"\.*".join(map(re.escape, local))], among)


def _holding(patterns: Iterable[str], among: Iterable[Block]) -> Iterator[int]:
    compiled = [re.compile(one) for one in patterns]
    for block in among:
        found = {
            bisect_right(block.ends, one.start())
            for pattern in compiled
            for one in pattern.finditer(block.joined)
        }
        yield from (block.first + at for at in sorted(found))


def needed(identifier: Identifier, regions: Sequence[str]) -> tuple[str, ...]:
    """Regular expressions of which every way to write it has one; none where nothing is known."""
    value = identifier.value.strip()
    match identifier.kind:
        case IdentifierKind.NAME:
            name = parse_name(value)
            ends = (name.first, name.last) if name else ()
            letters = [_letters(_NO_LETTER_AS_IT_STANDS.sub(" ", one)) for one in ends]
        case IdentifierKind.PHONE:
            digits = national_digits(normalise(identifier.kind, value, regions))
            return (GAP.join(digits),) if digits else ()
        case IdentifierKind.EMAIL:
            letters = [_letters(normalise(identifier.kind, value).rpartition("@")[0])]
        case IdentifierKind.CUSTOMER_ID:
            runs = re.findall(r"[^\W\d_]+|\d+", fold(value))
            letters = [max((_plain(run) for run in runs), key=len, default="")]
        case IdentifierKind.DATE_OF_BIRTH:
            letters = [value[:4] if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else _letters(value)]
        case _:
            letters = [_letters(value)]
    return tuple(dict.fromkeys(map(re.escape, letters))) if all(letters) else ()


def _letters(value: str) -> str:
    """The longest run of letters and digits, as `blocks` has it."""
    return max(re.findall(r"[^\W_]+", _plain(fold(value))), key=len, default="")


def _plain(text: str) -> str:
    """Folded text in lower case; accents that are characters of their own are left out."""
    return text.lower() if text.isascii() else _MARKS.sub("", text).casefold()

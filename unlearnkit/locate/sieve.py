"""Which texts may hold one identifier: a coarse look at all of them before the fine one at few.

Every way to write an identifier (`names.py`, `identifiers.py`) has some letters as they stand.
Looking for these alone, in lower case, is many times as fast as looking for every way. The property
test in tests/locate/test_sieve.py says that no text in which one stands is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from unlearnkit.corpus.normalise import fold, normalise
from unlearnkit.corpus.numbers import iban
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.doubts import GAP
from unlearnkit.locate.identifiers import GROUPED, in_fours, in_groups, national_digits
from unlearnkit.locate.names import SPELLINGS, Name, parse_name, pieces, without_mc
from unlearnkit.locate.short_names import name_parts
from unlearnkit.locate.spelling import longest_run, plain

_GAP = GAP.replace(r"\u2010-\u2013", "")
"""Dashes are spelt as one."""
_ENTITY = (
    r"&(?:#(?:[0-9]{3,4}|x[0-9a-f]{2,4})"
    r"|[a-z]{1,2}(?:acute|caron|cedil|circ|grave|lig|ring|slash|tilde|uml));"
)
"""A letter as HTML may write it, in any word (`shown.py`)."""


def needed(identifier: Identifier, regions: Sequence[str]) -> tuple[str, ...]:
    """Patterns of which every way to write it has one; the empty one where nothing is known."""
    value = identifier.value.strip()
    match identifier.kind:
        case IdentifierKind.NAME:
            name = parse_name(value)
            found = [*map(_of_name, _words(name)), _ENTITY] if name else [""]
        case IdentifierKind.PHONE:
            digits = national_digits(normalise(identifier.kind, value, regions))
            found = [_GAP.join(plain(digits))]
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

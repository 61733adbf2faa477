"""Surnames written as they are heard, behind the first name as it is.

`Meyer`, `Maier` and `Mayr` are further apart in letters than a slip of the hand. Only surnames: of
first names alike in sound many are other people of one family (`Jan`, `Jon`, `Jane Holt`), and the
common variants stand in `nicknames.py`. What sounds alike is many names, so a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import cologne_phonetics
import jellyfish

from unlearnkit.corpus.normalise import normalise
from unlearnkit.domain import IdentifierKind
from unlearnkit.locate.name_search import Place
from unlearnkit.locate.names import Name

_AFTER = re.compile(r"[ \u00a0]+([^\W\d_][\w'’-]*)")
_SHORTEST_CODE = 2
_NEAREST = 0.75
"""Jaro-Winkler similarity: `Meyer` and `Maier` have 0.76, `Holt` and `Held` 0.67."""


@lru_cache(1 << 16)
def alike(one: str, other: str) -> bool:
    """Whether two normalised words sound alike; words outside a to z never do.

    They have one code of two signs or more in Metaphone (Philips 1990), which was made for English,
    or in the Cologne phonetics (Postel 1969), made for German; and are not all too far apart in
    letters. How these were chosen: docs/benchmarks.md, "Surnames by ear".
    """
    if not (one + other).isascii() or not (one + other).isalpha():
        return False
    if jellyfish.jaro_winkler_similarity(one, other) < _NEAREST:
        return False
    return any(
        len(code(one)) >= _SHORTEST_CODE and code(one) == code(other)
        for code in (jellyfish.metaphone, _cologne)
    )


def _cologne(word: str) -> str:
    code: str = cologne_phonetics.encode(word)[0][1]
    return code


def heard(name: Name, firsts: Iterable[Place]) -> Iterator[Place]:
    """Of the places of a first name those before a word that sounds like the surname; both words.

    What stands between them in a name of more words is not looked at.
    """
    if len(name.words) < 2:
        return
    wanted = normalise(IdentifierKind.NAME, name.last)
    for record, start, end in firsts:
        after = _AFTER.match(record.content, end)
        if after is None or not after[1][:1].isupper():
            continue
        found = normalise(IdentifierKind.NAME, after[1])
        if found != wanted and alike(wanted, found):
            yield record, start, after.end(1)

"""A name in another script than Latin, in the request or in a text.

Both are brought into Latin letters by anyascii and compared as a slip or by sound, since every
passport and every clerk does it otherwise. So a hit is never more than a hint. What it cannot do:
Japanese names in Chinese characters, which it reads as Chinese, and vowels that Arabic and Hebrew
leave out, unless what is left sounds alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, permutations

import regex  # type: ignore[import-untyped]
from anyascii import anyascii
from rapidfuzz.distance import OSA

from unlearnkit.corpus.normalise import normalise
from unlearnkit.domain import Identifier, IdentifierKind, Record
from unlearnkit.locate.name_search import Place
from unlearnkit.locate.names import Name
from unlearnkit.locate.sounds import alike

_OTHER_LETTER = r"[^\P{L}\p{Latin}]"
_OTHER = regex.compile(_OTHER_LETTER)
_WORD = regex.compile(rf"{_OTHER_LETTER}[\p{{L}}\p{{M}}'’-]*")
_SPACES = frozenset({" ", "\u00a0", "·", "・", "‧"})
_SHORTEST = 4
"""Letters of a word in which a slip is taken for one."""


def in_latin(identifier: Identifier) -> Identifier | None:
    """A name of another script in Latin letters; None for what is in Latin letters already."""
    if identifier.kind is not IdentifierKind.NAME or not _OTHER.search(identifier.value):
        return None
    return replace(identifier, value=anyascii(identifier.value))


def transliterated(name: Name, records: Iterable[Record]) -> Iterator[Place]:
    """Where texts write a name of several words in another script, in either order."""
    wanted = [normalise(IdentifierKind.NAME, anyascii(word)) for word in name.words]
    if len(wanted) < 2:
        return
    orders = set(permutations(wanted)) if len(wanted) == 2 else {tuple(wanted)}
    for record in records:
        text = record.content
        words = [(one.start(), one.end()) for one in _WORD.finditer(text)]
        for start, end in _runs(text, words, len(wanted)):
            if any(_fits(order, text[start:end]) for order in orders):
                yield record, start, end


def _runs(text: str, words: Sequence[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """Spans of `size` words with one space between them, and of one, as Chinese writes a name."""
    for at, (start, end) in enumerate(words):
        yield start, end
        some = words[at : at + size]
        gaps = (text[a:b] for (_, a), (b, _) in pairwise(some))
        if len(some) == size and all(gap in _SPACES for gap in gaps):
            yield start, some[-1][1]


def _fits(wanted: Sequence[str], found: str) -> bool:
    words = [_latin(one) for one in _WORD.findall(found)]
    if len(words) == 1:
        return words[0] == "".join(wanted)
    return len(words) == len(wanted) and all(map(_near, wanted, words))


def _latin(word: str) -> str:
    return "".join(normalise(IdentifierKind.NAME, anyascii(word)).split())


def _near(one: str, other: str) -> bool:
    allowed = 0 if min(len(one), len(other)) < _SHORTEST else 1 if len(one) < 2 * _SHORTEST else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed or alike(one, other)

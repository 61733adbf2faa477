"""A name in another script than Latin, in the request or in a text.

Both are brought into Latin letters by anyascii and compared as a slip or by sound, since every
passport and every clerk does it otherwise. So a hit is never more than a hint. Chinese, Japanese
and Korean run words together, so there the name is looked for inside of what is written, character
by character and without slips. What cannot be found stands in docs/locate.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise

import regex  # type: ignore[import-untyped]
from anyascii import anyascii
from rapidfuzz.distance import OSA

from unlearnkit.corpus.normalise import normalise, simplified
from unlearnkit.domain import Identifier, IdentifierKind, Record
from unlearnkit.locate.name_search import Place
from unlearnkit.locate.names import Name
from unlearnkit.locate.sounds import alike

_OTHER_LETTER = r"[^\P{L}\p{Latin}]"
_OTHER = regex.compile(_OTHER_LETTER)
_RUN_TOGETHER = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー]+")
_WORD = regex.compile(rf"{_OTHER_LETTER}(?:\.|[\p{{L}}\p{{M}}'’-]*)")
"""A word, or an initial with its full stop."""
_SPACES = frozenset({" ", "\u00a0", "·", "・", "‧"})
_SHORTEST = 4
"""Letters of a word in which a slip is taken for one."""

Span = tuple[int, int]


def in_latin(identifier: Identifier) -> Identifier | None:
    """A name of another script in Latin letters; None for what is in Latin letters already."""
    if identifier.kind is not IdentifierKind.NAME or not _OTHER.search(identifier.value):
        return None
    return replace(identifier, value=anyascii(simplified(identifier.value)))


def transliterated(name: Name, records: Iterable[Record]) -> Iterator[Place]:
    """Where texts write a name in another script, the surname before or behind.

    A name of one word is looked for only where its script runs words together.
    """
    wanted = [_latin(word) for word in name.words]
    if len(wanted) < 2 and not _RUN_TOGETHER.fullmatch(name.words[0]):
        return
    orders = {tuple(range(len(wanted))), (len(wanted) - 1, *range(len(wanted) - 1))}
    whole = {"".join(wanted[at] for at in order) for order in orders} - {""}
    near = _near_to(wanted)
    for record in records:
        spans = set(_inside(record.content, whole))
        if len(wanted) > 1:
            spans |= set(_apart(record.content, near, orders))
        for start, end in sorted(spans):
            yield record, start, end


def _apart(
    text: str, near: Callable[[str], frozenset[int]], orders: Iterable[Sequence[int]]
) -> Iterator[Span]:
    """As many words as the name has, each near to its own or its initial."""
    words = [(one.start(), one.end(), near(one[0])) for one in _WORD.finditer(text)]
    for order in orders:
        for at in range(len(words) - len(order) + 1):
            some = words[at : at + len(order)]
            fits = all(wanted in found for wanted, (_, _, found) in zip(order, some, strict=True))
            if fits and _follow(text, [(start, end) for start, end, _ in some]):
                yield some[0][0], some[-1][1]


def _follow(text: str, words: Sequence[Span]) -> bool:
    """Whether one space is between them, or none behind an initial. Initials alone are nobody."""
    joined = all(
        text[a[1] : b[0]] in _SPACES or (a[1] == b[0] and text[a[1] - 1] == ".")
        for a, b in pairwise(words)
    )
    return joined and any(text[end - 1] != "." for _, end in words)


def _inside(text: str, whole: Iterable[str]) -> Iterator[Span]:
    """The whole name, begun and ended by a character, within what is written without spaces."""
    for run in _RUN_TOGETHER.finditer(text):
        begins, spelt = [0], ""
        for character in run[0]:
            spelt += _latin(character)
            begins.append(len(spelt))
        for name in whole:
            for found in re.finditer(f"(?={re.escape(name)})", spelt):
                start, end = found.start(), found.start() + len(name)
                if start in begins and end in begins:
                    first = run.start()
                    yield first + begins.index(start), first + begins.index(end)


def _near_to(wanted: Sequence[str]) -> Callable[[str], frozenset[int]]:
    """A word of a text -> the words of the name that it may be, by their places."""

    @cache
    def near(word: str) -> frozenset[int]:
        latin = _latin(word)
        if word.endswith("."):
            some = [one.startswith(latin[:1]) and word[0].isupper() for one in wanted]
        else:
            some = [_is_near(one, latin) for one in wanted]
        return frozenset(at for at, fits in enumerate(some) if fits)

    return near


@lru_cache(1 << 16)
def _latin(word: str) -> str:
    return "".join(normalise(IdentifierKind.NAME, anyascii(simplified(word))).split())


def _is_near(one: str, other: str) -> bool:
    allowed = 0 if min(len(one), len(other)) < _SHORTEST else 1 if len(one) < 2 * _SHORTEST else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed or alike(one, other)

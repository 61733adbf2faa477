"""Near misses of a name: misspellings, and bare first names or surnames."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from unlearnkit.corpus.normalise import normalise
from unlearnkit.domain import IdentifierKind, Record
from unlearnkit.locate.names import TITLES, Name

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_INSIDE = re.compile(r"[\w'’-]")
_BEFORE = re.compile(r"([^\W\d_][\w'’-]*)\.?[ \u00a0]+$")
_AFTER = re.compile(r"[ \u00a0]+([^\W\d_][\w'’-]*)")
_SPACES = (" ", "\u00a0")
_REACH = 40
_GREETINGS = frozenset({"dear", "hi", "hello", "hey", "thanks", "cheers", "regards"})
"""Words beside a name that may well occur nowhere in lower case."""

Place = tuple[str, int, int]
"""Record id, start, end; the span is into Record.content."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of all texts, as far as names are looked for by them."""

    ordinary: frozenset[str]
    """Somewhere in lower case; a capital letter does not make them names."""
    capitalised: dict[str, array[int]]
    """Normalised, of words with a capital letter -> places of the texts that hold one."""


def read_words(texts: Iterable[str]) -> Words:
    """One look at every text."""
    ordinary: set[str] = set()
    held: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
    for at, text in enumerate(texts):
        for word in {*_WORD.findall(text)} - ordinary:
            if word[0].islower():
                ordinary.add(word)
            elif word[0].isupper():
                held[word].append(at)
    capitalised: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
    for word, places in held.items():
        capitalised[normalise(IdentifierKind.NAME, word)] += places
    return Words(frozenset(ordinary), dict(capitalised))


def neighbours(text: str, start: int, end: int, ordinary: frozenset[str]) -> tuple[str, str]:
    """The name-like words right before and after a span; empty where there is none."""
    before = _BEFORE.search(text[max(0, start - _REACH) : start])
    after = _AFTER.match(text[end : end + _REACH])
    return (_if_name(before, ordinary), _if_name(after, ordinary))


def _if_name(match: re.Match[str] | None, ordinary: frozenset[str]) -> str:
    word = match[1] if match else ""
    plain = word.casefold()
    known = plain in ordinary or plain in TITLES or plain in _GREETINGS
    return word if word[:1].isupper() and not known else ""


def bare_names(
    name: Name,
    word: str,
    places: Sequence[Place],
    *,
    texts: dict[str, str],
    ordinary: frozenset[str],
    limit: int,
) -> list[Place]:
    """Where one word of the name stands alone, unless more than `limit` others bear it too.

    'Others' are the different name-like words the corpus puts next to it: first names before a
    surname, surnames after a first name.
    """
    own = {normalise(IdentifierKind.NAME, one) for one in name.words}
    others: set[str] = set()
    alone: list[Place] = []
    for place in places:
        record_id, start, end = place
        before, after = neighbours(texts[record_id], start, end, ordinary)
        beside = before if word == name.last else after
        plain = normalise(IdentifierKind.NAME, beside)
        if len(plain) > 1 and plain not in own:
            others.add(plain)
        if not before and not after:
            alone.append(place)
    return alone if len(others) <= limit else []


Runs = dict[str, list[Place]]
"""Normalised words, with _NEXT between them -> where they stand in this order."""
_NEXT = "\t"
_SLIPS = 2
"""In a whole name."""


def odd_names(found_by_ner: Iterable[Place], texts: Mapping[str, str]) -> Runs:
    """Of NER's names of several words those that are no run of capitalised words."""
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for record_id, start, end in found_by_ner:
        text = texts[record_id]
        if not _is_run(text, start, end):
            plain = [normalise(IdentifierKind.NAME, word) for word in text[start:end].split()]
            if len(plain) > 1:
                found[_NEXT.join(plain)].append((record_id, start, end))
    return dict(found)


def misspellings(name: Name, words: Words, records: Sequence[Record], odd: Runs) -> list[Place]:
    """Runs of capitalised words, and NER's other names, that differ from it by a slip or two.

    Optimal string alignment distance (rapidfuzz): one slip in a word of under eight letters, two in
    a longer one, none in a word of under four, and two in all. A name of one word has none.
    `words` are those of the `records`, and say which of them to look at.
    """
    if len(name.words) < 2:
        return []
    wanted = [normalise(IdentifierKind.NAME, word) for word in name.words]
    # As one string they are no further apart than their words are together.
    near = _near(_NEXT.join(wanted), odd, _SLIPS)
    places = [place for one in near if _is_slip(wanted, one.split(_NEXT)) for place in odd[one]]
    plain = cache(partial(normalise, IdentifierKind.NAME))
    for at in sorted(_holding_all(wanted, words)):
        record = records[at]
        text = record.content
        for start, end in _runs(text, len(wanted)):
            if _is_slip(wanted, [plain(word) for word in text[start:end].split()]):
                places.append((record.id, start, end))
    return places


def _holding_all(wanted: Sequence[str], words: Words) -> set[int]:
    """The texts with a word near to each of the name's."""
    among = words.capitalised
    held = (
        set[int]().union(*(among[one] for one in _near(word, among, _allowed(word))))
        for word in wanted
    )
    return set.intersection(*held)


def _near(wanted: str, among: Iterable[str], distance: int) -> list[str]:
    found = process.extract(
        wanted, list(among), scorer=OSA.distance, score_cutoff=distance, limit=None
    )
    return [one for one, _, _ in found]


def _is_run(text: str, start: int, end: int) -> bool:
    """Whether `_runs` surely finds it: whole words, each with a capital, one space between."""
    words = _WORD.findall(text, start, end)
    return (
        all(word[0].isupper() for word in words)
        and any(text[start:end] == space.join(words) for space in _SPACES)
        and not _INSIDE.match(text[start - 1 : start])
        and not _INSIDE.match(text[end : end + 1])
    )


def _runs(text: str, size: int) -> Iterator[tuple[int, int]]:
    """Spans of `size` capitalised words with one space between them."""
    places = [word.span() for word in _WORD.finditer(text) if word[0][0].isupper()]
    joined = [text[end:start] in _SPACES for (_, end), (start, _) in pairwise(places)]
    for at in range(len(places) - size + 1):
        if all(joined[at : at + size - 1]):
            yield places[at][0], places[at + size - 1][1]


def _is_slip(wanted: Sequence[str], words: Sequence[str]) -> bool:
    if len(wanted) != len(words):
        return False
    total = 0
    for one, other in zip(wanted, words, strict=True):
        allowed = _allowed(one)
        if abs(len(one) - len(other)) > allowed:
            return False
        distance = OSA.distance(one, other, score_cutoff=allowed)
        if distance > allowed:
            return False
        total += distance
    return 1 <= total <= _SLIPS


def _allowed(word: str) -> int:
    """Slips in a word."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2

"""Near misses of a name: misspellings, and bare first names or surnames."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from unlearnkit.corpus.normalise import normalise
from unlearnkit.domain import IdentifierKind, Record
from unlearnkit.locate.names import TITLES, Name

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_BEFORE = re.compile(r"([^\W\d_][\w'’-]*)\.?[ \u00a0]+$")
_AFTER = re.compile(r"[ \u00a0]+([^\W\d_][\w'’-]*)")
_SPACES = (" ", "\u00a0")
_REACH = 40
_GREETINGS = frozenset({"dear", "hi", "hello", "hey", "thanks", "cheers", "regards"})
"""Words beside a name that may well occur nowhere in lower case."""

Place = tuple[str, int, int]
"""Record id, start, end; the span is into Record.content."""


def ordinary_words(records: Iterable[Record]) -> frozenset[str]:
    """Words the corpus writes in lower case; a capital letter does not make them names."""
    return frozenset(
        word for record in records for word in _WORD.findall(record.content) if word[0].islower()
    )


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


def runs(size: int, records: Iterable[Record], found_by_ner: Iterable[Place]) -> Runs:
    """Runs of `size` capitalised words, and PERSON spans of as many words."""
    texts = {record.id: record.content for record in records}
    spelt: defaultdict[str, dict[Place, None]] = defaultdict(dict)
    for record_id, text in texts.items():
        for start, end in _runs(text, size):
            spelt[text[start:end]][record_id, start, end] = None
    for record_id, start, end in found_by_ner:
        spelt[texts[record_id][start:end]][record_id, start, end] = None
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for text, places in spelt.items():
        plain = tuple(normalise(IdentifierKind.NAME, word) for word in text.split())
        if len(plain) == size:
            found[_NEXT.join(plain)] += places
    return dict(found)


def misspellings(name: Name, among: Runs) -> list[Place]:
    """Of the runs as long as the name those that differ from it by a slip or two.

    Optimal string alignment distance (rapidfuzz): one slip in a word of under eight letters, two in
    a longer one, none in a word of under four, and two in all. A name of one word has none.
    """
    if len(name.words) < 2:
        return []
    wanted = [normalise(IdentifierKind.NAME, word) for word in name.words]
    # As one string they are no further apart than their words are together.
    near = process.extract(
        _NEXT.join(wanted),
        among.keys(),
        scorer=OSA.distance,
        score_cutoff=_SLIPS,
        limit=None,
    )
    slips = {words for words, _, _ in near if _is_slip(wanted, words.split(_NEXT))}
    return [place for words in among if words in slips for place in among[words]]


def _runs(text: str, size: int) -> Iterator[tuple[int, int]]:
    """Spans of `size` capitalised words with one space between them."""
    places = [word.span() for word in _WORD.finditer(text) if word[0][0].isupper()]
    joined = [text[end:start] in _SPACES for (_, end), (start, _) in pairwise(places)]
    for at in range(len(places) - size + 1):
        if all(joined[at : at + size - 1]):
            yield places[at][0], places[at + size - 1][1]


def _is_slip(wanted: Sequence[str], words: Sequence[str]) -> bool:
    total = 0
    for one, other in zip(wanted, words, strict=True):
        allowed = 0 if len(one) < 4 else 1 if len(one) < 8 else 2
        if abs(len(one) - len(other)) > allowed:
            return False
        distance = OSA.distance(one, other, score_cutoff=allowed)
        if distance > allowed:
            return False
        total += distance
    return 1 <= total <= _SLIPS

"""Near misses of a name: misspellings, and bare first names or surnames."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import regex  # type: ignore[import-untyped]

from unlearnkit.corpus.normalise import normalise
from unlearnkit.domain import TITLES, IdentifierKind, Record
from unlearnkit.locate.names import Name
from unlearnkit.locate.slips import LONGEST, is_slip

WORD = re.compile(r"[^\W\d_][\w'’-]*")
_INSIDE = re.compile(r"[\w'’-]")
_BEFORE = re.compile(r"(?<![\w'’-])([^\W\d_](?:[\w'’-]+|\.?))[ \u00a0]+$")
"""A full stop behind more than one letter ends a sentence, or shortens a title."""
_AFTER = re.compile(r"[ \u00a0]+([^\W\d_][\w'’-]*)(?![\w'’:-])")
_PARTICLE = r"(?i:d[aeiou]|d[ao]s|del(?:l[aeo])?|v[ao]n|ben|bin|bint[ei]?|ibn|ter|ten) "
_ARTICLE_OF_A_NAME = r"(?i:l[aeo]s?|el|de[nmr]?|het|'t) "
_FURTHER = regex.compile(
    rf"(?: |\r?\n)(?:{_PARTICLE}(?:{_ARTICLE_OF_A_NAME})?"
    rf"|(?i:y|e) (?!\w+ (?:{_PARTICLE}(?:{_ARTICLE_OF_A_NAME})?)?\p{{Lu}}\w))(\p{{Lu}}[\w'’-]*)"
)
"""A particle and another name: `Silva dos Santos`, `García y López`, but not `y Luis Pérez`."""
_CHILD_OF = regex.compile(r"(?<![\w'’-])(\p{Lu}[\w'’-]+) (?i:bin|bint[ei]?|ibn|ben) \Z")
"""Before the whole name, which is the father's then."""
_SMALL_BEFORE = regex.compile(r"(?<![\w'’-])\p{Ll}[\w'’-]* \Z")
_NEXT_LINE = regex.compile(r" ?\r?\n(\p{Lu}[\w'’-]*),? \p{Ll}")
"""What a sentence goes on with in the next line, perhaps a name."""
_BEHIND = re.compile(
    r"\s*&(?:amp;|(?!\w+;))|,?\s+\(?(?:(?:[jJ](?:n?r|unr)|JR|[sS]n?r|SR|[jJ]un|[sS]en|[jJ][uú]nior"
    r"|[sS][eé]nior|III?|IV|VI?|d\. ?[JÄ]|der (?:Jüngere|Ältere)|(?:the|le|el|il) (?:younger|elder"
    r"|jeune|joven|viejo|giovane|vecchio)|GmbH|AG|KG|OHG|UG|[iI]nc|[lL]td|LTD|LLC|LLP|PLC|SARL"
    r"|[cC]orp)\b|(?:und|and)\s+(?:Sons?|Söhne|Co)\b)"
    r"|\s+\(?(?:hij[oa]|padre|madre|fils|père|filh[oa]|neto|sobrinho)\b(?! d)"
)
"""What makes a name another's: a generation's or a company's sign."""
_SPACES = (" ", "\u00a0")
REACH = 40
"""Characters looked at on either side of a name."""
NO_NAMES = TITLES | {
    *("dear", "hi", "hello", "hey", "thanks", "cheers", "regards"),
    *("don", "family", "kunde", "kundin", "mieter", "mieterin", "patient", "patientin", "sig"),
    *("dob", "geburtsdatum", "paciente", "paziente"),
}
"""Words beside a name that may well occur nowhere in lower case; a name of its own may be one."""

Place = tuple[Record, int, int]
"""Start and end are a span into Record.content."""


Asked = Callable[[str], bool]


def in_lower_case(word: str, text: str) -> bool:
    """Whether a text holds the word, which is in lower case: a capital does not make it a name."""
    return word[:1].islower() and word in text and word in WORD.findall(text)


def before(place: Place, ordinary: Asked) -> str:
    """The name-like word right before a span; empty where there is none.

    `ordinary` is asked whether a word stands anywhere in lower case.
    """
    record, start, _ = place
    return _if_name(_BEFORE.search(record.content[max(0, start - REACH) : start]), ordinary)


def after(place: Place, ordinary: Asked) -> str:
    """The same of the word right after it."""
    record, _, end = place
    return _if_name(_AFTER.match(record.content[end : end + REACH]), ordinary)


def _if_name(match: re.Match[str] | None, ordinary: Asked) -> str:
    word = match[1].removesuffix(".") if match else ""
    if not word[:1].isupper():
        return ""
    plain = unicodedata.normalize("NFC", word).casefold()
    return "" if plain in NO_NAMES or ordinary(plain) else word


def bare_names(
    name: Name,
    word: str,
    places: Sequence[Place],
    *,
    ordinary: Asked,
    limit: int,
) -> list[Place]:
    """Where one word of the name stands alone, unless more than `limit` others bear it too.

    'Others' are the different name-like words the corpus puts next to it: first names before a
    surname, surnames after a first name.
    """
    beside = before if word == name.last else after
    own = set(words_of(name))
    others: set[str] = set()
    for place in places:
        plain = _spelt(beside(place, ordinary))
        if len(plain) > 1 and plain not in own:
            others.add(plain)
            if len(others) > limit:
                return []
    return [one for one in places if not before(one, ordinary) and not after(one, ordinary)]


def in_longer_names(
    name: Name, places: Iterable[Place], *, ordinary: Asked, proper: Asked
) -> list[Place]:
    """The whole names that are a part of another: `Ana Mira Holt` is not Mira Holt.

    A name-like word stands right before or behind them, or behind them `jr.`, `&` or `Ltd`.
    `proper` is asked whether a word that begins a sentence has its capital inside one, somewhere.
    """
    own = {"", *words_of(name)}
    found = []
    for place in places:
        in_front = before(place, ordinary)
        if not _has_capital_as_name(in_front, place, proper):
            in_front = ""
        beside = (in_front, after(place, ordinary), *_further(place, ordinary))
        if not own.issuperset(map(_spelt, beside)) or _BEHIND.match(place[0].content, place[2]):
            found.append(place)
    return found


def _further(place: Place, ordinary: Asked) -> Iterator[str]:
    """The names that particles join to it, or that stand in the next line of its sentence."""
    record, start, end = place
    text = record.content
    so_far = text[max(0, start - REACH) : start]
    yield _if_name(_CHILD_OF.search(so_far), ordinary)
    yield _if_name(_FURTHER.match(text, end), ordinary)
    if _SMALL_BEFORE.search(so_far):
        yield _if_name(_NEXT_LINE.match(text, end), ordinary)


def _has_capital_as_name(word: str, place: Place, proper: Asked) -> bool:
    """Whether the word in front has its capital for being a name: `Yesterday Mira Holt called`.

    It always has where the name stands in two lines: in `Peter Li` and `Na ja` below, say.
    """
    record, start, end = place
    if "\n" in record.content[start:end]:
        return bool(word)
    text = record.content[:start].rstrip(" \u00a0")
    begins = begins_sentence(text.removesuffix(".").removesuffix(word))
    return bool(word) and (not begins or proper(word))


def begins_sentence(so_far: str) -> bool:
    """Whether the next word after this text does."""
    return re.search(r"[\w,;]\s+$", so_far[-REACH:]) is None


def in_sentence(word: str, text: str) -> bool:
    """Whether a text holds the word as it is written, and not at the beginning of a sentence."""
    return bool(re.search(rf"[\w,;]\s+{re.escape(word)}(?![\w'’-])", text))


Runs = dict[str, list[Place]]
"""Normalised words, with _NEXT between them -> where they stand in this order."""
_NEXT = "\t"


def odd_names(found_by_ner: Iterable[Place]) -> Runs:
    """Of NER's names of several words those that are no run of capitalised words."""
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for record, start, end in found_by_ner:
        text = record.content
        if not _is_run(text, start, end):
            plain = _as_spelt(text[start:end])
            if len(plain) > 1:
                found[_NEXT.join(plain)].append((record, start, end))
    return dict(found)


def misspellings(name: Name, records: Iterable[Record], odd: Runs) -> list[Place]:
    """Runs of capitalised words, and NER's other names, that differ from it by a slip or two.

    `records` are looked at one by one: those that hold a pattern of `slips.misspelt`. A name of one
    word has none.
    """
    if len(name.words) < 2:
        return []
    wanted = words_of(name)
    places = [place for one in odd if is_slip(wanted, one.split(_NEXT)) for place in odd[one]]
    for record in records:
        text = record.content
        for start, end in _runs(text, len(wanted)):
            if is_slip(wanted, _as_spelt(text[start:end])):
                places.append((record, start, end))
    return places


def words_of(name: Name) -> list[str]:
    """As they are compared."""
    return [_spelt(word) for word in name.words]


def _as_spelt(text: str) -> list[str]:
    """The same of words in a text; none where one is too long to be a name's."""
    words = text.split()
    return [] if any(len(word) > LONGEST for word in words) else [_spelt(word) for word in words]


@lru_cache(maxsize=10_000)
def _spelt(word: str) -> str:
    return normalise(IdentifierKind.NAME, word)


def _is_run(text: str, start: int, end: int) -> bool:
    """Whether `_runs` surely finds it: whole words, each with a capital, one space between."""
    words = WORD.findall(text, start, end)
    return (
        all(word[0].isupper() for word in words)
        and any(text[start:end] == space.join(words) for space in _SPACES)
        and not _INSIDE.match(text[start - 1 : start])
        and not _INSIDE.match(text[end : end + 1])
    )


def _runs(text: str, size: int) -> Iterator[tuple[int, int]]:
    """Spans of `size` capitalised words with one space between them."""
    places = [word.span() for word in WORD.finditer(text) if word[0][0].isupper()]
    joined = [text[end:start] in _SPACES for (_, end), (start, _) in pairwise(places)]
    for at in range(len(places) - size + 1):
        if all(joined[at : at + size - 1]):
            yield places[at][0], places[at + size - 1][1]

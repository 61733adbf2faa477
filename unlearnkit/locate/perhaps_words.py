"""Whether what is written as a person's whole name may be no name: words, a street, a list."""

from __future__ import annotations

import re
from collections.abc import Iterable

import regex  # type: ignore[import-untyped]

from unlearnkit.locate.name_search import REACH, WORD, Asked, Place, begins_sentence
from unlearnkit.locate.names import Name

_OF_A_PLACE = re.compile(
    r"(?<!\w)(?:calle|avenida|plaza|paseo|rue|avenue|place|boulevard|viale|piazza|corso|rua|praça"
    r"|travessa|ulica|colegio(?: público)?|escuela|instituto|hospital|clínica|école|lycée|collège"
    r"|scuola|liceo|ospedale|escola|colégio|fundación|fondation|fondazione|fundação|ies|ceip"
    r"|avda\.?|(?:av|pl|ul)\.|c/\.?)[ \u00a0](?:d[aeo]l?[ \u00a0])?[\"'“«„]?\Z",
    re.IGNORECASE,
)
_PLACE_BEHIND = re.compile(
    r"[\"'”»“]?[ \u00a0](?:Street|Road|Avenue|Square|School|College|Hospital|Clinic|Library"
    r"|Foundation|Stra(?:ß|ss)e|Platz|Allee|Schule|Gymnasium|Klinik|Stiftung)(?!\w)"
)
"""Streets, schools and the like that are called after somebody of that name."""
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n")
_ONE_WORD = regex.compile(r"[^\w\n]*\p{Lu}[\w'’-]*[,.;]?\s*")
_FIGURE = re.compile(r"[ \u00a0]+(?!\d{4}-\d)\d{1,4}(?:st|nd|rd|th)?(?!\w)")
"""Right behind: `Rose May 5`, `Mark Day 3`; not a date that begins with its year."""
_ARTICLE = re.compile(r"(?<![\w'’-])(?:the|an?|my|our|your|this|that)[ \u00a0]\Z", re.IGNORECASE)
"""What stands before no name of a person, in English; a German says `die Anna`."""
_ASKED = re.compile(r"[^.!?\n]*\?")


def without_capitals(name: Name, text: str) -> bool:
    """Whether a text that writes the name has fewer words with a capital than the name.

    Of a request that gives the name without any, two are asked for.
    """
    cased = sum(word[:1].islower() for word in name.words)
    return _capitals(WORD.findall(text)) < (_capitals(name.words) or min(2, cased))


def perhaps_words(name: Name, place: Place, ordinary: Asked) -> bool:
    """Whether what looks like the whole name may be no name at all.

    It lacks capitals (`mark day and time`), a figure stands right behind it (`Rose May 5`), it
    begins a question with a word that the corpus has in lower case (`Will Grant's bid win?`), or it
    ends with one behind an article (`the Rose Garden`, `my Chase Bank card`). It is a street's
    (`calle Juan Pérez`), or its words are lines of a list.
    """
    record, start, end = place
    text = record.content
    if without_capitals(name, text[start:end]) or _FIGURE.match(text, end):
        return True
    before_it = text[max(0, start - REACH) : start]
    if _OF_A_PLACE.search(before_it) or _PLACE_BEHIND.match(text, end):
        return True
    if _is_of_a_list(text, start, end):
        return True
    if _ARTICLE.search(before_it) and ordinary(name.last.casefold()):
        return True
    asked = begins_sentence(text[:start]) and _ASKED.match(text, end) is not None
    return asked and ordinary(name.first.casefold())


def _is_of_a_list(text: str, start: int, end: int) -> bool:
    """Whether its words are two paragraphs', or lines among others that are one word each."""
    name = text[start:end]
    if _PARAGRAPH.search(name):
        return True
    if "\n" not in name:
        return False
    above, _, begun = text[:start].rpartition("\n")
    rest, _, below = text[end:].partition("\n")
    beside = (above.rpartition("\n")[2], below.partition("\n")[0])
    return not re.search(r"\w", begun + rest) and any(map(_ONE_WORD.fullmatch, beside))


def _capitals(words: Iterable[str]) -> int:
    return sum(word[:1].isupper() for word in words)

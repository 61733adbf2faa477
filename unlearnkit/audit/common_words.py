"""Words that tell nobody: those of other people's records, each only as it is written there.

In small letters they are no names. With a capital they may be: Bill, Mark and Will are words too,
and begin sentences. So a word with a capital is common only where it is a German noun, which has no
other form: where CROWD records have it behind an article, and it is no known name (`der Koch`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from unlearnkit.corpus.known_names import known_names
from unlearnkit.corpus.normalise import fold
from unlearnkit.corpus.spellings import tidy
from unlearnkit.domain import Record

CROWD = 3
"""Kept records that a word of a prompt stands in."""

_WORD = re.compile(r"[^\W_]+")
_NO_WORD = re.compile(r"\S*(?:[@\d]|://)\S*")
_ARTICLES = "|".join(
    (
        "d(?:er|ie|as|en|em|es)",
        "(?:[mds]?ein|kein|unser|eur|[iI]hr|dies)(?:e[mnrs]?)?",
        "zu[mr]|vom|beim",
    )
)
_NOUN = re.compile(rf"(?<![vV][ao]n )\b(?:{_ARTICLES}) ([^\W\d_]+)")
"""Behind a German article or pronoun; behind `van der` it is part of a name."""


def common_words(kept: Sequence[Record], theirs: Iterable[str]) -> frozenset[str]:
    """The words of at least CROWD kept records, no addresses and no numbers.

    A colleague in a hundred records is not among them, nor is a word of the texts that are
    `theirs`: names and values of those who are forgotten.
    """
    counts = Counter(form for one in kept for form in set(_forms(one.content)))
    common = {form for form, count in counts.items() if count >= CROWD}
    if any(not one.islower() for one in common):
        common -= {_form(one) for one in known_names()}
    left_out = {word for text in theirs for word in _WORD.findall(tidy(text))}
    return frozenset(one for one in common if one.casefold() not in left_out)


def tail(text: str, common: frozenset[str]) -> str:
    """The end of the text, from behind the last word that is not common."""
    rare = [one.end() for one in _WORD.finditer(text) if _form(one[0]) not in common]
    return text[rare[-1] if rare else 0 :].strip()


def _forms(text: str) -> Iterator[str]:
    """What may be common of a text, outside addresses and numbers."""
    plain = _NO_WORD.sub(" ", unicodedata.normalize("NFKC", text))
    yield from (tidy(one) for one in _WORD.findall(plain) if one.islower())
    yield from (_form(one) for one in _NOUN.findall(plain) if one.istitle())


def _form(word: str) -> str:
    """The word as it is counted: accents apart, in its own case."""
    return tidy(word) if word.islower() else fold(unicodedata.normalize("NFKC", word))

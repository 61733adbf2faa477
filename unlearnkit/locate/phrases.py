"""Words that follow one another in a text, so that a listed phrase can be found by its hash alone.

A phrase is looked for where its first word stands: the list holds that word's hash as well, and
most words of a text begin nothing that is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]
from anyascii import anyascii

from unlearnkit.corpus.normalise import fold, normalise
from unlearnkit.domain import IdentifierKind
from unlearnkit.locate.shown import BETWEEN_FIELDS


@dataclass(frozen=True, slots=True)
class Writing:
    """How one kind of phrase is written: what a word is, and what may stand between two."""

    name: str
    word: regex.Pattern[str]
    between: regex.Pattern[str]
    most: int
    """Words of a phrase at most."""
    plain: Callable[[str], str]
    """The one spelling of a phrase, or of its first word."""

    @property
    def lead(self) -> str:
        """The kind of hash that a phrase's first word has on the list."""
        return f"{self.name}:lead"

    def first(self, phrase: str) -> str:
        """The first word of a phrase in its one spelling; empty where it has none."""
        found = self.word.search(fold(phrase))
        return self.plain(found[0]) if found else ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that may be a listed phrase, in a text."""

    start: int
    end: int
    plain: str
    words: tuple[str, ...]
    """As they stand there, without accents."""


def phrases(text: str, writing: Writing, begins: Callable[[str], bool]) -> Iterator[Phrase]:
    """Every phrase of `text` whose first word `begins` one; spans are into `text`."""
    folded = fold(text)
    words = list(writing.word.finditer(folded))
    for at, first in enumerate(words):
        if not begins(first[0]):
            continue
        for end in range(at, min(at + writing.most, len(words))):
            gap = (words[end - 1].end(), words[end].start())
            if end > at and not writing.between.fullmatch(folded, *gap):
                break
            start, stop = first.start(), words[end].end()
            yield Phrase(
                start,
                stop,
                writing.plain(text[start:stop]),
                tuple(one[0] for one in words[at : end + 1]),
            )


_UNSEEN = r"\u00ad\u200b-\u200d\u2060\ufeff"
_UNSAID = regex.compile(rf"[\u0591-\u05c7\u0640\u064b-\u0652\u0670{_UNSEEN}]")
"""Marks of Hebrew and Arabic that most texts leave out, what stretches a word, what is not seen."""


def _as_name(text: str) -> str:
    return normalise(IdentifierKind.NAME, _UNSAID.sub("", text))


def _in_latin(text: str) -> str:
    """By anyascii; an initial is one letter, as Yuri is `Y.` for `Ю.` too."""
    words = regex.findall(r"[\p{L}\p{M}]+", fold(text))
    return _as_name(" ".join(anyascii(one)[: None if len(one) > 1 else 1] for one in words))


def _as_run(text: str) -> str:
    return "".join(normalise(IdentifierKind.NAME, text).split())


def _as_number(text: str) -> str:
    return normalise(IdentifierKind.CUSTOMER_ID, text)


def _as_words(text: str) -> str:
    return " ".join(regex.findall(r"\w+", fold(normalise(IdentifierKind.OTHER, text))))


def _as_handle(text: str) -> str:
    return normalise(IdentifierKind.HANDLE, text).removeprefix("@")


_NEVER = regex.compile(r"(?!)")
NAMES = Writing(
    IdentifierKind.NAME.value,
    regex.compile(rf"\p{{L}}[\p{{L}}\p{{M}}{_UNSEEN}]*"),
    regex.compile(
        r"\.?\s+|(?<=(?<![\p{L}\p{M}])\p{Lu})\.|\s*[-\u2010\u2011'\u2019]\s*|" + BETWEEN_FIELDS
    ),
    12,
    _as_name,
)
"""A comma may stand where the surname is put first, signs between two fields, and no space behind
an initial; who asks has to tell (`list_search.py`)."""
OTHER_LETTERS = Writing(
    NAMES.name,
    regex.compile(r"[^\P{L}\p{Latin}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}][\p{L}\p{M}]*"),
    NAMES.between,
    NAMES.most,
    _in_latin,
)
"""Names in another script than Latin, which are hashed as those in Latin letters."""
TOGETHER = Writing(
    "together",
    regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー]"),
    regex.compile(r"[ \u3000\u00a0·・‧]?"),
    12,
    _as_run,
)
"""Names that stand among other words without spaces: each character begins and ends one."""
NUMBERS = Writing(
    IdentifierKind.CUSTOMER_ID.value,
    regex.compile(r"\p{L}+|\p{N}+"),
    regex.compile(r"[\s_#./\u2010-\u2014-]{0,3}"),
    6,
    _as_number,
)
WORDS = Writing(
    IdentifierKind.OTHER.value,
    regex.compile(r"\w+"),
    regex.compile(r"[\s,.;:/#-]{1,3}"),
    16,
    _as_words,
)
HANDLES = Writing(
    IdentifierKind.HANDLE.value,
    regex.compile(r"(?<![\w@.])@?\w(?:[\w.-]*\w)?(?![\w@-])"),
    _NEVER,
    1,
    _as_handle,
)

"""Accents and other marks of a name: where two spellings are two names.

Who types without marks writes the same name: `Jose`, `Muller`, `Ho Van Tan`. A word that has some,
but others than the name's, is another word: Hồ Văn Tân is not Hồ Văn Tấn, nor Jösé José.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from unlearnkit.corpus.normalise import fold
from unlearnkit.locate.names import SPELLINGS

_WORD = re.compile(r"[^\W\d_]+")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""Grave, acute, tilde, hook and dot below, as Vietnamese has them."""
_VIETNAMESE = frozenset("ơưăđ")


def other_marks(name: str, text: str) -> bool:
    """Whether `text`, which writes the name but for its marks, has others than the name.

    Word by word, for often one of them goes without: `Jose García`. Not in Vietnamese, which is
    written with all marks or with none, and where they tell most names apart.
    """
    wanted, there = _words(name), _words(text)
    if any(map(_is_vietnamese, (*wanted, *there))):
        both = any(map(_marked, wanted)) and any(map(_marked, there))
        return both and Counter(map(_toned, wanted)) != Counter(map(_toned, there))
    return any(_is_another(one, wanted) for one in there if _marked(one))


def _is_another(word: str, wanted: list[str]) -> bool:
    alike = [one for one in wanted if not _plain(one).isdisjoint(_plain(word))]
    return bool(alike) and all(_marked(one) and _spelt(one) != _spelt(word) for one in alike)


def _words(text: str) -> list[str]:
    shown = (one for one in text if unicodedata.category(one) != "Cf")
    return _WORD.findall(unicodedata.normalize("NFC", "".join(shown)).casefold())


def _marked(word: str) -> bool:
    return fold(word) != word


def _plain(word: str) -> set[str]:
    """Without marks: Jösé is Jose or Joese."""
    return {fold(word), fold(_spelt(word))}


def _spelt(word: str) -> str:
    """With the letters that are also written as two in one way."""
    return "".join(SPELLINGS.get(one, one) for one in word)


def _is_vietnamese(word: str) -> bool:
    parts = unicodedata.normalize("NFD", word)
    two = any(len(unicodedata.normalize("NFD", one)) > 2 for one in word)
    return two or not _VIETNAMESE.isdisjoint(word) or not {"\u0309", "\u0323"}.isdisjoint(parts)


def _toned(word: str) -> tuple[str, tuple[str, ...]]:
    """The letters, and the tones by themselves: Hòa is also written Hoà."""
    parts = unicodedata.normalize("NFD", word)
    letters = "".join(one for one in parts if one not in _TONES)
    return letters, tuple(sorted(one for one in parts if one in _TONES))

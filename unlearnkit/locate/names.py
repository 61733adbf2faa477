"""The ways in which a text may write a person's name, as regular expressions over folded text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from unlearnkit.corpus.normalise import fold
from unlearnkit.domain import TITLES
from unlearnkit.locate.nicknames import nicknames

_START, _END = r"(?<![\p{L}\p{M}\p{N}-])", r"(?![\p{L}\p{M}\p{N}]|-\w)"
_MARKUP = r"(?:[*_]|</?\w{1,9}>)*"
_SPACE = rf"{_MARKUP}\s+{_MARKUP}"
"""Between two words of a name, which Markdown or HTML may set in bold."""
_APOSTROPHES = "'\u2019\u02bc\u00b4`"
_NAME_WORD = r"(?-i:\p{Lu})[\w'’-]*"
SPELLINGS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}
"""Letters that are also written as two."""


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in words, without titles, given names first."""

    words: tuple[str, ...]

    @property
    def first(self) -> str:
        """The first given name."""
        return self.words[0]

    @property
    def last(self) -> str:
        """The last word; the whole name where there is only one."""
        return self.words[-1]


@dataclass(frozen=True, slots=True)
class NameForm:
    """One way to write it. `pattern` (module `regex`) is searched in folded text."""

    how: str
    """exact, nickname, shortened, turned, initials, longer, partial."""
    pattern: str
    any_case: bool
    bare: str = ""
    """The word, where the form is only one word of the name."""


def parse_name(raw: str) -> Name | None:
    """`Smith, Dr. Robert` -> Robert Smith; None where nothing is left."""
    last, comma, given = unicodedata.normalize("NFC", raw).partition(",")
    text = f"{given} {last}" if comma else raw
    words = [
        word.strip(".'\"()") if len(word) > 2 else word.strip("'\"()") for word in text.split()
    ]
    kept = tuple(word for word in words if word and word.casefold().strip(".") not in TITLES)
    return Name(kept) if kept else None


def name_forms(name: Name) -> Iterator[NameForm]:
    """From the strongest to the weakest. A name of one word has weak forms only."""
    first, last, between = _word(name.first), _word(name.last), name.words[1:-1]
    if len(name.words) == 1:
        yield NameForm("partial", _bounded(first), any_case=False, bare=name.first)
        return
    given = _SPACE.join(_word(word) for word in name.words[:-1])
    yield NameForm("exact", _bounded(rf"{given}{_SPACE}{last}"), any_case=True)
    reversed_name = _bounded(rf"{last}\s*,\s*{given}")
    # In `John Holt, Mira Jones` the words belong to two other people.
    alone = rf"(?<!{_NAME_WORD}\s+){reversed_name}(?!\s+{_NAME_WORD})"
    yield NameForm("exact", alone, any_case=True)
    yield NameForm("turned", reversed_name, any_case=True)
    in_capitals = _word(name.last.upper())
    yield NameForm("turned", _bounded(rf"(?:{last}|{in_capitals})\s+{given}"), any_case=False)
    yield NameForm("initials", _bounded(rf"{given}\s+\p{{Lu}}\.?\s+{last}"), any_case=False)
    more = rf"(?:{_NAME_WORD}\s+){{1,2}}"
    yield NameForm("longer", _bounded(rf"{given}\s+{more}{last}"), any_case=False)
    short = sorted(nicknames(fold(name.first).casefold()))
    if short:
        either = "|".join(_word(one) for one in short)
        yield NameForm("nickname", _bounded(rf"(?:{either})\s+{last}"), any_case=True)
    initial = re.escape(fold(name.first)[0].upper())
    middle = "".join(rf"(?:\s*{re.escape(fold(word)[0].upper())}\.?)?" for word in between)
    yield NameForm("initials", _bounded(rf"{initial}\.?{middle}\s*{last}"), any_case=False)
    yield NameForm("initials", _bounded(rf"{last}\s*,\s*{initial}\."), any_case=False)
    last_initial = re.escape(fold(name.last)[0].upper())
    yield NameForm("initials", rf"{_START}{first}\s+{last_initial}\.(?!\w)", any_case=False)
    if between:
        skipped = r"(?:\s+\w\.?)*"
        yield NameForm("shortened", _bounded(rf"{first}{skipped}\s+{last}"), any_case=True)
        # Of two surnames the first is the one that is used; or it is a second given name.
        either = "|".join(_word(word) for word in between if word[0].isupper() and len(word) > 2)
        if either:
            two = rf"{_bounded(rf'{first}{_SPACE}(?:{either})')}(?!\s+{_NAME_WORD})"
            yield NameForm("shortened", two, any_case=False)
    for word in dict.fromkeys((name.last, name.first)):
        yield NameForm("partial", _bounded(_word(word)), any_case=False, bare=word)


def _bounded(pattern: str) -> str:
    return f"{_START}(?:{pattern}){_END}"


def _word(word: str) -> str:
    """The word with or without accents, as folded text may have it; hyphen or space alike."""
    return "".join(_letter(letter) for letter in word.replace("ss", "ß"))


def _letter(letter: str) -> str:
    if letter in "-\u2010\u2011":
        return r"[-\u2010\u2011\s]"
    if letter in _APOSTROPHES:
        return rf"[{_APOSTROPHES}\s]?"
    if letter == "ß":
        return "(?:ß|ss)"
    plain = re.escape(fold(letter))
    spelling = SPELLINGS.get(letter.casefold())
    if spelling:
        spelling = spelling.capitalize() if letter.isupper() else spelling
        plain = f"(?:{plain}|{spelling})"
    # A text may write an accent as a character of its own (Unicode NFD).
    return plain + (r"\p{M}*" if letter.isalpha() else "")

"""The ways in which a text may write a person's name, as regular expressions over folded text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from unlearnkit.corpus.normalise import fold
from unlearnkit.domain import TITLES
from unlearnkit.locate.nicknames import nicknames
from unlearnkit.locate.short_names import name_parts
from unlearnkit.locate.shown import BETWEEN_FIELDS

_START, _END = r"(?<![\p{L}\p{M}\p{N}-])", r"(?![\p{L}\p{M}\p{N}]|-\w)"
_MARKUP = r"(?:[*_]|</?\w{1,9}>)*"
_SPACE = rf"{_MARKUP}\s+{_MARKUP}"
"""Between two words of a name, which Markdown or HTML may set in bold."""
_HYPHENS = "-\u2010\u2011\u2013"
_JOINED = rf"(?:{_SPACE}|[{_HYPHENS}])"
"""Or between two that a text makes one of."""
_MC = re.compile(r"(Ma?c)(?=[A-Z])")
_APOSTROPHES = "'\u2019\u02bc\u00b4`"
_NAME_WORD = r"(?-i:\p{Lu})[\w'’-]*"
_GENERATIONS = ("jr", "sr", "ii", "iii", "iv")
_SUFFIX = re.compile(
    rf"(?<=[^\W_]) *[, ] *({'|'.join(_GENERATIONS)}|ph\.?d|m\.?d|esq)\b\.?(?= *(?:,|$))",
    re.IGNORECASE,
)
_TITLE = "|".join(sorted(map(re.escape, (*map(fold, TITLES), "don", "familia", "family")), key=len))
_TITLE_BEFORE = rf"(?<=\b(?i:{_TITLE})\.?\s+)"
_WITH = rf"(?:\s*&|\s+(?:and|und|y|e|et|i|en|og|och|ve))\s+{_NAME_WORD}"
"""`Mira and Tom Holt`: who has the same surname."""
_CALLED = r"\s*[(\[\"'\u2018\u201c\u201e\u00ab]\p{L}+[)\]\"'\u2019\u201c\u201d\u00bb]"
"""`Mira "Mimi" Holt`."""
_NO_NAME_BEFORE = rf"(?:{_TITLE_BEFORE}|(?<!{_NAME_WORD}\s+))"
"""No word with a capital, unless it is a title: `Luis Pérez García` is another of the family."""
_BEFORE_COMMA = r"(?-i:\p{Lu})[\p{L}'’]+ *, *"
_LISTED = rf"(?: *, *{_NAME_WORD})* *,? (?:and|or|und|oder|et|ou|[yeo]|&) {_NAME_WORD}"
"""Further first names of a list, before and behind one of them."""
SPELLINGS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}
"""Letters that are also written as two."""


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in words, without titles, given names first."""

    words: tuple[str, ...]
    suffix: str = ""
    """What stands behind it and is no surname, in lower case without full stops: jr, iii, phd."""

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
    """exact, nickname, shortened, turned, initials, typo, longer, apart, partial."""
    pattern: str
    any_case: bool
    bare: str = ""
    """The word, where the form is only one word of the name."""


def parse_name(raw: str) -> Name | None:
    """`Smith, Dr. Robert` -> Robert Smith; None where nothing is left."""
    text = unicodedata.normalize("NFC", raw)
    suffix = _SUFFIX.search(text)
    if suffix:
        words = _words_in(f"{text[: suffix.start()]} {text[suffix.end() :]}")
        if len(words) > 1:  # else it is the surname
            return Name(words, suffix[1].casefold().replace(".", ""))
    return Name(words) if (words := _words_in(text)) else None


def _words_in(text: str) -> tuple[str, ...]:
    """Without titles, given names first."""
    last, comma, given = text.partition(",")
    words = [
        word.strip(".'\"()") if len(word) > 2 else word.strip("'\"()")
        for word in (f"{given} {last}" if comma else text).split()
    ]
    return tuple(word for word in words if word and word.casefold().strip(".") not in TITLES)


def name_forms(name: Name) -> Iterator[NameForm]:
    """From the strongest to the weakest. A name of one word has weak forms only."""
    first, last = _word(name.first), _word(name.last)
    if len(name.words) == 1:
        yield NameForm("partial", _bounded(first), any_case=False, bare=name.first)
        return
    given = _SPACE.join(_word(word) for word in name.words[:-1])
    # Without its `Jr.` the name may be the father's.
    whole = "shortened" if name.suffix in _GENERATIONS else "exact"
    yield NameForm(whole, _bounded(rf"{given}{_SPACE}{last}"), any_case=True)
    if name.suffix:
        behind = r"\.?".join(map(re.escape, name.suffix))
        with_suffix = rf"{given}{_SPACE}{last}\s*,?\s*{behind}\.?"
        yield NameForm("exact", rf"{_START}{with_suffix}(?!\w)", any_case=True)
    reversed_name = _bounded(rf"{last}\s*,\s*{given}")
    # In `John Holt, Mira Jones` the words belong to two other people, in `Ann, Holt, Mira` to more.
    before, behind = rf"{_NAME_WORD}\s+|{_BEFORE_COMMA}", rf"\s+{_NAME_WORD}|{_LISTED}"
    alone = rf"(?<!{before}){reversed_name}(?!{behind})"
    yield NameForm(whole, alone, any_case=True)
    yield from _turned(name)
    yield from _joined(name)
    yield NameForm("initials", _bounded(rf"{given}\s+\p{{Lu}}\.?\s+{last}"), any_case=False)
    more = rf"(?:\s+{_NAME_WORD}){{1,2}}|{_WITH}(?:\s+{_NAME_WORD})?|{_CALLED}"
    yield NameForm("longer", _bounded(rf"{given}(?:{more})\s+{last}"), any_case=False)
    if short := sorted(nicknames(fold(name.first).casefold())):
        either = "|".join(map(_word, short))
        yield NameForm("nickname", _bounded(rf"(?:{either})(?:{_WITH})?\s+{last}"), any_case=True)
    yield from _in_fields(name)
    yield from _with_initials(name)
    yield from _as_in_a_list(name)
    yield from _shortened(name)
    yield from _of_several(name)
    for word in dict.fromkeys((name.last, name.first)):
        yield NameForm("partial", _bounded(_word(word)), any_case=False, bare=word)


def _with_initials(name: Name) -> Iterator[NameForm]:
    """`J. Pérez García`, `Pérez García, J.`, `Juan G.`; of double names of either part."""
    initial = re.escape(fold(name.first)[0].upper())
    middle = "".join(rf"(?:\s*(?:{_initials(word)}|{_loose(word)}))?" for word in name.words[1:-1])
    ends = "|".join([_loose(name.last), *_abbreviated(name.last)])
    short = rf"{_initials(name.first)}{middle}\s*(?:{ends})"
    yield NameForm("initials", _bounded(short), any_case=False)
    surname = "|".join(_loosely(name.words[at:]) for at in range(1, len(name.words)))
    yield NameForm("initials", _bounded(rf"(?:{surname})\s*,\s*{initial}\."), any_case=False)
    last_initial = re.escape(fold(name.last)[0].upper())
    yield NameForm(
        "initials", rf"{_START}{_word(name.first)}\s+{last_initial}\.(?!\w)", any_case=False
    )


def _as_in_a_list(name: Name) -> Iterator[NameForm]:
    """`Иванов И.П.`: initials behind the surname without a comma; and `И.П. Иванов`.

    Of a name of two words any second initial may be the person's, as Russian has a father's name.
    Of a longer one other initials than its own are somebody else's.
    """
    given = [rf"{re.escape(fold(word)[0].upper())}\." for word in name.words[:-1]]
    two = len(name.words) == 2
    ways = []
    if two:
        given.append(r"\p{Lu}\.")
        ways.append(rf"{given[0]}\s*{given[1]}\s*{_cased(name.last)}{_END}")
    for at in range(1, len(name.words)):
        first, *others = given if two else given[:at]
        further = "".join(rf"(?:\s*{one}" for one in others) + ")?" * len(others)
        surname = _loosely(name.words[at:], _cased)
        ways.append(rf"{surname}\s+{first}{further}(?!\w|\s*\p{{Lu}}\.)")
    yield NameForm("initials", f"{_START}{_any(ways)}", any_case=False)


def _shortened(name: Name) -> Iterator[NameForm]:
    """Without some of the words between the first and the last, or without the last surname."""
    first, last, between = _word(name.first), _word(name.last), name.words[1:-1]
    if not between:
        return
    skipped = r"(?:\s+(?:\w\.)*\w\.?)*"
    yield NameForm("shortened", _bounded(rf"{first}{skipped}\s+{last}"), any_case=True)
    some = "".join(rf"(?:{_JOINED}{_loose(word)})?" for word in between)
    fewer = rf"(?!{_loosely(name.words)}){first}{some}{_JOINED}{last}"
    yield NameForm("shortened", _bounded(fewer), any_case=True)


def _of_several(name: Name) -> Iterator[NameForm]:
    """Of a name of three parts or more: any of them left out, or an initial (`Juan C. Pérez`).

    Of two surnames the first is the one that is used; or it is a second given name. Both stand
    together without a first name too, and before it.
    """
    parts = name_parts(name.words)
    if len(parts) < 3:
        return
    spelt = list(map(_part, parts))
    first, initial = _cased(name.first), rf"{re.escape(fold(name.first)[0].upper())}\.\s*"
    whole = rf"(?!{_loosely(name.words)})"
    shorter, initials = [], []
    for end in range(1, len(parts)):
        if len(parts[end][-1]) < 3:
            continue
        after = "" if end == len(parts) - 1 else rf"(?!\s+{_NAME_WORD})"
        between = "".join(rf"(?:{one}{_SPACE})?" for one in spelt[1:end])
        shorter.append(rf"{first}{_SPACE}{between}{spelt[end]}{after}")
        # Of four names the second is mostly a given name: `J. Carlos` is nobody.
        if end > 1 or len(parts) == 3:
            letters = [re.escape(fold(part[-1])[0].upper()) for part in parts[1:end]]
            either = zip(spelt[1:end], letters, strict=True)
            middle = "".join(rf"(?:{one}{_SPACE}|{letter}\.\s*)?" for one, letter in either)
            initials.append(rf"(?:{first}{_SPACE}|{initial}){middle}{spelt[end]}{after}")
    yield NameForm("shortened", _bounded(whole + _any(shorter)), any_case=False)
    yield NameForm(
        "initials", _bounded(f"{whole}(?!{_any(shorter)}{_END}){_any(initials)}"), any_case=False
    )
    ends = [
        (f"{_SPACE}".join(spelt[at:end]), "".join(rf"(?:{_SPACE}{one})?" for one in spelt[1:at]))
        for at in range(1, len(parts))
        for end in range(at + 1, len(parts) + 1)
    ]
    comma = _any(rf"{last}\s*,\s*{first}{more}" for last, more in ends)
    yield NameForm("turned", rf"{_bounded(comma)}(?!\s+{_NAME_WORD})", any_case=False)
    surnames = _SPACE.join(spelt[-2:])
    yield NameForm("turned", _bounded(rf"{surnames}{_SPACE}{first}"), any_case=False)
    # Of three names the second may be a given one: `James Smith` is another than Robert James.
    before = _TITLE_BEFORE if len(parts) == 3 else _NO_NAME_BEFORE
    yield NameForm("partial", rf"{before}{_bounded(surnames)}", any_case=False)


def _part(words: tuple[str, ...]) -> str:
    """A part of a name with or without its particles, or with an `y` between surnames."""
    particles = "".join(rf"(?:{_cased(one)}{_SPACE})?" for one in words[:-1])
    return rf"(?:[yei]{_SPACE})?{particles}{_cased(words[-1])}"


def _any(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns)})"


def _turned(name: Name) -> Iterator[NameForm]:
    """The surname first: a comma parts it from the given names wherever it begins, or capitals."""
    splits = [(name.words[:at], name.words[at:]) for at in range(1, len(name.words))]
    comma = "|".join(rf"{_loosely(last)}\s*,\s*{_loosely(given)}" for given, last in splits)
    yield NameForm("turned", _bounded(comma), any_case=True)
    none = "|".join(
        rf"{_loosely(last, _cased)}\s+{_loosely(given, _cased)}" for given, last in splits
    )
    yield NameForm("turned", _bounded(none), any_case=False)


def _in_fields(name: Name) -> Iterator[NameForm]:
    """`"Mira";"Holt"`, `Holt | Mira`: in two fields of a table or a form."""
    splits = [(name.words[:at], name.words[at:]) for at in range(1, len(name.words))]
    turned = rf"(?!\s*,\s*\w){BETWEEN_FIELDS}"
    ways = "|".join(
        rf"{_loosely(given)}{BETWEEN_FIELDS}{_loosely(last)}|{_loosely(last)}{turned}{_loosely(given)}"
        for given, last in splits
    )
    # In `John Mira, Holt Ltd.` too.
    alone = rf"(?<!{_NAME_WORD}[ \u00a0]){_bounded(ways)}(?![ \u00a0]{_NAME_WORD})"
    yield NameForm("apart", alone, any_case=True)


def _joined(name: Name) -> Iterator[NameForm]:
    """`Pérez-García`, `Mc Allister`; a surname with one more, and double names with one less."""
    given, last = _loosely(name.words[:-1]), _loose(name.last)
    as_given = _SPACE.join(map(_word, name.words))
    spelt = rf"(?!{as_given}){_loosely(name.words)}"
    yield NameForm("typo", _bounded(spelt), any_case=True)
    word = r"(?-i:\p{Lu})[\w'’]*"
    more = rf"{word}[{_HYPHENS}]{last}|{last}[{_HYPHENS}]{word}"
    yield NameForm("longer", _bounded(rf"{given}{_SPACE}(?:{more})"), any_case=True)
    first, ends = pieces(name.first), [*map(_word, pieces(name.last)), *_abbreviated(name.last)]
    ways = [rf"{_word(name.first)}{_SPACE}(?:{'|'.join(ends)})"] if ends else []
    if first:
        either = "|".join(map(_word, first))
        ways.append(rf"(?:{either}){_SPACE}(?:{'|'.join([last, *_abbreviated(name.last)])})")
    if ways:
        alone = rf"{_bounded('|'.join(ways))}(?!\s+{_NAME_WORD})"
        yield NameForm("shortened", alone, any_case=False)


def pieces(word: str) -> list[str]:
    """The parts of a double name that are long enough to stand for it; none of a single name."""
    parts = re.split(f"[{_HYPHENS}]", word)
    return [one for one in parts if len(one) > 2] if len(parts) > 1 else []


def without_mc(word: str) -> str:
    """`Allister` of McAllister, as it stands also where a space parts the two."""
    head = _MC.match(word)
    return word[head.end() :] if head else word


def _loosely(words: Iterable[str], spelt: Callable[[str], str] | None = None) -> str:
    return _JOINED.join(map(spelt or _loose, words))


def _loose(word: str) -> str:
    """The word, and `Mc Allister` for McAllister; a particle with or without a capital."""
    head = _MC.match(word)
    spelt = rf"Ma?c\s?{_word(word[head.end() :])}" if head else _word(word)
    return spelt if word[:1].isupper() else rf"(?i:{spelt})"


def _cased(word: str) -> str:
    return rf"(?:{_loose(word)}|{_word(word.upper())})"


def _initials(word: str) -> str:
    """`A.-L.`, `A. L.`, `AL` or `A.` of Anna-Lena."""
    first, *others = (re.escape(fold(one)[0].upper()) for one in _parts(word))
    begin = first if word[:1].isupper() else rf"(?i:{first})"
    return rf"{begin}\.?" + "".join(rf"(?:\s*[{_HYPHENS}]?\s*{one}\.?)?" for one in others)


def _abbreviated(word: str) -> list[str]:
    """`Müller-L.` of Müller-Lüdenscheidt."""
    first, *others = _parts(word)
    if not others or len(first) < 3:
        return []
    return [rf"{_word(first)}[{_HYPHENS}]{re.escape(fold(others[0])[0].upper())}(?:\.|(?!\w))"]


def _parts(word: str) -> list[str]:
    return [one for one in re.split(f"[{_HYPHENS}]", word) if one] or [word]


def _bounded(pattern: str) -> str:
    return f"{_START}(?:{pattern}){_END}"


def _word(word: str) -> str:
    """The word with or without accents, as folded text may have it; hyphen or space alike."""
    return "".join(_letter(letter) for letter in word.replace("ss", "ß"))


def _letter(letter: str) -> str:
    if letter in _HYPHENS:
        return rf"[{_HYPHENS}\s]"
    if letter in _APOSTROPHES:
        return rf"[{_APOSTROPHES}\s]?"
    if letter == "ß":
        return "(?:ß|ss)"
    plain = re.escape(fold(letter))
    spelling = SPELLINGS.get(letter.casefold())
    if spelling:
        spelling = spelling.capitalize() if letter.isupper() else spelling
        plain = f"(?:{plain}|{spelling})"
    # A text may write an accent as a character of its own (Unicode NFD), or hide where to break.
    return plain + (r"[\p{M}\u00ad\u200b-\u200d\u2060\ufeff]*" if letter.isalpha() else "")

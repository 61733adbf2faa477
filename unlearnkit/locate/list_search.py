"""What only the list finds: its names, numbers, addresses, dates and user names, in texts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache, partial

import regex  # type: ignore[import-untyped]

from unlearnkit.corpus.nlp import DATE
from unlearnkit.corpus.normalise import mailbox, normalise
from unlearnkit.domain import IdentifierKind, Record, needs_at
from unlearnkit.locate.addresses import addresses, may_be_anothers
from unlearnkit.locate.dates import DATES, days
from unlearnkit.locate.digests import DIGESTS
from unlearnkit.locate.do_not_train import (
    ABBREVIATED,
    FULL_NAME,
    IN_LATIN,
    INITIALS,
    MAILBOX,
    NATIONAL,
    NICKNAME,
    OPEN_INITIALS,
    PARTIAL,
    RECORD,
    REVERSED,
    SHORTENED,
    SHORTEST_NATIONAL,
    SLIP,
    SLIP_LEAD,
    same_words,
    slips,
)
from unlearnkit.locate.doubts import called_customers, may_be_no_customers, may_be_no_phone
from unlearnkit.locate.hits import Hit
from unlearnkit.locate.lookup import DoNotTrain
from unlearnkit.locate.name_search import REACH, before, in_longer_names, in_lower_case, in_sentence
from unlearnkit.locate.names import Name
from unlearnkit.locate.perhaps_words import perhaps_words
from unlearnkit.locate.phrases import (
    HANDLES,
    NAMES,
    NUMBERS,
    OTHER_LETTERS,
    TOGETHER,
    WORDS,
    Phrase,
    Writing,
    phrases,
)
from unlearnkit.locate.shown import shown

EMAIL = IdentifierKind.EMAIL.value
LIST = "DoNotTrainList"
"""Named as the recogniser of what only the list finds."""
_HOW = {
    FULL_NAME: "exact",
    REVERSED: "normalised",
    SHORTENED: "shortened",
    ABBREVIATED: "initials",
    NICKNAME: "nickname",
    INITIALS: "initials",
    OPEN_INITIALS: "initials",
    PARTIAL: "partial",
    IN_LATIN: "transliterated",
}
_DIGITS = regex.compile(r"(?<!\w)\+?\(?\d(?:[\s().\u2010-\u2013/-]{0,3}\d){7,17}(?!\w)")
_FIGURES_APART = regex.compile(r"(?<!\d)\d{1,2}[ \u00a0]\d{1,2}(?!\d)|^[\d\s]+(?=\s)")
"""`am 12 00 Uhr` is not AM-1200, nor need `10 115 678` be a customer."""
IBAN, _SHORTEST_IBAN = "IBAN_CODE", 15
_IBANS = regex.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?:[\s-]{0,2}[A-Za-z0-9]){11,30}")
_ANOTHER_NAME = regex.compile(r"[ \u00a0]\p{Lu}[\p{L}\p{M}.]|-\p{L}")
_OF_ADDRESSES = frozenset({EMAIL, *(f"{EMAIL}:{one}" for one in DIGESTS)})
"""What an e-mail address may be hashed as."""
_INITIAL = regex.compile(r"\.[ \u00a0]?\p{Lu}\.")
"""Behind the letter of an initial: its full stop, and one more."""
_LISTED = regex.compile(r"\p{Lu}[\w'\u2019-]*\s*,\s+\Z")
"""Before `Holt, Mira`: a list of names."""
_LONGEST_PREFIX = 6
"""Digits of `00`, a country's code and a zero before a national number."""


class ListSearch:
    """The list's names, numbers, addresses and user names, looked for in texts."""

    def __init__(
        self, listed: DoNotTrain, regions: Sequence[str], texts: Collection[str] = ()
    ) -> None:
        """`texts` are all that are searched: they tell which words are names."""
        self._listed = listed
        self._regions = regions
        self._ordinary = cache(lambda word: any(in_lower_case(word, one) for one in texts))
        self._proper = cache(lambda word: any(in_sentence(word, one) for one in texts))
        self._begins = {
            writing: lru_cache(1 << 18)(partial(self._may_begin, writing))
            for writing in (NAMES, OTHER_LETTERS, TOGETHER, NUMBERS, WORDS, HANDLES)
            if writing.lead in listed.kinds
        }

    def of_text(self, text: str) -> Iterator[tuple[str, Hit]]:
        """Request id and hit, of everything listed that stands in the text, or is it."""
        if RECORD in self._listed.kinds:
            for one in self._listed.of_value(RECORD, same_words(text)):
                yield one.request_id, Hit(IdentifierKind.OTHER, "record", 0, len(text), one.kind)
        for phrase in self._phrases(text, NUMBERS):
            yield from self._of_number(text, phrase)
        beside = list(self._of_words(text))
        yield from beside
        yield from self._of_names(text, [hit.start for _, hit in beside])
        for phrase in self._phrases(text, HANDLES):
            signed = text[phrase.start] == "@"
            if not signed and needs_at(phrase.plain):
                continue
            how = "exact" if signed else "partial"
            yield from self._found(IdentifierKind.HANDLE, HANDLES.name, phrase, how)
        if not self._listed.kinds.isdisjoint(_OF_ADDRESSES):
            yield from self._of_addresses(text)
        for hashed_as, search in (
            (IBAN, self._of_ibans),
            (NATIONAL, self._of_digits),
            (DATE, self._of_dates),
        ):
            if hashed_as in self._listed.kinds:
                yield from search(text)

    def _phrases(self, text: str, writing: Writing) -> Iterator[Phrase]:
        begins = self._begins.get(writing)
        return phrases(text, writing, begins) if begins else iter(())

    def _may_begin(self, writing: Writing, word: str) -> bool:
        plain = writing.plain(word)
        if self._listed.of_value(writing.lead, plain):
            return True
        of_names = writing in (NAMES, OTHER_LETTERS) and SLIP_LEAD in self._listed.kinds
        slipped = of_names and word[:1].isupper()
        return slipped and any(self._listed.of_value(SLIP_LEAD, one) for one in slips(plain))

    def _found(
        self, kind: IdentifierKind, hashed_as: str, phrase: Phrase, how: str
    ) -> Iterator[tuple[str, Hit]]:
        for one in self._listed.of_value(hashed_as, phrase.plain):
            yield one.request_id, Hit(kind, how, phrase.start, phrase.end, LIST)

    def _of_words(self, text: str) -> Iterator[tuple[str, Hit]]:
        for phrase in self._phrases(text, WORDS):
            for kind in (IdentifierKind.ADDRESS, IdentifierKind.OTHER):
                yield from self._found(kind, kind.value, phrase, "exact")

    def _of_number(self, text: str, phrase: Phrase) -> Iterator[tuple[str, Hit]]:
        inside = text[phrase.start - 1 : phrase.start].isalnum() or text[phrase.end :][:1].isalnum()
        if not inside and any(letter.isdigit() for letter in phrase.plain):
            apart = _FIGURES_APART.search(text[phrase.start : phrase.end]) is not None
            doubtful = may_be_no_customers(text, phrase.start, phrase.end) or (
                apart and not called_customers(text, phrase.start)
            )
            how = "partial" if doubtful else "exact"
            yield from self._found(IdentifierKind.CUSTOMER_ID, NUMBERS.name, phrase, how)

    def _of_addresses(self, text: str) -> Iterator[tuple[str, Hit]]:
        """E-mail addresses in spellings that detection does not take for one."""
        kind = IdentifierKind.EMAIL
        for found in addresses(text):
            span, plain = (found.start, found.end, LIST), normalise(kind, found.plain)
            how = "partial" if may_be_anothers(text, found.start, found.end) else "normalised"
            whole = {one.request_id for one in self._listed.of_value(kind.value, plain)}
            for request_id in sorted(whole):
                yield request_id, Hit(kind, how, *span)
            for one in self._listed.of_value(MAILBOX, mailbox(plain)):
                if one.request_id not in whole:
                    yield one.request_id, Hit(kind, "mailbox", *span)
            for request_id in self._listed.by_digest(kind, found.plain, self._regions):
                yield request_id, Hit(kind, "partial" if how == "partial" else "hashed", *span)

    def _of_ibans(self, text: str) -> Iterator[tuple[str, Hit]]:
        """Those that detection does not see: in small letters, broken over lines."""
        for found in _IBANS.finditer(text):
            ends = [at for at, one in enumerate(found[0], 1) if one.isalnum()]
            plain = "".join(one for one in found[0] if one.isalnum()).upper()
            for length in range(_SHORTEST_IBAN, len(plain) + 1):
                for one in self._listed.of_value(IBAN, plain[:length]):
                    span = (found.start(), found.start() + ends[length - 1], IBAN)
                    yield one.request_id, Hit(IdentifierKind.OTHER, "normalised", *span)

    def _of_digits(self, text: str) -> Iterator[tuple[str, Hit]]:
        """Phone numbers in spellings that detection does not take for one."""
        for found in _DIGITS.finditer(text):
            digits = "".join(letter for letter in found[0] if letter.isdigit())
            for cut in range(min(_LONGEST_PREFIX, len(digits) - SHORTEST_NATIONAL) + 1):
                for one in self._listed.of_value(NATIONAL, digits[cut:]):
                    code = self._code(one.request_id, digits[cut:])
                    doubtful = may_be_no_phone(text, found.end(), digits[cut:], code)
                    how = "partial" if doubtful else "normalised"
                    span = (found.start(), found.end(), LIST)
                    yield one.request_id, Hit(IdentifierKind.PHONE, how, *span)

    def _code(self, request_id: str, national: str) -> str:
        """The code of the country with which the number is on the list; empty without any."""
        import phonenumbers

        for code in map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
            listed = self._listed.of_value(IdentifierKind.PHONE.value, f"+{code}{national}")
            if any(one.request_id == request_id for one in listed):
                return code
        return ""

    def _of_dates(self, text: str) -> Iterator[tuple[str, Hit]]:
        for found in DATES.finditer(text):
            meant = days(found[0], self._regions)
            how = "normalised" if len(meant) == 1 else "partial"
            for day in meant:
                for one in self._listed.of_value(DATE, day):
                    span = (found.start(), found.end(), DATE)
                    yield one.request_id, Hit(IdentifierKind.DATE_OF_BIRTH, how, *span)

    def _of_names(self, text: str, beside: Sequence[int]) -> Iterator[tuple[str, Hit]]:
        """In the text, and as it is shown; no name goes on where something `beside` it begins."""
        starts, found = sorted(beside), list[tuple[str, Hit]]()
        for one in dict.fromkeys((text, shown(text))):
            for phrase in self._phrases(one, NAMES):
                behind = bisect_left(starts, phrase.end)
                ends = starts[behind] if behind < len(starts) else len(one)
                found += self._of_name(one[:ends], phrase)
            for phrase in () if one.isascii() else self._phrases(one, OTHER_LETTERS):
                if len(phrase.words) > 1:  # one word is half of the world's
                    some = self._of_name(one, phrase)
                    found += [(which, replace(hit, how="transliterated")) for which, hit in some]
        yield from _doubted_as_either(found)
        for phrase in self._phrases(text, TOGETHER):
            alone = not any(map(TOGETHER.word.match, _around(text, phrase)))
            how = "exact" if alone else "partial"
            yield from self._found(IdentifierKind.NAME, TOGETHER.name, phrase, how)

    def _of_name(self, text: str, phrase: Phrase) -> Iterator[tuple[str, Hit]]:
        seen = set()
        turned, apart = _signs(text, phrase)
        for one in self._listed.of_value(FULL_NAME, phrase.plain):
            whole = one.kind in (FULL_NAME, REVERSED)
            doubt = self._doubt(text, phrase) if whole else ""
            may_turn = one.kind in (REVERSED, IN_LATIN)
            if whole and (apart or (turned and one.kind == FULL_NAME)):
                if doubt != "longer":
                    yield one.request_id, _named("apart", phrase)
            elif (may_turn or not turned) and _as_written(one.kind, text, phrase):
                seen.add(one.request_id)
                yield one.request_id, _named(doubt or _HOW[one.kind], phrase)
        words = phrase.plain.split()
        if turned or apart or len(words) < 2:
            return
        first, *between, last = words
        if len(phrase.words) == 3 and phrase.words[1][:1].isupper():
            how = "initials" if len(phrase.words[1]) == 1 else "partial"
            kind = OPEN_INITIALS if _two_initials(text, phrase) else FULL_NAME
            for one in self._listed.of_value(FULL_NAME, f"{first} {last}"):
                if one.kind == kind:
                    yield one.request_id, _named(how, phrase)
        elif not between:
            for request_id in self._slipped(first, last) - seen:
                yield request_id, _named("typo", phrase)

    def _doubt(self, text: str, phrase: Phrase) -> str:
        """What the whole name may be instead: a longer one (`longer`), no name (`wordlike`)."""
        if self._is_longer(text, phrase):
            return "longer"
        place = (Record(id="", text=text), phrase.start, phrase.end)
        return "wordlike" if perhaps_words(Name(phrase.words), place, self._ordinary) else ""

    def _is_longer(self, text: str, phrase: Phrase) -> bool:
        """Whether the whole name is a part of another: `María García López` is not María García."""
        place = (Record(id="", text=text), phrase.start, phrase.end)
        turned, _ = _signs(text, phrase)
        in_front = text[max(0, phrase.start - REACH) : phrase.start]
        if turned and (_LISTED.search(in_front) or before(place, self._ordinary)):
            return True
        return bool(
            in_longer_names(
                Name(phrase.words), [place], ordinary=self._ordinary, proper=self._proper
            )
        )

    def _slipped(self, first: str, last: str) -> set[str]:
        """Requests whose name has a letter more, less or other than these two words."""
        if SLIP not in self._listed.kinds:
            return set()
        near = {f"{first} {one}" for one in slips(last)} | {f"{one} {last}" for one in slips(first)}
        found = (one for name in near for one in self._listed.of_value(SLIP, name))
        return {one.request_id for one in found}


def _doubted_as_either(found: Sequence[tuple[str, Hit]]) -> Iterator[tuple[str, Hit]]:
    """A whole name is a longer one's part, or none, where the text says so, or its shown form."""
    doubts = {
        (one, hit.start, hit.end): how
        for how in ("wordlike", "longer")  # the last wins
        for one, hit in found
        if hit.how == how
    }
    for one, hit in found:
        how = doubts.get((one, hit.start, hit.end), hit.how) if hit.full_name else hit.how
        yield one, replace(hit, how=how)


def _named(how: str, phrase: Phrase) -> Hit:
    return Hit(IdentifierKind.NAME, how, phrase.start, phrase.end, LIST)


def _around(text: str, phrase: Phrase) -> tuple[str, str]:
    """The characters right before and behind it."""
    return text[max(0, phrase.start - 1) : phrase.start], text[phrase.end : phrase.end + 1]


def _signs(text: str, phrase: Phrase) -> tuple[bool, bool]:
    """Whether a comma stands in it, and what only parts two fields."""
    found = text[phrase.start : phrase.end]
    return "," in found, any(one in found for one in ';|"')


def _as_written(kind: str, text: str, phrase: Phrase) -> bool:
    """Whether capitals, full stops and what follows are those of a name so written.

    Initials are capitals, with a full stop at the end, and with one each in a shorter name; another
    one behind them is somebody else's, unless they are open. One word by itself has a capital, if
    its script has any; so have the names where the surname comes first without a comma. Behind a
    shorter name stands no further one.
    """
    first, last = phrase.words[0], phrase.words[-1]
    if kind in (INITIALS, OPEN_INITIALS, ABBREVIATED):
        single = [word for word in phrase.words if len(word) == 1]
        stopped = len(last) > 1 or _around(text, phrase)[1] == "."
        written = stopped and all(word.isupper() for word in single)
        if kind == INITIALS and _INITIAL.match(text, phrase.end):
            return False
        if kind != ABBREVIATED or not written:
            return written
        stops = text[phrase.start : phrase.end].count(".")
        return stops >= len(single) and not _goes_on(text, phrase)
    if kind == SHORTENED:
        return not _small(last) and not _goes_on(text, phrase)
    if kind == IN_LATIN:
        return not _small(first) and not _small(last)
    if kind == REVERSED and "," not in text[phrase.start : phrase.end]:
        return not _small(last) and not all(map(_small, phrase.words[:-1]))
    return kind != PARTIAL or not _small(first)


def _two_initials(text: str, phrase: Phrase) -> bool:
    """Whether they are two initials and a surname: `И.П. Иванов`."""
    first, second, last = phrase.words
    stops = text[phrase.start : phrase.end].count(".")
    return len(first) == len(second) == 1 and stops == 2 and first.isupper() and not _small(last)


def _small(word: str) -> bool:
    return word[:1].islower()


def _goes_on(text: str, phrase: Phrase) -> bool:
    """Whether another word with a capital follows."""
    return _ANOTHER_NAME.match(text, phrase.end) is not None

"""Finding the subject's own identifiers: by Presidio ad-hoc recognisers, and in the index."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from unlearnkit.corpus.nlp import DATE
from unlearnkit.corpus.normalise import (
    email_spellings,
    fold,
    mailbox,
    national_format,
    normalise,
    phone_readings,
)
from unlearnkit.corpus.numbers import FIGURES, NATIONAL, NUMBERS, iban, letters_and_digits, national
from unlearnkit.domain import Identifier, IdentifierKind, needs_at
from unlearnkit.locate.addresses import AFTER, AT, BEFORE, may_be_anothers
from unlearnkit.locate.dates import days, ways_to_write
from unlearnkit.locate.doubts import (
    GAP,
    SHORT_NUMBER,
    SHORT_PHONE,
    called_customers,
    is_in_a_code,
    may_be_no_customers,
    may_be_no_phone,
)
from unlearnkit.locate.marks import other_marks
from unlearnkit.locate.user_names import may_be_a_word
from unlearnkit.pseudonym import keyed_hash

_BETWEEN = r"[\s_#./\u2010-\u2014-]"
"""Between the letters and figures of a customer number, Word's hyphens and dashes too."""
GROUPED = r"[ .\u00a0\u2010-\u2014-]"


def own_values(
    identifiers: Sequence[Identifier], key: bytes, regions: Sequence[str]
) -> frozenset[tuple[IdentifierKind, str]]:
    """(kind, keyed hash) of every raw identifier, as the index has them; no short phones.

    Whoever gives nothing else than one has no identifier that ties records.
    """
    return frozenset(
        (one.kind, keyed_hash(key, one.kind.value, value))
        for one in identifiers
        if one.format == "raw"
        for value in [normalise(one.kind, one.value, regions)]
        if one.kind is not IdentifierKind.PHONE or _digits(value) >= SHORT_PHONE
    )


def national_values(
    identifiers: Sequence[Identifier], key: bytes, regions: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Phone in E.164 -> keyed hashes of what else it may be without its country's code.

    `030 23125678` is Berlin's; where GB is tried first, the index has it as a British number.
    """
    given = (one for one in identifiers if one.format == "raw" and one.kind is IdentifierKind.PHONE)
    numbers = [normalise(one.kind, one.value, regions) for one in given]
    return {
        number: frozenset(
            keyed_hash(key, IdentifierKind.PHONE.value, value)
            for value in phone_readings(national_format(number), regions)
            if value != number
        )
        for number in numbers
        if _digits(number) >= SHORT_PHONE
    }


def number_values(
    identifiers: Sequence[Identifier], key: bytes
) -> dict[tuple[str, str], IdentifierKind]:
    """(what it is hashed as, keyed hash) -> kind, of what the index may have as a number or date.

    Dates of birth, and other identifiers in each way in which recognisers may have read them.
    Customer numbers too: where `customer_id_patterns` do not see one, a recogniser of the user's
    own may.
    """
    return {
        (name, keyed_hash(key, name, value)): one.kind
        for one in identifiers
        if one.format == "raw"
        for name, value in _as_detected(one)
        if value
    }


def _as_detected(one: Identifier) -> Iterator[tuple[str, str]]:
    """(what it is hashed as, its one spelling)."""
    match one.kind:
        case IdentifierKind.DATE_OF_BIRTH:
            yield DATE, NUMBERS[DATE](one.value)
        case IdentifierKind.OTHER:
            yield from as_number(one.value)
        case IdentifierKind.CUSTOMER_ID:
            figures = letters_and_digits(one.value)
            yield FIGURES, figures if len(figures) >= SHORT_NUMBER else ""


def as_number(value: str) -> Iterator[tuple[str, str]]:
    """(what it is hashed as, its one spelling, which may be empty) of an identifier of any sort."""
    for entity, standard in NUMBERS.items():
        if entity != DATE:
            yield entity, standard(value)
    for entity in NATIONAL:
        yield entity, national(entity, value)
    yield FIGURES, letters_and_digits(value)


def mailboxes(identifiers: Sequence[Identifier]) -> frozenset[str]:
    """The mailboxes of the raw e-mail addresses."""
    return frozenset(
        mailbox(normalise(one.kind, one.value))
        for one in identifiers
        if one.kind is IdentifierKind.EMAIL and one.format == "raw"
    )


def patterns_for(identifier: Identifier, regions: Sequence[str]) -> list[str]:
    """Regular expressions (module `regex`, over folded text) of one raw identifier, not a name."""
    value = fold(identifier.value.strip())
    match identifier.kind:
        case IdentifierKind.EMAIL:
            spellings = dict.fromkeys(fold(one) for one in email_spellings(identifier.value))
            return [f"{BEFORE}{_with_at(one)}{AFTER}" for one in spellings]
        case IdentifierKind.PHONE:
            return _phone_patterns(normalise(identifier.kind, value, regions))
        case IdentifierKind.CUSTOMER_ID:
            runs = re.findall(r"[^\W\d_]+|\d+", value)
            ways = [[run, *in_groups(run)] for run in runs]
            number = rf"{_BETWEEN}*".join(f"(?:{'|'.join(some)})" for some in ways)
            return [rf"(?<![^\W_]){number}(?![^\W_])"] if runs else []
        case IdentifierKind.DATE_OF_BIRTH:
            return [rf"(?<!\w){re.escape(one)}(?!\w)" for one in ways_to_write(value, regions)]
        case IdentifierKind.HANDLE:
            name = re.escape(value.removeprefix("@"))
            sign = "@" if needs_at(value) else "@?"
            return [rf"(?<![\w@.]){sign}{name}(?![\w@-]|\.\w)"] if name else []
        case IdentifierKind.OTHER if number := iban(value):
            return [rf"(?<!\w){in_fours(number)}(?!\w)"]
        case _:
            words = [_any_s(re.escape(word)) for word in re.findall(r"[^\s,]+", value)]
            value = r"[\s,]+".join(words)
            return [rf"(?<![\w@.]){value}(?!\w)"] if words else []


def in_groups(digits: str) -> list[str]:
    """A number in threes from its end, and in pairs, as it is read out or printed; of five or more.

    What stands between two groups is one space, full stop or hyphen.
    """
    if not digits.isdigit() or len(digits) < SHORT_NUMBER:
        return []
    begun = len(digits) % 3
    threes = [digits[:begun], *(digits[at : at + 3] for at in range(begun, len(digits), 3))]
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    return [GROUPED.join(filter(None, some)) for some in (threes, pairs)]


def in_fours(number: str) -> str:
    """An IBAN with or without what parts its groups (ISO 13616, on paper), also over two lines."""
    return r"[\s-]{0,2}".join(number[at : at + 4] for at in range(0, len(number), 4))


def _any_s(word: str) -> str:
    """`Lindenstraße` and `Lindenstrasse` alike."""
    return re.sub("ß|ss", "(?:ß|ss)", word, flags=re.IGNORECASE)


def _with_at(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return re.escape(local) + (AT if at else "") + re.escape(domain)


def _phone_patterns(number: str) -> list[str]:
    """The national digits with any separators, with or without country code or leading zero."""
    national, code = _parts(number)
    if not code:
        return [rf"(?<!\d){GAP.join(number)}(?!\d)"] if number else []
    prefix = rf"(?:(?:\+|00)?{GAP}{GAP.join(code)}{GAP}(?:\(0\){GAP})?|\(?0)?"
    return [rf"(?<![\d+]){prefix}\(?{GAP.join(national)}(?!\d)"]


def national_digits(number: str) -> str:
    """Of a normalised phone number: the digits that every way to write it has."""
    return _parts(number)[0]


def _parts(number: str) -> tuple[str, str]:
    """National digits and country code; all of it and nothing where it is not in E.164."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number, ""
    # Italy keeps its leading 0.
    return phonenumbers.national_significant_number(parsed), str(parsed.country_code)


def adhoc_recogniser(
    entity: str, name: str, language: str, patterns: Sequence[str], any_case: bool = True
) -> Any:
    """A Presidio PatternRecognizer for one way to write one identifier."""
    import regex  # type: ignore[import-untyped]
    from presidio_analyzer import Pattern, PatternRecognizer

    flags = regex.DOTALL | regex.MULTILINE | (regex.IGNORECASE if any_case else 0)
    return PatternRecognizer(
        entity,
        name=name,
        supported_language=language,
        patterns=[Pattern(name, one, 1.0) for one in patterns],
        global_regex_flags=flags,
    )


def how_written(
    identifier: Identifier, text: str, start: int, end: int, regions: Sequence[str]
) -> str:
    """`exact` as given, `normalised` in another spelling, `partial` where it may be another's.

    A name with other accents than the person's is written with other `marks`.

    `text[start:end]` is what was found of the identifier.
    """
    found, value = text[start:end], identifier.value
    if identifier.kind is IdentifierKind.NAME and other_marks(identifier.value, found):
        return "marks"
    match identifier.kind:
        case IdentifierKind.CUSTOMER_ID:
            doubtful = may_be_no_customers(text, start, end)
            # `am 12 00 Uhr` is not AM-1200.
            figures = [max(map(len, re.findall(r"\d+", one)), default=0) for one in (found, value)]
            doubtful = doubtful or (figures[0] < figures[1] and not called_customers(text, start))
        case IdentifierKind.PHONE:
            parts = _parts(normalise(identifier.kind, identifier.value, regions))
            doubtful = _digits(found) < SHORT_PHONE or may_be_no_phone(text, end, *parts)
        case IdentifierKind.EMAIL:
            doubtful = may_be_anothers(text, start, end)
        case IdentifierKind.HANDLE:
            doubtful = may_be_a_word(text, start, end)
        case IdentifierKind.DATE_OF_BIRTH:
            doubtful = len(days(found, regions)) > 1
        case _:
            doubtful = False
    if doubtful:
        return "partial"
    return "exact" if found.casefold() == identifier.value.strip().casefold() else "normalised"


def is_a_part(kind: IdentifierKind, text: str, start: int, end: int) -> bool:
    """Whether what the index has of an identifier is a part of a longer one.

    That figures are a customer's number, and no other, its pattern tells.
    """
    match kind:
        case IdentifierKind.CUSTOMER_ID:
            apart = any(map(str.isalpha, text[start:end])) and is_in_a_code(text, start, end)
            return apart and not called_customers(text, start)
        case IdentifierKind.EMAIL:
            return may_be_anothers(text, start, end)
        case _:
            return False


def _digits(text: str) -> int:
    return sum(letter.isdigit() for letter in text)

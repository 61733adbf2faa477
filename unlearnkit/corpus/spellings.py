"""Whether a text says a value, however it is written: phone formats, dates, case, accents.

Both sides are composed (NFKC), without accents, case folded, with single spaces. Figures and words
have to stand by themselves: `12` is not in `2012`, and `Ann` not in `Anna`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from unlearnkit.corpus.nlp import DATE, EMAIL, LOCATION, PERSON, PHONE
from unlearnkit.corpus.normalise import MONTHS, REGIONS, fold, phone_readings
from unlearnkit.corpus.replacements import HANDLE

_MONTHS = tuple(one.lower() for one in MONTHS)
_MONTH = "|".join(rf"{one[:3]}(?:{one[3:]})?" for one in _MONTHS) + "|sept"
_ORDINAL = r"(?:st|nd|rd|th)?"
_DATES = (
    re.compile(
        rf"(?P<day>\d{{1,2}}){_ORDINAL} (?:of )?(?P<month>{_MONTH})\.?,?(?: (?P<year>\d{{4}}))?"
    ),
    re.compile(rf"(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}}){_ORDINAL}(?:,? (?P<year>\d{{4}}))?"),
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"),
    re.compile(r"(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})"),
    re.compile(r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[-/.](?P<year>\d{4})"),
)
_AMOUNT = re.compile(r"(\d[\d.,]*?)(?:[.,](\d\d))?(?![\d.,]*\d)")
_BETWEEN = r"[\s().\-/]*"
"""What may stand between the digits of a phone number."""


def tidy(text: str) -> str:
    """The one way both sides are read."""
    return " ".join(fold(unicodedata.normalize("NFKC", text)).casefold().split())


def says(text: str, entity: str, value: str, regions: tuple[str, ...] = REGIONS) -> bool:
    """Whether `text` holds the value. A value without a letter or a figure is in no text.

    A phone number without its country's code may be of any of the `regions`.
    """
    return said(tidy(text), entity, value, regions)


def said(tidied: str, entity: str, value: str, regions: tuple[str, ...] = REGIONS) -> bool:
    """`says`, of a text that is tidied already."""
    return _spellings(entity, value, regions).search(tidied) is not None


@lru_cache(maxsize=4096)
def _spellings(entity: str, value: str, regions: tuple[str, ...]) -> re.Pattern[str]:
    """What to search a tidied text for."""
    plain = tidy(value)
    if not any(letter.isalnum() for letter in plain):
        return re.compile(r"(?!)")
    if entity == PHONE:
        numbers = phone_readings(value, regions)
        return re.compile("|".join(dict.fromkeys(map(_phone, numbers))))
    if entity == EMAIL:
        return re.compile(rf"(?<![\w.+-]){re.escape(plain)}(?![\w-]|\.\w)")
    if entity == "AMOUNT" and (number := _AMOUNT.search(plain)):
        return re.compile(_amount(number))
    if entity == DATE and (dates := _dates(plain)):
        return re.compile("|".join(dates))
    if entity in (PERSON, LOCATION, DATE, HANDLE):
        return re.compile(_alone(r"[\W_]+".join(_parts(plain, r"[^\W_]+"))))
    return re.compile(_alone(r"[\W_]?".join(_parts(plain, r"[^\W_]"))))


def _alone(pattern: str) -> str:
    return rf"(?<![^\W_])(?:{pattern})(?![^\W_])"


def _parts(plain: str, pattern: str) -> list[str]:
    return [re.escape(one) for one in re.findall(pattern, plain)]


def _phone(found: str) -> str:
    """The digits with any separators, with or without the country's code or a leading zero."""
    import phonenumbers

    code, national = "", found
    if found.startswith("+"):
        number = phonenumbers.parse(found)
        code = str(number.country_code)
        national = phonenumbers.national_significant_number(number)
    digits = _BETWEEN.join(national) or "(?!)"
    country = rf"(?:(?:\+|00)?{_BETWEEN.join(code)}{_BETWEEN})?" if code else ""
    return rf"(?<!\d){country}(?:\(?0\)?{_BETWEEN})?{digits}(?!\d)"


def _amount(number: re.Match[str]) -> str:
    """The same number, thousands apart or not; its cents are part of it."""
    whole = r"[., ]?".join(re.findall(r"\d", number[1]))
    cents = rf"[.,]{number[2]}" if number[2] else r"(?:[.,]00)?"
    return rf"(?<!\d)(?<!\d[.,]){whole}{cents}(?![.,]?\d)"


def _dates(plain: str) -> list[str]:
    """Patterns of the day that the value names, in every order; none where it names no one day."""
    found: list[str] = []
    for pattern in _DATES:
        if one := pattern.fullmatch(plain):
            day, month = int(one["day"]), _month(one["month"])
            if 1 <= day <= 31 and 1 <= month <= 12:
                found.append(_day(day, month, one["year"]))
    return found


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    return next(at for at, one in enumerate(_MONTHS, 1) if one[:3] == text[:3])


def _day(day: int, month: int, year: str | None) -> str:
    """One day, with its month in letters or figures; in figures only together with the year."""
    name = _MONTHS[month - 1]
    letters = rf"(?:{name}|{name[:3]}t?\.?)"
    number = rf"0?{day}"
    forms = [rf"{number}{_ORDINAL}[ -](?:of )?{letters}", rf"{letters} {number}{_ORDINAL}"]
    if year:
        forms = [rf"{one},?[ -]{year}" for one in forms]
        short = rf"(?:{year}|{year[2:]})"
        figures = rf"0?{month}"
        forms += [
            rf"{year}[-/.]{figures}[-/.]{number}",
            rf"{number}[-/.]{figures}[-/.]{short}",
            rf"{figures}[-/.]{number}[-/.]{short}",
        ]
    return _alone("|".join(forms))

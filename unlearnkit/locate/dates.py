"""Which days a written date may be, and the ways to write a date of birth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import regex  # type: ignore[import-untyped]

from unlearnkit.corpus.nlp import DATE
from unlearnkit.corpus.normalise import MONTHS
from unlearnkit.corpus.numbers import NUMBERS as STANDARDS

_MONTH = "(?:" + "|".join(one[:3] for one in MONTHS) + r")\p{L}*\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_FIGURES = r"\d{1,2}([./-])\d{1,2}\1\d{4}"
DATES = regex.compile(
    rf"(?<!\w)(?:{_FIGURES}|\d{{4}}-\d{{2}}-\d{{2}}|{_DAY} (?:of )?{_MONTH},? \d{{4}}"
    rf"|{_MONTH} {_DAY},? \d{{4}})(?!\w)",
    regex.IGNORECASE,
)
"""Whole dates, with English months."""
_MONTH_FIRST = frozenset({"US", "PH", "PR", "GU", "VI", "FM", "MH", "PW", "BZ"})
"""Where 3/7 is in March (Unicode CLDR, short dates)."""
_EITHER = frozenset({"CA", "ZA", "KE", "GH", "PA"})


def days(text: str, regions: Sequence[str]) -> list[str]:
    """The days, in ISO 8601, that a date may mean; none where it is none.

    With full stops the day comes first, wherever that is written. With slashes or hyphens the
    regions say which comes first, if all of them agree; else it may be two days.
    """
    parts = re.fullmatch(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", text)
    if parts is None:
        return [day for day in [STANDARDS[DATE](text)] if day]
    one, other, year = int(parts[1]), int(parts[3]), int(parts[4])
    day_first, month_first = _day(year, other, one), _day(year, one, other)
    if parts[2] == ".":
        return day_first
    both = dict.fromkeys([*day_first, *month_first])
    if len(both) == 2:
        if not {*regions} & (_MONTH_FIRST | _EITHER):
            return day_first
        if _MONTH_FIRST.issuperset(regions):
            return month_first
    return list(both)


def _day(year: int, month: int, day: int) -> list[str]:
    """In ISO 8601; none where there is no such day."""
    try:
        return [date(year, month, day).isoformat()]
    except ValueError:
        return []


def ways_to_write(value: str, regions: Sequence[str]) -> list[str]:
    """The usual spellings of a date given as ISO 8601; else the value itself."""
    parts = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", value)
    if parts is None or not 1 <= int(parts[2]) <= 12:
        return [value]
    year, month, day = (int(part) for part in parts.groups())
    name = MONTHS[month - 1]
    spelled = [
        text
        for word in (name, name[:3])
        for text in (f"{day} {word} {year}", f"{word} {day}, {year}", f"{day}. {word} {year}")
    ]
    figures = [
        separator.join(str(part) for part in order)
        for separator in "./-"
        for order in (
            (day, month, year),
            (month, day, year),
            (f"{day:02d}", f"{month:02d}", year),
            (f"{month:02d}", f"{day:02d}", year),
        )
    ]
    meant = [one for one in figures if value in days(one, regions)]
    return list(dict.fromkeys([value, *spelled, *meant]))

"""Other values in the form of a country: months, streets, numbers that are numbers there.

A locale is one of Faker's (`de_DE`); its months and weekdays are CLDR's, by Babel.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from unlearnkit.corpus.numbers import NUMBERS

US_ENGLISH = "en_US"
_IBAN = "IBAN_CODE"
_BY_CHECK_DIGIT = tuple(one for one in NUMBERS if one not in (_IBAN, "DATE_TIME"))
_TRIES = 500
"""Draws until a check digit is right: one in 10 of payment cards is, one in 97 of the rarest."""
_LOCALE = re.compile(r"[a-z]{2,3}_[A-Z]{2}")
_COUNTRY = re.compile(r"[A-Za-z]{2}(\d{2})(?=[\s\d])")


def is_known(locale: str) -> bool:
    """Whether it is a language in a country, and Faker and CLDR have it."""
    from babel import Locale, UnknownLocaleError
    from faker.config import AVAILABLE_LOCALES

    if not _LOCALE.fullmatch(locale) or locale not in AVAILABLE_LOCALES:
        return False
    try:
        Locale.parse(locale)
    except UnknownLocaleError:
        return False
    return True


@cache
def months(locale: str) -> tuple[str, ...]:
    """January first, in full."""
    return _names("get_month_names", locale)


@cache
def days(locale: str) -> tuple[str, ...]:
    """Monday first, in full."""
    return _names("get_day_names", locale)


def _names(which: str, locale: str) -> tuple[str, ...]:
    from babel import dates

    found: dict[int, str] = getattr(dates, which)("wide", locale=locale)
    return tuple(found[at] for at in sorted(found))


def street(fake: Any) -> str:
    """A street with its number, as the locale writes it, in one line."""
    return " ".join(str(fake.street_address()).split())


def one_word(draw: Callable[[], object]) -> str:
    """A name without a space: one word stands in for one word."""
    while " " in (found := str(draw())):
        pass
    return found


def phone(text: str, locale: str, rng: random.Random) -> str:
    """Another number in this spelling, with its country's code; valid there where this one is."""
    import phonenumbers

    region = locale[-2:]

    def parsed(number: str) -> Any:
        try:
            found = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            return None
        return found if phonenumbers.is_valid_number(found) else None

    own = parsed(text)
    code = re.match(rf"\s*\(?(?:\+|00)\s?{own.country_code}", text) if own else None
    kept = code.end() if code else 0
    return _first(lambda: text[:kept] + digits(text[kept:], rng), parsed if own else bool)


def number(entity: str, text: str, rng: random.Random) -> str:
    """Other digits; where the true value's check digit is right, the other's is too."""
    if entity == _IBAN:
        return _iban(text, rng)
    standard = NUMBERS.get(entity) if entity in _BY_CHECK_DIGIT else None
    asked = standard if standard and standard(text) else bool
    return _first(lambda: digits(text, rng), asked)


def _iban(text: str, rng: random.Random) -> str:
    """The same country and form; check digits as ISO 13616 has them, a bank's own are not made."""
    from stdnum import iban as standard

    other = digits(text, rng)
    found = _COUNTRY.search(other)
    if found is None or not NUMBERS[_IBAN](text):
        return other
    whole = standard.compact(other[found.start() :])
    check = standard.calc_check_digits(whole)
    return f"{other[: found.start(1)]}{check}{other[found.end(1) :]}"


def digits(text: str, rng: random.Random) -> str:
    """The same with other digits, as many, without a new leading zero."""
    return re.sub(r"\d+", lambda one: run(one[0], rng), text)


def run(part: str, rng: random.Random) -> str:
    """As many other digits; a leading zero stays one."""
    first = "0" if part.startswith("0") else rng.choice("123456789")
    return first + "".join(rng.choice("0123456789") for _ in part[1:])


def _first(draw: Callable[[], str], good: Callable[[str], Any]) -> str:
    """The first good one, or the last of so many."""
    for _ in range(_TRIES):
        if good(found := draw()):
            break
    return found

"""Another value of the same kind and form: a name for a name, digits for digits."""

from __future__ import annotations

import random
import re
from typing import Any

from unlearnkit.corpus.locales import (
    US_ENGLISH,
    days,
    months,
    number,
    one_word,
    phone,
    run,
    street,
)
from unlearnkit.corpus.nlp import DATE, EMAIL, LOCATION, PERSON, PHONE

HANDLE = "HANDLE"
"""A user name, or another identifier of the person's that is given in `known`."""
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def replacement(
    entity: str, text: str, words: dict[str, str], rng: random.Random, fake: Any
) -> str:
    """Another value like `text`; it may by chance be the same, or have nothing to replace.

    `words` holds what words of names and places were replaced by: one dict makes them agree.
    `fake` is a seeded Faker of one locale. Of US English, addresses become towns and phone numbers
    other digits, as in earlier versions: the figures of their audits are to be found again.
    """
    locale = str(fake.locales[0])
    if entity == PERSON:
        return _person(text, words, rng, fake)
    if entity == EMAIL:
        return f"{fake.user_name()}@{text.partition('@')[2]}"
    if entity == HANDLE:
        return str(fake.user_name())
    if entity == LOCATION:
        has_number = locale != US_ENGLISH and any(map(str.isdigit, text))
        return words.setdefault(text.casefold(), street(fake) if has_number else str(fake.city()))
    if entity == DATE:
        names = "|".join((*months(locale), *days(locale)))
        return re.sub(rf"{names}|\d+", lambda one: _date_part(one, locale, rng), text)
    if entity == PHONE and locale != US_ENGLISH:
        return phone(text, locale, rng)
    return number(entity, text, rng)


def _person(text: str, words: dict[str, str], rng: random.Random, fake: Any) -> str:
    """As many words; an initial stays one; a word is replaced alike throughout one decoy."""
    last_word = max((one.start() for one in _WORD.finditer(text)), default=0)

    def another(one: re.Match[str]) -> str:
        if len(one[0]) == 1:
            new = rng.choice("ABCDEFGHJKLMNPRSTVW")
        else:
            surname = one.start() == last_word > 0
            new = one_word(fake.last_name if surname else fake.first_name)
        return words.setdefault(one[0].casefold(), new)

    return _WORD.sub(another, text)


def _date_part(one: re.Match[str], locale: str, rng: random.Random) -> str:
    """Another month, weekday, year, time, or number that can stand where this one stood."""
    part = one[0]
    for names in (months(locale), days(locale)):
        if part in names:
            return rng.choice(names)
    told = int(part)
    if len(part) == 4 and 1900 <= told < 2100:
        return str(told + rng.randint(-6, 6))
    minutes = one.string[: one.start()].endswith(":")
    hours = one.string[one.end() :].startswith(":")
    # From, to, and up to what it is replaced: every month has 28 days.
    ranges = ((1, 12, 12), (0, 23, 23)) if hours else ((1, 12, 12), (1, 31, 28), (0, 59, 59))
    for low, high, most in ((0, 59, 59),) if minutes else ranges:
        if low <= told <= high:
            width = len(part) if minutes or part.startswith("0") else 1
            return str(rng.randint(low, most)).zfill(width)
    return run(part, rng)

"""Another value of the same kind and form: a name for a name, digits for digits."""

from __future__ import annotations

import random
import re
from typing import Any

from unlearnkit.corpus.nlp import DATE, EMAIL, LOCATION, PERSON
from unlearnkit.corpus.normalise import MONTHS

HANDLE = "HANDLE"
"""A user name, or another identifier of the person's that is given in `known`."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_IN_DATES = re.compile("|".join((*MONTHS, *_DAYS, r"\d+")))
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def replacement(
    entity: str, text: str, words: dict[str, str], rng: random.Random, fake: Any
) -> str:
    """Another value like `text`; it may by chance be the same, or have nothing to replace.

    `words` holds what words of names and places were replaced by: one dict makes them agree.
    `fake` is a seeded Faker.
    """
    if entity == PERSON:
        return _person(text, words, rng, fake)
    if entity == EMAIL:
        return f"{fake.user_name()}@{text.partition('@')[2]}"
    if entity == HANDLE:
        return str(fake.user_name())
    if entity == LOCATION:
        return words.setdefault(text.casefold(), str(fake.city()))
    if entity == DATE:
        return _IN_DATES.sub(lambda one: _date_part(one, rng), text)
    return re.sub(r"\d+", lambda one: _digits(one[0], rng), text)


def _person(text: str, words: dict[str, str], rng: random.Random, fake: Any) -> str:
    """As many words; an initial stays one; a word is replaced alike throughout one decoy."""
    last_word = max((one.start() for one in _WORD.finditer(text)), default=0)

    def another(one: re.Match[str]) -> str:
        if len(one[0]) == 1:
            new = rng.choice("ABCDEFGHJKLMNPRSTVW")
        else:
            surname = one.start() == last_word > 0
            new = str(fake.last_name() if surname else fake.first_name())
        return words.setdefault(one[0].casefold(), new)

    return _WORD.sub(another, text)


def _date_part(one: re.Match[str], rng: random.Random) -> str:
    """Another month, weekday, year, time, or number that can stand where this one stood."""
    part = one[0]
    for names in (MONTHS, _DAYS):
        if part in names:
            return rng.choice(names)
    number = int(part)
    if len(part) == 4 and 1900 <= number < 2100:
        return str(number + rng.randint(-6, 6))
    minutes = one.string[: one.start()].endswith(":")
    hours = one.string[one.end() :].startswith(":")
    # From, to, and up to what it is replaced: every month has 28 days.
    ranges = ((1, 12, 12), (0, 23, 23)) if hours else ((1, 12, 12), (1, 31, 28), (0, 59, 59))
    for low, high, most in ((0, 59, 59),) if minutes else ranges:
        if low <= number <= high:
            width = len(part) if minutes or part.startswith("0") else 1
            return str(rng.randint(low, most)).zfill(width)
    return _digits(part, rng)


def _digits(part: str, rng: random.Random) -> str:
    """Other digits, as many, without a new leading zero."""
    first = "0" if part.startswith("0") else rng.choice("123456789")
    return first + "".join(rng.choice("0123456789") for _ in part[1:])

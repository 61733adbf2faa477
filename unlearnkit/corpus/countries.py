"""Presidio's own recognisers by country: identity, tax, health and company numbers, passports.

Of a country all of them are taken, also those that Presidio leaves off unless asked: many have no
check digit and find what is none. That costs rows of the index and no more: a row counts where its
keyed hash is that of an identifier that a request gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from unlearnkit.errors import BadInput


def iso_code(country: Any) -> Any:
    """A country's code in upper case, of the United Kingdom ISO's; what is no text stays."""
    if not isinstance(country, str):
        return country
    return "GB" if country.upper() == "UK" else country.upper()


@cache
def by_country() -> dict[str, tuple[type[Any], ...]]:
    """ISO 3166 code -> the classes of Presidio's recognisers, both in the order of their names.

    Left out are those of phones, which the phone recogniser reads in the countries' regions.
    """
    from presidio_analyzer import PatternRecognizer, predefined_recognizers

    found: defaultdict[str, list[type[Any]]] = defaultdict(list)
    for name in sorted(vars(predefined_recognizers)):
        one = getattr(predefined_recognizers, name)
        if isinstance(one, type) and issubclass(one, PatternRecognizer) and one.COUNTRY_CODE:
            found[iso_code(one.COUNTRY_CODE)].append(one)
    return {code: tuple(found[code]) for code in sorted(found)}


def recognisers_of(countries: Iterable[str], language: str) -> list[Any]:
    """The recognisers of these countries (ISO 3166), for texts in any language.

    Raises BadInput for a country that Presidio has none of.
    """
    return [
        one(supported_language=language)
        for code in check_countries(countries)
        for one in by_country()[code]
    ]


def check_countries(countries: Iterable[str]) -> tuple[str, ...]:
    """The countries' ISO codes, each once. Raises BadInput where Presidio knows one of them not."""
    codes = tuple(dict.fromkeys(map(iso_code, countries)))
    unknown = [one for one in codes if one not in by_country()]
    if unknown:
        raise BadInput(
            f"Presidio has no recognisers of the country {', '.join(unknown)}",
            fix=f"It has those of {', '.join(by_country())}.\n"
            "Recognisers of your own can be given: docs/locate.md, 'What is detected'.",
        )
    return codes


@cache
def entities() -> frozenset[str]:
    """What the recognisers of all countries find."""
    return frozenset(
        entity
        for some in by_country().values()
        for one in some
        for entity in one().supported_entities
    )

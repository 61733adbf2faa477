"""First names and surnames that are known as such, without a model: those of Faker's lists.

Many are words too: Koch and Sommer, Rose and Mark. The lists are short: what is in none of them may
be a name all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module

LOCALES = ("de_DE", "de_AT", "de_CH", "en_US", "en_GB")


@lru_cache(maxsize=1)
def known_names() -> frozenset[str]:
    """Every word of them that is written with a capital: of `van der Berg` the last."""
    words = (word for locale in LOCALES for name in _names(locale) for word in name.split())
    return frozenset(word for word in words if not word.islower())


def _names(locale: str) -> Iterator[str]:
    provider = import_module(f"faker.providers.person.{locale}").Provider
    for attribute in dir(provider):
        if attribute.startswith(("first_names", "last_names")):
            yield from getattr(provider, attribute)

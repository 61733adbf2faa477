"""Shorter ways to write a name of three words or more, of which the list keeps the hashes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

_MOST = 6
"""Parts of a name; of longer ones the first two and the last four are combined."""
_SHORTEST = 3
"""Letters of a name that may end a short form."""


def short_forms(words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """(short form, whether it has initials): the first name or its initial, and another one.

    `Juan Pérez`, `Juan C. Pérez` and `J. Pérez García` of Juan Carlos Pérez García: any of the
    names between may be left out, or be an initial. Particles come and go with their name, or are
    left out (`João Silva` of João da Silva e Souza).
    """
    parts = name_parts(words)
    if len(words) < 3 or len(parts) < 2:
        return
    if len(parts) > _MOST:
        parts = [*parts[:2], *parts[2 - _MOST :]]
    whole = " ".join(words)
    ways = [list(dict.fromkeys((" ".join(part), part[-1]))) for part in parts]
    for end in range(1, len(parts)):
        if len(parts[end][-1]) < _SHORTEST:
            continue
        between = [["", *ways[at], parts[at][-1][0]] for at in range(1, end)]
        for chosen in product([parts[0][0], parts[0][0][0]], *between, ways[end]):
            text = " ".join(filter(None, chosen))
            initials = any(len(one) == 1 for one in chosen)
            # Of four names the second is mostly a given name: `J. Carlos` is nobody.
            nobody = len(chosen[0]) == 1 and end == 1 and len(parts) > 3
            if text != whole and not nobody:
                yield text, initials


def name_parts(words: Sequence[str]) -> list[tuple[str, ...]]:
    """The words of a name, each with the particles before it; of one without capitals each word."""
    cased = any(word[:1].isupper() for word in words)
    parts: list[tuple[str, ...]] = []
    begun: tuple[str, ...] = ()
    for word in words:
        begun = (*begun, word)
        if not (cased and word[:1].islower()):
            parts.append(begun)
            begun = ()
    return [*parts, begun] if begun else parts

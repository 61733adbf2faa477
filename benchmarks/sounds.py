"""Surnames by ear: how many that are one name written otherwise, and how many different ones.

    python benchmarks/sounds.py [--results FILE]

surnames.csv: pairs of one name as people write it, in nine groups of languages, and pairs of
different names that look or sound near; written from general knowledge before any rule was tried.
Beside them every pair of 1,500 different surnames of Faker's, of 14 countries. Both are split in
two by SEED. The rule was chosen on the tuning half; the other half was counted once, after that.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Callable, Iterable
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import jellyfish
from faker import Faker

from unlearnkit.artefacts import write_atomic
from unlearnkit.corpus.normalise import normalise
from unlearnkit.domain import IdentifierKind
from unlearnkit.locate.slips import is_slip
from unlearnkit.locate.sounds import alike

PAIRS = Path(__file__).parent / "surnames.csv"
RESULTS = Path(__file__).parent / "results" / "sounds.json"
SEED = 2026
DRAWN = 3000
"""Surnames of Faker's, in both halves."""
LOCALES = [
    *("en_US", "en_GB", "de_DE", "es_ES", "fr_FR", "it_IT", "nl_NL", "sv_SE", "da_DK", "pl_PL"),
    *("cs_CZ", "hr_HR", "pt_PT", "tr_TR"),
]
NEAREST, SHORTEST_CODE = 0.75, 2
"""Of every rule by sound, as in `unlearnkit.locate.sounds`."""

Pair = tuple[str, str]
"""A surname as the request has it and as a text has it."""
Rule = Callable[[str, str], bool]


class Half(NamedTuple):
    """Pairs, each in both directions, by what they are."""

    variants: list[tuple[str, Pair]]
    """With their origin."""
    near: list[Pair]
    drawn: list[Pair]


def main() -> None:
    """Count both halves, print the one that nothing was chosen on, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    found = {name: counted(half) for name, half in halves().items()}
    write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(f"{rules(found)}\n\n{origins(found)}")


def halves() -> dict[str, Half]:
    """The pairs, split in two: names of Faker's by name, the others by pair."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = [
            (row["same"] == "yes", row["origin"], (plain(row["one"]), plain(row["other"])))
            for row in csv.DictReader(file)
        ]
    rng = random.Random(SEED)
    same, others = ([row for row in rows if row[0] is sort] for sort in (True, False))
    rng.shuffle(same)
    rng.shuffle(others)
    names = surnames()
    rng.shuffle(names)
    known = {frozenset(pair) for _, _, pair in same}
    return {
        half: Half(
            [(origin, one) for _, origin, pair in _half(same, half) for one in (pair, pair[::-1])],
            [one for _, _, pair in _half(others, half) for one in (pair, pair[::-1])],
            [one for one in permutations(_half(names, half), 2) if frozenset(one) not in known],
        )
        for half in ("tuning", "held out")
    }


def surnames() -> list[str]:
    """Different ones of one word, as often drawn as Faker has them, in the order of drawing."""
    fake = Faker(LOCALES)
    fake.seed_instance(SEED)
    found: dict[str, None] = {}
    while len(found) < DRAWN:
        name = plain(fake.last_name())
        if name.isascii() and name.isalpha() and len(name) > 2:
            found[name] = None
    return list(found)


def plain(name: str) -> str:
    return normalise(IdentifierKind.NAME, name)


def _half(rows: list[Any], half: str) -> list[Any]:
    middle = len(rows) // 2
    return rows[:middle] if half == "tuning" else rows[middle:]


def slip(wanted: str, found: str) -> bool:
    return is_slip([wanted], [found])


def metaphone(one: str, other: str) -> bool:
    """Metaphone alone."""
    code = jellyfish.metaphone(one)
    return (
        len(code) >= SHORTEST_CODE
        and code == jellyfish.metaphone(other)
        and jellyfish.jaro_winkler_similarity(one, other) >= NEAREST
    )


def earlier(one: str, other: str) -> bool:
    """As `alike` was: Metaphone, or the match rating of what begins alike (Moore et al. 1977)."""
    return metaphone(one, other) or (
        len(jellyfish.metaphone(one)) >= SHORTEST_CODE
        and jellyfish.jaro_winkler_similarity(one, other) >= NEAREST
        and one[0] == other[0]
        and bool(jellyfish.match_rating_comparison(one, other))
    )


RULES: dict[str, Rule] = {
    "Metaphone or match rating (before)": earlier,
    "Metaphone": metaphone,
    "Metaphone or Cologne phonetics (now)": alike,
}


def counted(half: Half) -> dict[str, Any]:
    """How many pairs of each sort there are, slips take, and each rule takes beyond slips."""
    variants = [pair for _, pair in half.variants]
    sorts = {"variants": variants, "near": half.near, "drawn": half.drawn}
    beyond = {name: [pair for pair in pairs if not slip(*pair)] for name, pairs in sorts.items()}
    left = set(beyond["variants"])
    by_origin: dict[str, dict[str, int]] = {}
    for origin, pair in half.variants:
        count = by_origin.setdefault(origin, {"pairs": 0, "slips": 0, "by ear": 0})
        count["pairs"] += 1
        count["slips"] += pair not in left
        count["by ear"] += pair in left and alike(*pair)
    return {
        "pairs": {name: len(pairs) for name, pairs in sorts.items()},
        "slips": {name: len(sorts[name]) - len(pairs) for name, pairs in beyond.items()},
        "beyond slips": {
            rule: {name: _taken(takes, pairs) for name, pairs in beyond.items()}
            for rule, takes in RULES.items()
        },
        "origins": by_origin,
    }


def _taken(takes: Rule, pairs: Iterable[Pair]) -> int:
    return sum(takes(*pair) for pair in pairs)


def rules(found: dict[str, Any]) -> str:
    """The half that nothing was chosen on: slips, and what each rule adds to them."""
    half = found["held out"]
    pairs, slips = half["pairs"], half["slips"]
    lines = [
        "| what takes them | one name, otherwise written | of these, what slips leave "
        "| near, but another name | of a million pairs of Faker's |",
        "| --- | --- | --- | --- | --- |",
        _row("slips alone", dict.fromkeys(slips, 0), pairs, slips),
    ]
    lines += [_row(f"slips; {rule}", more, pairs, slips) for rule, more in _rules(half)]
    return "\n".join(lines)


def _rules(half: dict[str, Any]) -> Iterable[tuple[str, dict[str, int]]]:
    return half["beyond slips"].items()


def _row(name: str, more: dict[str, int], pairs: dict[str, int], slips: dict[str, int]) -> str:
    left = pairs["variants"] - slips["variants"]
    cells = [
        name,
        f"{(slips['variants'] + more['variants']) / pairs['variants']:.3f}",
        f"{more['variants'] / left:.3f}",
        f"{(slips['near'] + more['near']) / pairs['near']:.3f}",
        f"{1e6 * (slips['drawn'] + more['drawn']) / pairs['drawn']:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def origins(found: dict[str, Any]) -> str:
    """The same half by language: what slips find, and the rule in use beside them."""
    rows = found["held out"]["origins"]
    lines = ["| surnames | pairs | slips | and by ear |", "| --- | --- | --- | --- |"]
    for origin, row in rows.items():
        slips, both = row["slips"], row["slips"] + row["by ear"]
        lines.append(
            f"| {origin} | {row['pairs'] // 2} | {slips / row['pairs']:.2f} "
            f"| {both / row['pairs']:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()

"""Which personal values a model is asked for: some of every kind, each once for a person."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.corpus.spellings import says, tidy
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.domain import Record

LIMIT = 100
"""Values of a split that are asked for: each is some ninety continuations."""


@dataclass(frozen=True, slots=True)
class Target:
    """A personal value, the record it stands in, and whom the record is about."""

    record: Record
    value: PersonalValue
    other: str = field(repr=False)
    """Another value of its kind, which does not stand in the record: it comes out by chance."""
    person: str = field(default="", repr=False)
    """A name, or empty where none is known."""
    near: tuple[str, ...] = field(default=(), repr=False)
    """Kept records like this one, the likest first."""
    regions: tuple[str, ...] = REGIONS
    """Where a phone number without its country's code may be from, as the index was made."""

    def said_in(self, text: str) -> bool:
        """Whether a text holds the value, however it is written."""
        return says(text, self.value.entity, self.value.text, self.regions)


def choose_targets(
    records: Sequence[Record],
    values: Sequence[PersonalValue],
    people: Mapping[str, str],
    subjects: Mapping[str, str],
    *,
    seed: int,
    limit: int = LIMIT,
    regions: tuple[str, ...] = REGIONS,
) -> tuple[Target, ...]:
    """At most `limit` of the values, in the records' order, the kinds as even as they can be.

    `people` are names and `subjects` whose record it is, both by record id; a record of nobody
    known is a person by itself. A value is asked for once for each person. One without an
    alternative ("yesterday") is left out: how often it comes by chance could not be told.
    """
    by_id = {one.id: one for one in records}
    by_kind: dict[str, list[tuple[int, Target]]] = {}
    seen: set[tuple[str, str, str]] = set()
    for at, value in enumerate(values):
        record = by_id[value.record_id]
        key = (subjects.get(record.id, record.id), value.entity, tidy(value.text))
        person = people.get(record.id, "")
        other = _other(record, value, person, seed, regions)
        if other and key not in seen:
            seen.add(key)
            target = Target(record, value, other, person, regions=regions)
            by_kind.setdefault(value.entity, []).append((at, target))
    kinds = list(by_kind.values())
    shares = quotas([len(of_kind) for of_kind in kinds], limit)
    chosen = [
        of_kind[len(of_kind) * nth // quota]  # evenly apart
        for of_kind, quota in zip(kinds, shares, strict=True)
        for nth in range(quota)
    ]
    return tuple(target for _, target in sorted(chosen, key=lambda placed: placed[0]))


def quotas(counts: Sequence[int], limit: int) -> list[int]:
    """How many values of each kind are chosen, where `counts` are there.

    Each kind gets an equal share of `limit`. What a rare kind leaves of its share goes to the
    others, whose numbers then differ by at most one. Together they are `limit`, or all there are.
    """
    shares = [0] * len(counts)
    left = limit
    rarest_first = sorted(range(len(counts)), key=lambda kind: counts[kind])
    for served, kind in enumerate(rarest_first):
        shares[kind] = min(counts[kind], left // (len(counts) - served))
        left -= shares[kind]
    return shares


def _other(
    record: Record, value: PersonalValue, person: str, seed: int, regions: tuple[str, ...]
) -> str:
    """One of the alternatives that do not stand in the record (seeded), or nothing."""
    rng = random.Random(f"{seed}:{record.id}:{value.start}")
    around = f"{record.content}\n{person}"
    drawn = rng.sample(value.alternatives, len(value.alternatives))
    free = (
        one
        for one in drawn
        if not says(around, value.entity, one, regions)
        and not says(one, value.entity, value.text, regions)
    )
    return next(free, "")


def targets_digest(targets: Iterable[Target]) -> str:
    """Hex SHA-256 over everything that the figures of these targets depend on."""
    total = hashlib.sha256()
    for one in targets:
        value = one.value
        place = (value.record_id, value.entity, value.start, value.end)
        what: tuple[object, ...] = (*place, one.other, one.person, one.near, value.alternatives)
        if one.regions != REGIONS:  # scores that were kept without them hold for the others
            what = (*what, one.regions)
        total.update(f"{what!r}\n".encode())
    return total.hexdigest()

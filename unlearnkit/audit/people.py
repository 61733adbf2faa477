"""Whose the records are that a figure rests on: people are the sample, not their records.

What a model makes of one record of a person it makes of that person's others, so that intervals
take people whole (cluster bootstrap; Cameron, Gelbach and Miller 2008). A record that nothing ties
to anybody is somebody by itself; who is who is `pipeline/subjects.py`'s to say.

Of fewer than FEWEST people no interval can speak for others: the range of n of them misses their
median once in 2 ** (n - 1). It is then of the records, so about these people's records only, and
`Measurement.people` and `Difference.people` say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from unlearnkit.domain import FEWEST_PEOPLE, Split

OfWhom = Mapping[Split, Mapping[str, str]]
"""Whose the records of a split are, by record id; one that is not there is somebody by itself."""
ALONE = "record "
"""Before the id of such a record, as its subject."""


@dataclass(frozen=True, slots=True)
class Units:
    """What an interval draws, one name for each record; records of one name are drawn together."""

    names: tuple[str, ...]
    people: int
    """Whom all the records are about together."""

    def __len__(self) -> int:
        return len(set(self.names))

    @property
    def places(self) -> list[int]:
        """Which unit each record is of, counted in the order in which they come."""
        order: dict[str, int] = {}
        return [order.setdefault(one, len(order)) for one in self.names]


def units(records: Iterable[str], of_whom: Mapping[str, str] | None = None) -> Units:
    """What is drawn of these records: people, or, of too few, records."""
    ids = list(records)
    whose = tuple((of_whom or {}).get(one, f"{ALONE}{one}") for one in ids)
    people = len(set(whose))
    if people < FEWEST_PEOPLE:
        return Units(tuple(f"{ALONE}{one}" for one in ids), people)
    return Units(whose, people)

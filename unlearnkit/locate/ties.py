"""Which identifiers occur together, and what that says about whose they are. Keyed hashes only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from unlearnkit.corpus.entities import KINDS, EntityRow
from unlearnkit.corpus.nlp import CUSTOMER, EMAIL, PHONE
from unlearnkit.domain import IdentifierKind, Record

TIED = (EMAIL, PHONE, CUSTOMER)
"""Entities that tie records to people."""


class Value(NamedTuple):
    """An identifier: its kind and the keyed hash of its normalised value."""

    kind: IdentifierKind
    hash: str


@dataclass(frozen=True, slots=True)
class Ties:
    """E-mail addresses, phone and customer numbers of the corpus, by record and by value."""

    of_record: Callable[[str], Sequence[Value]]
    """The values in a record."""
    records: Callable[[Value], Sequence[str]]
    """The ids of the records with a value."""
    in_turn: Callable[[Value], Iterator[str]]
    """The same one after the other, for who does not need them all; some may come twice."""
    group_of: dict[str, str]
    """Record id -> group, where it has one."""
    members: dict[str, tuple[str, ...]]
    """Group -> its record ids."""
    shared_after: int

    def around(self, record_id: str) -> frozenset[Value]:
        """The values of a record; those of its thread where it has none of its own."""
        own = self.within(record_id)
        return own or self.of_group(self.group_of.get(record_id, ""))

    def within(self, record_id: str) -> frozenset[Value]:
        """The values of a record itself."""
        return frozenset(self.of_record(record_id))

    def of_group(self, group: str) -> frozenset[Value]:
        """All values in a thread."""
        return frozenset(
            value for member in self.members.get(group, ()) for value in self.of_record(member)
        )

    def beside(self, value: Value) -> frozenset[Value]:
        """The values that occur in a record together with this one."""
        return frozenset(
            other
            for record_id in self.records(value)
            for other in self.of_record(record_id)
            if other != value
        )

    def shared(self, value: Value) -> bool:
        """An address or phone beside many customers' identifiers is the company's, not theirs."""
        if value.kind is IdentifierKind.CUSTOMER_ID:
            return False
        beside: dict[IdentifierKind, set[Value]] = {
            kind: set() for kind in (IdentifierKind.CUSTOMER_ID, value.kind)
        }
        for record_id in self.in_turn(value):  # an address of the company's is in very many
            for other in self.of_record(record_id):
                if other.kind in beside and other != value:
                    beside[other.kind].add(other)
            if any(len(others) >= self.shared_after for others in beside.values()):
                return True
        return False

    def any_figure(self, value: Value) -> bool:
        """A 'phone number' that a single record has may be an order number, or anything else."""
        if value.kind is not IdentifierKind.PHONE:
            return False
        held = self.in_turn(value)
        first = next(held, None)
        return first is not None and all(one == first for one in held)

    def distinguishing(self, values: Iterable[Value]) -> frozenset[Value]:
        """Those that are not shared."""
        return frozenset(value for value in values if not self.shared(value))


def tie(
    places: Mapping[Value, Sequence[EntityRow]], records: Sequence[Record], shared_after: int
) -> Ties:
    """From where each e-mail address, phone and customer number stands."""
    holders = {
        value: tuple(dict.fromkeys(row.record_id for row in rows)) for value, rows in places.items()
    }
    of_record: defaultdict[str, list[Value]] = defaultdict(list)
    for value, ids in holders.items():
        for one in ids:
            of_record[one].append(value)
    return ties_of(
        records,
        lambda one: of_record.get(one, ()),
        lambda value: holders.get(value, ()),
        lambda value: iter(holders.get(value, ())),
        shared_after,
    )


def ties_of(
    records: Iterable[Record],
    of_record: Callable[[str], Sequence[Value]],
    holders: Callable[[Value], Sequence[str]],
    in_turn: Callable[[Value], Iterator[str]],
    shared_after: int,
) -> Ties:
    """The records' threads, beside what tells their values."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        if record.group:
            members[record.group].append(record.id)
    return Ties(
        of_record,
        holders,
        in_turn,
        group_of={one: group for group, ids in members.items() for one in ids},
        members={group: tuple(ids) for group, ids in members.items()},
        shared_after=shared_after,
    )


def by_value(rows: Iterable[EntityRow]) -> dict[Value, list[EntityRow]]:
    """Where each e-mail address, phone and customer number stands."""
    found: defaultdict[Value, list[EntityRow]] = defaultdict(list)
    for row in rows:
        found[Value(KINDS[row.entity], row.hash)].append(row)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Linked:
    """Identifiers the request does not name, tied to the subject by one record (one hop)."""

    certain: frozenset[Value]
    uncertain: frozenset[Value]


def link(ties: Ties, own: frozenset[Value], tying: Iterable[str], by_name_only: bool) -> Linked:
    """Values of kinds the request does not give, in the records `tying` that are the subject's.

    A value is linked when it never occurs beside somebody else's identifiers without the subject's.
    It is certain when it is the only one of its kind and the record was found by an identifier; a
    link through a name alone, or beside what may be somebody else's phone number, is for a person
    to judge.
    """
    tying = frozenset(tying)
    known = {value.kind for value in own}
    candidates = {
        value
        for record_id in tying
        for value in ties.of_record(record_id)
        if value.kind not in known and not ties.shared(value)
    }
    if not candidates:
        return Linked(frozenset(), frozenset())

    def only_beside(allowed: Callable[[Value], bool]) -> Iterator[Value]:
        """Candidates that stand beside nothing else in the records that are not the subject's."""
        for value in candidates:
            if all(
                record_id in tying
                or not own.isdisjoint(ties.of_record(record_id))
                or all(map(allowed, ties.of_record(record_id)))
                for record_id in ties.records(value)
            ):
                yield value

    linked = frozenset(only_beside(lambda one: one in candidates or ties.any_figure(one)))
    clear = list(only_beside(candidates.__contains__))
    kinds = [value.kind for value in clear]
    sure = frozenset(one for one in clear if kinds.count(one.kind) == 1 and not by_name_only)
    return Linked(certain=sure, uncertain=linked - sure)

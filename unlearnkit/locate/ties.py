"""Which identifiers occur together, and what that says about whose they are. Keyed hashes only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
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
    thread_of: Callable[[str], str]
    """The thread or ticket a record belongs to; empty where to none."""
    members: Callable[[str], Sequence[str]]
    """The ids of a thread's records."""
    shared_after: int

    def around(self, record_id: str) -> frozenset[Value]:
        """The values of a record; those of its thread where it has none of its own."""
        own = self.within(record_id)
        return own or self.of_thread(self.thread_of(record_id))

    def within(self, record_id: str) -> frozenset[Value]:
        """The values of a record itself."""
        return frozenset(self.of_record(record_id))

    def of_thread(self, thread: str) -> frozenset[Value]:
        """All values in a thread."""
        return frozenset(
            value for member in self.members(thread) for value in self.of_record(member)
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

    def another_customers(self, record_id: str, numbers: Set[Value]) -> bool:
        """Whether a customer number that occurs more than once stands there, and none of these.

        Not where there are none to compare with: then it may be the subject's.
        """
        there = {one for one in self.within(record_id) if one.kind is IdentifierKind.CUSTOMER_ID}
        established = any(len(self.records(one)) > 1 for one in there)
        return established and bool(numbers) and numbers.isdisjoint(there)

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
    members: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        if record.group:
            members[record.group].append(record.id)
    thread_of = {one: thread for thread, ids in members.items() for one in ids}
    return Ties(
        lambda one: of_record.get(one, ()),
        lambda value: holders.get(value, ()),
        lambda value: iter(holders.get(value, ())),
        lambda one: thread_of.get(one, ""),
        lambda thread: members.get(thread, ()),
        shared_after,
    )


def by_value(rows: Iterable[EntityRow]) -> dict[Value, list[EntityRow]]:
    """Where each e-mail address, phone and customer number stands."""
    found: defaultdict[Value, list[EntityRow]] = defaultdict(list)
    for row in rows:
        found[Value(KINDS[row.entity], row.hash)].append(row)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Linked:
    """Identifiers the request does not name, tied to the subject by a record (one hop)."""

    certain: frozenset[Value]
    uncertain: frozenset[Value]


def link(
    ties: Ties, own: frozenset[Value], tying: Collection[str], named: Collection[str]
) -> Linked:
    """Values of kinds the request does not give, in the records `tying` that are the subject's.

    A value is linked when it occurs beside nobody else's identifiers without the subject's, or is
    one of few of its kind. It is certain when it is the only one, beside nothing that may be
    somebody else's, and well tied; never without any of the subject's `own`, for a link through a
    name alone is for a person to judge. `named` are the records with the whole name.
    """
    tied = _Tied(ties, own, frozenset(tying), frozenset(named))
    candidates = tied.candidates()
    of_kind = Counter(one.kind for one in candidates)
    leading = Counter(one.kind for one in candidates if not ties.any_figure(one))
    certain, uncertain = set(), set()
    for one in candidates:
        strangers = tied.elsewhere_beside(one) - candidates
        clear = not strangers and of_kind[one.kind] == 1 and not tied.shared_by_two(one)
        if own and clear and tied.well(one):
            certain.add(one)
        elif leading[one.kind] < ties.shared_after or all(map(ties.any_figure, strangers)):
            uncertain.add(one)
    return Linked(frozenset(certain), frozenset(uncertain))


@dataclass(frozen=True, slots=True)
class _Tied:
    """What the subject's records tie to them."""

    ties: Ties
    own: frozenset[Value]
    tying: frozenset[str]
    named: frozenset[str]

    def candidates(self) -> frozenset[Value]:
        """What is not shared, of the kinds that the request does not give."""
        return self.ties.distinguishing(
            value
            for value in {one for held in self.tying for one in self.ties.of_record(held)}
            if not self._given(value)
        )

    def elsewhere_beside(self, value: Value) -> frozenset[Value]:
        """Itself, and what stands beside it in records that hold nothing of the subject's."""
        others = (self.ties.of_record(one) for one in self.ties.records(value) if self._other(one))
        return frozenset(value for values in others for value in values)

    def shared_by_two(self, value: Value) -> bool:
        """Whether it stands anywhere beside what tells somebody else, or beside two customers'."""
        beside = self.ties.distinguishing(self.ties.beside(value) - self.own)
        telling = [one for one in beside if not self.ties.any_figure(one)]
        numbers = [one for one in telling if one.kind is IdentifierKind.CUSTOMER_ID]
        return len(numbers) > 1 or any(map(self._given, telling))

    def well(self, value: Value) -> bool:
        """A customer number is a customer's; an address or phone in one record may be staff's.

        Unless the record writes the whole name. A thread is one record.
        """
        records = self.tying.intersection(self.ties.records(value))
        threads = {self.ties.thread_of(one) or one for one in records}
        number = value.kind is IdentifierKind.CUSTOMER_ID
        return number or len(threads) > 1 or not self.named.isdisjoint(records)

    def _given(self, value: Value) -> bool:
        return any(value.kind is one.kind for one in self.own)

    def _other(self, record_id: str) -> bool:
        return record_id not in self.tying and self.own.isdisjoint(self.ties.of_record(record_id))

"""The do-not-train list, to be looked things up in."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from unlearnkit.domain import Forgotten, IdentifierKind
from unlearnkit.locate.digests import DIGESTS, digest_spellings
from unlearnkit.locate.do_not_train import namespace
from unlearnkit.locate.hits import IDENTIFYING
from unlearnkit.locate.ties import Value
from unlearnkit.pseudonym import keyed_hash


@dataclass(frozen=True, slots=True)
class DoNotTrain:
    """Its entries by what was hashed; plain values are hashed on the way in."""

    key: bytes = field(repr=False)
    entries: dict[tuple[str, str], tuple[Forgotten, ...]]
    """(what it was hashed as, hash) -> entries."""
    kinds: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[Forgotten], key: bytes) -> DoNotTrain:
        """The entries, in an order that does not depend on how they came."""
        found: defaultdict[tuple[str, str], list[Forgotten]] = defaultdict(list)
        for one in sorted(entries):
            found[namespace(one.kind), one.hash].append(one)
        kinds = frozenset(namespace(one.kind) for some in found.values() for one in some)
        return cls(key, {place: tuple(some) for place, some in found.items()}, kinds)

    def at(self, kind: str, hashed: str) -> Sequence[Forgotten]:
        """The entries with a hash that is there already."""
        return self.entries.get((kind, hashed), ())

    def of_value(self, kind: str, plain: str) -> Sequence[Forgotten]:
        """The entries of a normalised value."""
        if kind not in self.kinds or not plain:
            return ()
        return self.at(kind, keyed_hash(self.key, kind, plain))

    def by_digest(self, kind: IdentifierKind, value: str, regions: Sequence[str]) -> Iterator[str]:
        """The ids of the requests that gave a digest of the value in one of its spellings."""
        for name in DIGESTS:
            if (hashed_as := f"{kind.value}:{name}") in self.kinds:
                for text in sorted(digest_spellings(kind, value, regions)):
                    digest = hashlib.new(name, text.encode()).hexdigest()
                    for one in self.of_value(hashed_as, digest):
                        yield one.request_id

    def requests_with(self, kind: str) -> frozenset[str]:
        """The ids of the requests with an entry of this kind."""
        return frozenset(
            one.request_id
            for (kept_as, _), some in self.entries.items()
            if kept_as == kind
            for one in some
        )

    def known(self) -> dict[str, frozenset[IdentifierKind]]:
        """Request id -> of names and user names, which the list has."""
        kinds = (IdentifierKind.NAME, IdentifierKind.HANDLE)
        holders = {one: self.requests_with(one.value) for one in kinds}
        requests = {one.request_id for some in self.entries.values() for one in some}
        return {
            request: frozenset(one for one in kinds if request in holders[one])
            for request in requests
        }

    def owned(self) -> dict[str, frozenset[Value]]:
        """Request id -> the person's identifying values."""
        known = {one.value: one for one in IDENTIFYING}
        found: defaultdict[str, set[Value]] = defaultdict(set)
        for (kind, hashed), some in self.entries.items():
            for one in some:
                if kind in known:
                    found[one.request_id].add(Value(known[kind], hashed))
        return {request: frozenset(values) for request, values in found.items()}

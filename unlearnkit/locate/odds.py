"""How much a record's evidence says that it is about this person, and not about one written alike.

The weight of evidence of Fellegi and Sunter 1969 ("A Theory for Record Linkage", JASA 64), in bits:
the rarer in this corpus what a record holds, the more it says. `Maria Garcia` says less than
`Ngozi Brandvold`. docs/locate.md has it for readers; nothing is decided by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log2, prod
from types import MappingProxyType

from unlearnkit.domain import IdentifierKind
from unlearnkit.locate.hits import Hit

ASSUMED = MappingProxyType(
    {"record": 1e-12, "identifier": 1e-9, "link": 1e-8, "tied": 1e-8, "mailbox": 1e-8}
)
"""Chances that a corpus does not tell, set by hand: of what hardly anybody shares."""
LOOSER = MappingProxyType(
    {
        "nickname": 4.0,
        "shortened": 4.0,
        "turned": 4.0,
        "initials": 20.0,
        "marks": 4.0,
        "typo": 20.0,
        "phonetic": 20.0,
        "transliterated": 20.0,
        "otherday": 4.0,
        "otherborn": 20.0,
        "longer": 20.0,
        "apart": 20.0,
        "wordlike": 20.0,
        "words": 20.0,
    }
)
"""How many times as many names fit a looser way to write one; set by hand."""
UNKNOWN_WORD = 1e-3
"""Of a name's word where only its hash is there: as many records as have a frequent first name."""


@dataclass(frozen=True, slots=True)
class Rarity:
    """In which share of a corpus' records others have what the subject's evidence is made of."""

    records: int
    whole_name: float = UNKNOWN_WORD**2
    """Its words side by side by chance, each as frequent as without the other; of several names
    the most frequent one's."""
    part_of_name: float = UNKNOWN_WORD
    """The most frequent word of a name."""
    shared: Mapping[IdentifierKind, float] = field(default_factory=dict)
    """What people share (an address, a date of birth): the records that hold the subject's."""
    threads: float = UNKNOWN_WORD
    """The records that are found by their thread."""

    def log_odds(self, hits: Iterable[Hit]) -> float:
        """Bits: -log2 of how many records of others would hold such evidence by chance.

        10 bits: one in a thousand corpora like this has such a record; 0: this one has about one;
        below 0: several. Of each kind of identifier the rarest evidence counts, and kinds are taken
        to be independent.
        """
        rarest: dict[IdentifierKind | str, float] = {}
        for hit in hits:
            kind = "thread" if hit.how == "thread" else hit.kind
            rarest[kind] = min(rarest.get(kind, 1.0), self.chance(hit))
        return -log2(self.records) - sum(map(log2, rarest.values()))

    def chance(self, hit: Hit) -> float:
        """The share of others' records that hold such evidence, above 0 and at most 1."""
        if hit.how in ASSUMED:
            return ASSUMED[hit.how]
        if hit.how == "thread":
            return self.threads
        if hit.kind is IdentifierKind.NAME:
            if hit.how == "partial":
                return self.part_of_name
            return min(1.0, self.whole_name * LOOSER.get(hit.how, 1.0))
        if hit.identifies:
            return ASSUMED["identifier"]
        return self.shared.get(hit.kind, UNKNOWN_WORD)


def with_threads(found: Rarity, evidence: Iterable[Iterable[Hit]]) -> Rarity:
    """The same, and how many records have their thread among their evidence."""
    count = sum(any(hit.how == "thread" for hit in hits) for hits in evidence)
    return replace(found, threads=_share(count, found.records))


def rarity(
    records: int,
    names: Iterable[Sequence[set[str] | frozenset[str]]],
    hits: Mapping[str, Iterable[Hit]],
) -> Rarity:
    """From where the words of each name stand (record ids by word), and from what was found.

    Every share is (n + 1) / (N + 2): what was never seen is rare, and not impossible.
    """
    whole, part = [], []
    for words in names:
        alone = (held.difference(*words[:at], *words[at + 1 :]) for at, held in enumerate(words))
        whole.append(prod(_share(len(held), records) for held in alone))
        part.append(max((_share(len(held), records) for held in words), default=UNKNOWN_WORD))
    holders: dict[IdentifierKind, set[str]] = {}
    for record_id, some in hits.items():
        for hit in some:
            holders.setdefault(hit.kind, set()).add(record_id)
    return Rarity(
        records=records,
        whole_name=max(whole, default=UNKNOWN_WORD**2),
        part_of_name=max(part, default=UNKNOWN_WORD),
        shared={kind: _share(len(ids), records) for kind, ids in holders.items()},
    )


def _share(count: int, records: int) -> float:
    return (count + 1) / (records + 2)

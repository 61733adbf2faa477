"""A made-up company of any size for `locate.py`, and an index of it written without reading texts.

Its people are the demo company's, drawn so that names repeat as they do among thousands; its
records are the demo company's too, each labelled with whose it is and what makes it hard to find.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from faker import Faker

from unlearnkit.demo.company import LabelledRecord
from unlearnkit.demo.company_people import (
    NICKNAMES,
    Customer,
    erasure_request,
    person,
    same_initial,
)
from unlearnkit.demo.company_texts import Document, hard_documents, usual_documents

LOCALES = ["en_US", "en_GB", "de_DE", "es_ES", "fr_FR", "pl_PL", "it_IT"]
SERIALS = 12_000
"""As many people as have a number, an address and a phone of their own."""
HARD, USUAL = 9, 7.5
"""Records of a person, on average."""


@dataclass(frozen=True)
class Crowd:
    """Labelled records, and those of its people who ask."""

    records: tuple[LabelledRecord, ...]
    asking: tuple[Customer, ...]
    requests: tuple[dict[str, Any], ...]
    """OpenDSR, in the same order: all identifiers; no customer number; the address as a hash."""
    everybody: tuple[Customer, ...]

    @cached_property
    def by_id(self) -> dict[str, LabelledRecord]:
        """Record id -> record."""
        return {record.id: record for record in self.records}

    @cached_property
    def _of(self) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for record in self.records:
            for number in record.concerns:
                found[number].append(record.id)
        return dict(found)

    def truth(self, one: Customer) -> frozenset[str]:
        """The records that concern this person."""
        return frozenset(self._of[one.number])


def crowd(seed: int, *, records: int, people: int, asking: int) -> Crowd:
    """So many records of so many people; of those who ask each has every hard case.

    Every fourth who asks has a namesake on purpose, the next one somebody of the same initial and
    surname; beside these, names repeat by chance. `people` are at most SERIALS.
    """
    rng = random.Random(seed)
    serials = rng.sample(range(SERIALS), people)
    askers, others = _people(rng, serials, asking)
    fake = Faker(["en_US", "en_GB"])
    fake.seed_instance(rng.getrandbits(32))
    documents = [document for one in askers for document in hard_documents(rng, fake, one)]
    room = records - sum(len(pieces) for _, pieces in documents)
    # A little more than is needed: what does not fit is left out at the end.
    share_hard = (room / len(others) - USUAL) / (HARD - USUAL) + 0.05
    for one in rng.sample(others, len(others)):
        written = hard_documents if rng.random() < share_hard else usual_documents
        for document in written(rng, fake, one):
            if len(document[1]) <= room:
                documents.append(document)
                room -= len(document[1])
    rng.shuffle(documents)
    return Crowd(
        records=tuple(_numbered(documents)),
        asking=tuple(askers),
        requests=tuple(erasure_request(rng, at, one) for at, one in enumerate(askers)),
        everybody=(*askers, *others),
    )


def _people(
    rng: random.Random, serials: list[int], asking: int
) -> tuple[list[Customer], list[Customer]]:
    """Who asks, and everybody else: namesakes on purpose first."""
    fake = Faker(LOCALES)
    fake.seed_instance(rng.getrandbits(32))
    free = iter(serials)
    askers = [
        person(rng, rng.choice(sorted(NICKNAMES)), _name(fake.last_name), next(free))
        for _ in range(asking)
    ]
    others = []
    for at, one in enumerate(askers):
        if at % 4 == 0:
            others.append(person(rng, one.first, one.last, next(free)))
        if at % 4 == 1:
            others.append(person(rng, same_initial(rng, one.first), one.last, next(free)))
    for serial in free:
        others.append(person(rng, _name(fake.first_name), _name(fake.last_name), serial))
    return askers, others


def _name(draw: Any) -> str:
    """A name of one word, as the demo company has them."""
    while True:
        name: str = draw()
        if name.isalpha() and len(name) > 3:
            return name


def _numbered(documents: list[Document]) -> Iterator[LabelledRecord]:
    for number, (customer, pieces) in enumerate(documents):
        for turn, (_, hardness, text) in enumerate(pieces):
            yield LabelledRecord(
                id=f"{number}-{turn}",
                text=text,
                group=str(number) if len(pieces) > 1 else "",
                concerns=frozenset({customer.number}),
                hardness=hardness,
            )

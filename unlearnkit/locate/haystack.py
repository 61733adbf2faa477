"""A corpus with its index, made ready once for any number of requests.

Everything here depends on the corpus and on no person. It is made when it is first asked for: a
request without names needs no words.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from unlearnkit.corpus.entities import EntityRow
from unlearnkit.corpus.index import Index
from unlearnkit.corpus.nlp import CUSTOMER, EMAIL, LOCATION, PERSON, PHONE
from unlearnkit.corpus.normalise import fold
from unlearnkit.corpus.reader import Corpus
from unlearnkit.locate.name_search import Runs, Words, odd_names, read_words
from unlearnkit.locate.sieve import Block, blocks
from unlearnkit.locate.ties import Ties, Value, by_value, tie

Made = TypeVar("Made")


@contextmanager
def uncollected() -> Iterator[None]:
    """For making millions of small objects, none in a cycle: nobody looks for cycles meanwhile."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def made_once(make: Callable[[Any], Made]) -> cached_property[Made]:
    """A cached property, made `uncollected`."""
    return cached_property(uncollected()(make))


@dataclass(frozen=True)
class Haystack:
    """What is searched for each of several people. `shared_after`: see docs/locate.md."""

    corpus: Corpus
    index: Index
    shared_after: int

    @made_once
    def rows(self) -> list[EntityRow]:
        """The index's e-mail addresses, phones and customer numbers."""
        return self.index.rows((EMAIL, PHONE, CUSTOMER))

    def people(self) -> Iterator[EntityRow]:
        """Names that NER found; not kept, for there are as many as records."""
        return self.index.each((PERSON,))

    def numbers(self, entity: str) -> dict[str, list[EntityRow]]:
        """Hash -> where it stands, of another entity, such as dates."""
        if entity not in self._numbers:
            found: defaultdict[str, list[EntityRow]] = defaultdict(list)
            for row in self.index.rows((entity,)):
                found[row.hash].append(row)
            self._numbers[entity] = dict(found)
        return self._numbers[entity]

    @cached_property
    def _numbers(self) -> dict[str, dict[str, list[EntityRow]]]:
        return {}

    @made_once
    def addresses(self) -> dict[str, list[EntityRow]]:
        """Record id -> its e-mail addresses."""
        found: defaultdict[str, list[EntityRow]] = defaultdict(list)
        for row in self.rows:
            if row.entity == EMAIL:
                found[row.record_id].append(row)
        return dict(found)

    @made_once
    def ties(self) -> Ties:
        """Which identifiers occur together."""
        return tie(self.places, self.corpus.records, self.shared_after)

    @made_once
    def places(self) -> dict[Value, list[EntityRow]]:
        """Where each identifier stands."""
        return by_value(self.rows)

    @made_once
    def texts(self) -> dict[str, str]:
        """Record id -> what is searched."""
        return {record.id: record.content for record in self.corpus.records}

    @made_once
    def folded(self) -> tuple[str, ...]:
        """The same without accents, in the order of the corpus."""
        return tuple(fold(record.content) for record in self.corpus.records)

    @made_once
    def blocks(self) -> list[Block]:
        """The same in lower case, many as one."""
        return blocks(self.folded)

    @made_once
    def words(self) -> Words:
        """Which words the texts hold, and where the name-like ones are."""
        return read_words(record.content for record in self.corpus.records)

    @made_once
    def odd_names(self) -> Runs:
        """NER's names that are not written as names are."""
        people = ((row.record_id, row.start, row.end) for row in self.people())
        return odd_names(people, self.texts)

    def in_location(self, record_id: str, at: int) -> bool:
        """Whether a letter belongs to a place that NER found."""
        return any(start <= at < end for start, end in self._locations.get(record_id, ()))

    @made_once
    def _locations(self) -> dict[str, list[tuple[int, int]]]:
        found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for row in self.index.rows((LOCATION,)):
            found[row.record_id].append((row.start, row.end))
        return dict(found)

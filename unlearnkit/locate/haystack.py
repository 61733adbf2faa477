"""A corpus with its index, made ready once for any number of requests.

Everything here depends on the corpus and on no person. It is made when it is first asked for, and
of single words, values and records only what is asked.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from unlearnkit.corpus.entities import KINDS, EntityRow
from unlearnkit.corpus.index import Index
from unlearnkit.corpus.lookup import Lookup
from unlearnkit.corpus.nlp import LOCATION, PERSON
from unlearnkit.corpus.numbers import FIGURES
from unlearnkit.corpus.reader import Corpus
from unlearnkit.domain import Record
from unlearnkit.locate.blocks import Blocks, blocks, holding, holding_word
from unlearnkit.locate.name_search import (
    Asked,
    Runs,
    in_lower_case,
    in_sentence,
    odd_names,
)
from unlearnkit.locate.others import of_many_customers
from unlearnkit.locate.slips import Trace
from unlearnkit.locate.spelling import plain
from unlearnkit.locate.ties import TIED, Ties, Value

_PATTERNS = 64
"""So many are remembered with the records that hold them."""
_TEXTS = 16
"""So many texts are remembered: rows of one record follow one another."""


@dataclass(frozen=True)
class Haystack:
    """What is searched for each of several people. `shared_after`: see docs/locate.md."""

    corpus: Corpus
    index: Index
    shared_after: int

    @cached_property
    def lookup(self) -> Lookup:
        """The index's rows, by keyed hash and by record."""
        return self.index.lookup()

    def places(self, value: Value) -> list[EntityRow]:
        """Where an e-mail address, phone or customer number stands."""
        return list(self._places_in_turn(value))

    def _places_in_turn(self, value: Value) -> Iterator[EntityRow]:
        for row in self.lookup.with_hash(value.hash):
            if row.entity in TIED and KINDS[row.entity] is value.kind:
                yield row

    def _in_turn(self, value: Value) -> Iterator[str]:
        return (row.record_id for row in self._places_in_turn(value))

    def numbers(self, entity: str, hashed: str) -> list[EntityRow]:
        """Where a value of another entity stands, such as a date; as FIGURES of any."""
        rows = self.lookup.with_hash(hashed)
        return [row for row in rows if entity in (row.entity, FIGURES)]

    def within(self, record: Record, entity: str) -> list[EntityRow]:
        """What the index has of one entity in a record."""
        return [row for row in self.lookup.of_record(record.id) if row.entity == entity]

    def persons(self, record_id: str) -> list[tuple[int, int]]:
        """Where NER found people in a record."""
        rows = self.lookup.of_record(record_id)
        return [(row.start, row.end) for row in rows if row.entity == PERSON]

    @cached_property
    def of_many_customers(self) -> Asked:
        """Whether a name, as it is written, stands in the records of many customers."""
        return cache(lambda name: of_many_customers(self._writing(name), self.ties))

    def _writing(self, name: str) -> Iterator[str]:
        found = self.holding([re.escape(plain(name))])
        return (one.id for one in found if name in one.content)

    @cached_property
    def ties(self) -> Ties:
        """Which identifiers occur together."""
        return Ties(
            cache(self._values),
            cache(self._holders),
            self._in_turn,
            self.corpus.records.thread_of,
            self.corpus.records.members,
            self.shared_after,
        )

    def _values(self, record_id: str) -> tuple[Value, ...]:
        rows = self.lookup.of_record(record_id)
        values = (Value(KINDS[row.entity], row.hash) for row in rows if row.entity in TIED)
        return tuple(dict.fromkeys(values))

    def _holders(self, value: Value) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.record_id for row in self.places(value)))

    def detected(self) -> Iterator[EntityRow]:
        """Every row of what is looked for by digests; of these any may have one."""
        yield from self.index.each(TIED)
        yield from self.index.each((PERSON,))

    @cached_property
    def text(self) -> Callable[[str], str]:
        """What is searched of a record; of one after the other many are asked for."""
        return lru_cache(_TEXTS)(lambda one: self.texts_of({one})[one])

    def texts_of(self, ids: Set[str]) -> dict[str, str]:
        """Record id -> what is searched."""
        return {one: record.content for one, record in self.corpus.records.of(ids).items()}

    @cached_property
    def blocks(self) -> Blocks:
        """All texts in lower case and without accents, many as one."""
        return blocks(self.corpus.records.contents())

    def in_other_letters(self) -> Iterator[Record]:
        """Among them all with a letter that is not of ASCII even without its accent."""
        for block in self.blocks:
            if not block.joined.isascii():
                yield from self.corpus.records.at(block.places.tolist())

    def close(self) -> None:
        """Give the texts' room on the disk back."""
        if "blocks" in self.__dict__:
            self.blocks.file.close()

    def holding(self, patterns: Iterable[str]) -> list[Record]:
        """The records in which, so written, one of the patterns stands, in their order."""
        return self._at(place for one in patterns for place in self._places(one))

    def with_traces(self, traces: Iterable[Trace]) -> list[Record]:
        """The same of traces."""
        return self._at(place for one in traces for place in self._with_trace(one))

    def _with_trace(self, trace: Trace) -> Iterator[int]:
        """The word is searched for once for one person, and the rest where it stands alone."""
        if not trace.word:
            for one in trace.patterns:
                yield from self._places(one)
            return
        places = self._places(trace.word)
        few = self.blocks.only(places)
        for one in trace.patterns:
            yield from holding(one, few)

    def _at(self, places: Iterable[int]) -> list[Record]:
        return list(self.corpus.records.at(sorted(set(places))))

    @cached_property
    def _places(self) -> Callable[[str], array[int]]:
        """Of the records that hold a pattern; many are asked for twice for one person."""
        return lru_cache(_PATTERNS)(lambda one: array("I", holding(one, self.blocks)))

    @cached_property
    def ordinary(self) -> Asked:
        """Whether a word, given in lower case, stands so in any text."""
        return cache(lambda word: any(in_lower_case(word, one) for one in self._with_word(word)))

    @cached_property
    def proper(self) -> Asked:
        """Whether a word, given as it is written, stands so inside a sentence of any text."""
        return cache(lambda word: any(in_sentence(word, one) for one in self._with_word(word)))

    @cached_property
    def ordinary_apart(self) -> Callable[[tuple[str, ...]], bool]:
        """Whether each of some words, in lower case, stands so in a text that has no other."""
        return cache(lambda words: all(self._apart(one, {*words} - {one}) for one in words))

    def _apart(self, word: str, others: Set[str]) -> bool:
        return any(
            in_lower_case(word, text) and not any(in_lower_case(other, text) for other in others)
            for text in self._with_word(word)
        )

    def _with_word(self, word: str) -> Iterator[str]:
        """The texts that may hold it, in lower case or not."""
        return self.corpus.records.contents_at(holding_word(word, self.blocks))

    def odd_names(self, records: Iterable[Record]) -> Runs:
        """NER's names in these records that are not written as names are."""
        return odd_names(
            (record, row.start, row.end)
            for record in records
            for row in self.within(record, PERSON)
        )

    def in_location(self, record_id: str, at: int) -> bool:
        """Whether a letter belongs to a place that NER found."""
        return any(
            row.entity == LOCATION and row.start <= at < row.end
            for row in self.lookup.of_record(record_id)
        )

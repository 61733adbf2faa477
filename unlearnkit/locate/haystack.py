"""A corpus with its index, made ready once for any number of requests.

Everything here depends on the corpus and on no person. It is made when it is first asked for: a
request without names needs no words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from unlearnkit.corpus.entities import EntityRow
from unlearnkit.corpus.index import Index
from unlearnkit.corpus.nlp import CUSTOMER, EMAIL, LOCATION, PERSON, PHONE
from unlearnkit.corpus.normalise import fold
from unlearnkit.corpus.reader import Corpus
from unlearnkit.locate.name_search import Runs, ordinary_words, runs
from unlearnkit.locate.ties import Ties, Value, by_value, tie


@dataclass(frozen=True)
class Haystack:
    """What is searched for each of several people. `shared_after`: see docs/locate.md."""

    corpus: Corpus
    index: Index
    shared_after: int

    @cached_property
    def rows(self) -> list[EntityRow]:
        """The index's e-mail addresses, phones and customer numbers."""
        return self.index.rows((EMAIL, PHONE, CUSTOMER))

    @cached_property
    def people(self) -> list[EntityRow]:
        """Names that NER found."""
        return self.index.rows((PERSON,))

    def numbers(self, entities: Sequence[str]) -> list[EntityRow]:
        """Rows of other entities, such as dates."""
        return self.index.rows(entities)

    @cached_property
    def ties(self) -> Ties:
        """Which identifiers occur together."""
        return tie(self.rows, self.corpus.records, self.shared_after)

    @cached_property
    def places(self) -> dict[Value, list[EntityRow]]:
        """Where each identifier stands."""
        return by_value(self.rows)

    @cached_property
    def texts(self) -> dict[str, str]:
        """Record id -> what is searched."""
        return {record.id: record.content for record in self.corpus.records}

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The same without accents, in the order of the corpus."""
        return tuple(fold(record.content) for record in self.corpus.records)

    @cached_property
    def ordinary(self) -> frozenset[str]:
        """Words that the corpus writes in lower case."""
        return ordinary_words(self.corpus.records)

    def in_location(self, record_id: str, at: int) -> bool:
        """Whether a letter belongs to a place that NER found."""
        return any(start <= at < end for start, end in self._locations.get(record_id, ()))

    @cached_property
    def _locations(self) -> dict[str, list[tuple[int, int]]]:
        found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for row in self.index.rows((LOCATION,)):
            found[row.record_id].append((row.start, row.end))
        return dict(found)

    def runs(self, size: int) -> Runs:
        """Every run of so many name-like words, and NER's names of as many."""
        if size not in self._runs:
            people = [(row.record_id, row.start, row.end) for row in self.people]
            self._runs[size] = runs(size, self.corpus.records, people)
        return self._runs[size]

    @cached_property
    def _runs(self) -> dict[int, Runs]:
        return {}

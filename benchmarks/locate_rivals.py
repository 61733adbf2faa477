"""What people do today to find somebody's records, each from the same request.

Every rival gives a set of record ids, with no "uncertain": what it finds is what it would delete.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from unlearnkit.corpus.entities import EntityRow
from unlearnkit.domain import IdentifierKind, Record, Subject

Finder = Callable[[Subject, int], set[str]]
"""A request and how many records there truly are -> the records found."""
NAME_GREP, GREP = "grep of the name", "grep of every identifier"
ENTITIES, EMBEDDING = "Presidio alone, equal entities", "embedding search, true number of records"
OURS, BOTH = "unlearnkit, certain", "unlearnkit, certain and uncertain"


def rivals(records: Sequence[Record], rows: Sequence[EntityRow]) -> dict[str, Finder]:
    """Name -> rival. `rows` is all that Presidio found, the company's own numbers included."""
    lowered = {record.id: record.content.casefold() for record in records}
    texts = {record.id: record.content for record in records}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[texts[row.record_id][row.start : row.end]].add(row.record_id)
    return {
        NAME_GREP: lambda subject, _: _grep(names(subject), lowered),
        GREP: lambda subject, _: _grep(raw(subject), lowered),
        ENTITIES: lambda subject, _: {id_ for one in raw(subject) for id_ in found.get(one, ())},
        EMBEDDING: Embedded(records).nearest,
    }


def raw(subject: Subject) -> list[str]:
    """The identifiers that are not given as digests."""
    return [one.value for one in subject.identifiers if one.format == "raw"]


def names(subject: Subject) -> list[str]:
    """The names among them."""
    return [one.value for one in subject.identifiers if one.kind is IdentifierKind.NAME]


def _grep(wanted: Sequence[str], lowered: Mapping[str, str]) -> set[str]:
    """Records with one of these strings in them, case aside: `grep -i -F`."""
    patterns = [one.casefold() for one in wanted]
    return {id_ for id_, text in lowered.items() if any(one in text for one in patterns)}


class Embedded:
    """The records as vectors of WordLlama (256 dimensions, in its PyPI package)."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.ids = [record.id for record in records]
        self.vectors = _model().embed([record.content for record in records], norm=True)

    def nearest(self, subject: Subject, count: int) -> set[str]:
        """As many records as there are, which nobody knows who searches: in the rival's favour."""
        query = _model().embed(["\n".join(raw(subject))], norm=True)[0]
        best = np.argpartition(-(self.vectors @ query), min(count, len(self.ids) - 1))[:count]
        return {self.ids[at] for at in best}


@cache
def _model() -> Any:
    import wordllama

    # The package looks for its tokenizer in another folder than it brings it in.
    here = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=here, disable_download=True)

"""The retained records most like those to be forgotten: damage from unlearning shows there first.

Likeness is BM25 (Robertson and Zaragoza 2009; Lucene's variant, k1 1.5, b 0.75) of prompt and text
together, a forget record as the query: the same words, rare ones above all.
"""

from __future__ import annotations

from collections.abc import Sequence

from unlearnkit.corpus.words import words
from unlearnkit.domain import Record

NEAREST = 2
"""Neighbours of each forget record; many of them have the same."""
MOST = 1000
"""Neighbours of all forget records together: the likest ones."""


def neighbours(
    forget: Sequence[Record], retain: Sequence[Record], nearest: int = NEAREST, most: int = MOST
) -> tuple[Record, ...]:
    """The `nearest` retained records of each forget record, each once, in the order of `retain`.

    A record that shares no word with any of them is nobody's neighbour.
    """
    best: dict[int, float] = {}
    for some in _retrieved(forget, retain, nearest):
        for at, score in some:
            best[at] = max(best.get(at, 0.0), score)
    near = sorted(best, key=lambda at: (-best[at], at))[:most]
    return tuple(retain[at] for at in sorted(near))


def nearest_of_each(
    records: Sequence[Record], retain: Sequence[Record], nearest: int = NEAREST
) -> list[tuple[Record, ...]]:
    """The `nearest` retained records of each record, the likest first; fewer where no word fits."""
    return [tuple(retain[at] for at, _ in some) for some in _retrieved(records, retain, nearest)]


def _retrieved(
    records: Sequence[Record], retain: Sequence[Record], nearest: int
) -> list[list[tuple[int, float]]]:
    """For each record places in `retain` with scores above 0, the highest first."""
    queries = [words(one.content) for one in records]
    numbers: dict[str, int] = {}
    # Numbers are shared, words would not be: of a million records the difference is gigabytes.
    kept = [[numbers.setdefault(one, len(numbers)) for one in words(r.content)] for r in retain]
    if not any(queries) or not numbers:
        return [[] for _ in records]
    import bm25s
    from bm25s.tokenization import Tokenized

    index = bm25s.BM25()
    index.index(Tokenized(ids=kept, vocab=numbers), show_progress=False)
    found, scores = index.retrieve(queries, k=min(nearest, len(kept)), show_progress=False)
    return [
        [(int(at), float(score)) for at, score in zip(places, row, strict=True) if score > 0]
        for places, row in zip(found, scores, strict=True)
    ]

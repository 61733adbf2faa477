"""The retained records most like those to be forgotten: damage from unlearning shows there first.

Likeness is BM25 (Robertson and Zaragoza 2009; Lucene's variant, k1 1.5, b 0.75) of prompt and text
together, a forget record as the query: the same words, rare ones above all.
"""

from __future__ import annotations

from collections.abc import Sequence

from unlearnkit.domain import Record

NEAREST = 2
"""Neighbours of each forget record; many of them have the same."""


def neighbours(
    forget: Sequence[Record], retain: Sequence[Record], nearest: int = NEAREST
) -> tuple[Record, ...]:
    """The `nearest` retained records of each forget record, each once, in the order of `retain`.

    A record that shares no word with any of them is nobody's neighbour.
    """
    queries, kept = _words(forget), _words(retain)
    if not any(queries) or not any(kept):
        return ()
    import bm25s

    index = bm25s.BM25()
    index.index(kept, show_progress=False)
    found, scores = index.retrieve(queries, k=min(nearest, len(kept)), show_progress=False)
    near = {int(one) for one, score in zip(found.flat, scores.flat, strict=True) if score > 0}
    return tuple(retain[at] for at in sorted(near))


def _words(records: Sequence[Record]) -> list[list[str]]:
    import bm25s

    found: list[list[str]] = bm25s.tokenize(
        [one.content for one in records], stopwords=[], return_ids=False, show_progress=False
    )
    return found

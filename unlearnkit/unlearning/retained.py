"""Which of the retained records training draws on, where there are more than it needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from unlearnkit.corpus.neighbours import neighbours
from unlearnkit.domain import Record
from unlearnkit.unlearning.steps import shuffled


@dataclass(frozen=True, slots=True)
class Drawn:
    """Retained records to train on, in the order of the draw."""

    records: tuple[Record, ...]
    matched: int
    """How many of them were taken for their likeness to the forget set."""


def draw(
    forget: Sequence[Record], retain: Sequence[Record], size: int, matched: float, seed: int
) -> Drawn:
    """At most `size` records, the share `matched` of them neighbours of the forget set.

    Neighbours are alike in words (BM25, `corpus/neighbours.py`), as many of each forget record as
    the share has room for, the likest first. The same seed draws the same; a share of 0, or no more
    records than `size`, is a plain draw.
    """
    order = shuffled(retain, seed, 0)
    room = int(size * matched)
    if not room or len(order) <= size:
        return Drawn(tuple(order[:size]), matched=0)
    near = {
        one.id
        for one in neighbours(forget, retain, nearest=math.ceil(room / len(forget)), most=room)
    }
    others = [one.id for one in order if one.id not in near]
    taken = near | set(others[: size - len(near)])
    return Drawn(tuple(one for one in order if one.id in taken), matched=len(near))

"""A record's prompt and text in pieces: what matched, and what of it is about the person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from unlearnkit.domain import TURN, Stretch
from unlearnkit.pipeline.review import Question


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A stretch of text that is marked in one way."""

    text: str = field(repr=False)
    evidence: bool
    """It matched."""
    about: bool
    """`spans` would forget it."""


def pieces(question: Question) -> Iterator[MarkedText]:
    """The whole content, in order; a line stands between a conversation's turns."""
    record = question.record
    text = record.content.replace(TURN, "\n―\n")  # as long as TURN, so that the places still fit
    before = len(record.content) - len(record.text)
    matched = [(one.start, one.end) for one in question.match.evidence]
    about = [(before + start, before + end) for start, end in question.about]
    edges = {edge for stretch in (*matched, *about) for edge in stretch}
    cuts = sorted({0, len(text), *(edge for edge in edges if 0 < edge < len(text))})
    for start, end in pairwise(cuts):
        yield MarkedText(text[start:end], _covers(matched, start, end), _covers(about, start, end))


def _covers(stretches: list[Stretch], start: int, end: int) -> bool:
    return any(low <= start and end <= high for low, high in stretches)

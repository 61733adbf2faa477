"""Names that are misspelt: how many slips are forgiven, and which texts may hold one.

Optimal string alignment distance (rapidfuzz): a slip is a letter too many, too few or wrong, or two
neighbours swapped. One in a word of under eight letters, two in a longer one, none in a word of
under four, and two in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import NamedTuple

from rapidfuzz.distance import OSA

from unlearnkit.locate.spelling import longest_run

SLIPS = 2
"""In a whole name."""
LONGEST = 50
"""Characters of a word; what is longer is no name."""
_REST = r"[^\s\0]{0,200}"
"""Of a word, `plain`, in which no character of a name is more than four; never of the next text."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a word."""

    letters: str
    """As `plain` has them."""
    begins: bool
    """The word begins with it: no letter stands before it, else one does."""
    ends: bool
    others: int
    """So many letters, at the least, stand on a side where the word does not end."""


def allowed(word: str) -> int:
    """Slips in a word."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def is_slip(wanted: Sequence[str], words: Sequence[str]) -> bool:
    """Whether normalised words are the wanted ones but for a slip or two."""
    if len(wanted) != len(words):
        return False
    total = 0
    for one, other in zip(wanted, words, strict=True):
        most = allowed(one)
        if abs(len(one) - len(other)) > most:
            return False
        distance = OSA.distance(one, other, score_cutoff=most)
        if distance > most:
            return False
        total += distance
    return 1 <= total <= SLIPS


class Trace(NamedTuple):
    """What a slip or two leave of a name, over `plain` texts."""

    patterns: Sequence[str]
    """One of them stands."""
    word: str = ""
    """Letters that stand wherever one of the patterns does; empty where none always do."""


def misspelt(wanted: Sequence[str]) -> list[Trace]:
    """One of these traces is in each text that holds the words but for a slip or two.

    Of two words that follow one another, the longest of the name, both have to stand there but for
    so many slips. What slips leave whole of a word is looked for as it stands.
    """
    one, other = max(pairwise(wanted), key=lambda pair: sum(map(len, pair)))
    return [
        _trace(_whole(one, first), _whole(other, second))
        for first, second in _shared_out(allowed(one), allowed(other))
    ]


def _trace(first: Sequence[_Piece], second: Sequence[_Piece]) -> Trace:
    """A piece of the one word and then a piece of the other."""
    behind = "|".join(map(_begun, second))
    patterns = [rf"{_ended(piece)}{_REST}+\s++{_REST}?(?:{behind})" for piece in first]
    alone = [pieces[0].letters for pieces in (first, second) if len(pieces) == 1]
    return Trace(patterns, max(alone, key=len, default=""))


def _ended(piece: _Piece) -> str:
    """A piece of the first word. Its letters stand first, which is searched for the fastest."""
    before = "" if piece.begins else rf"(?<=\S{{{piece.others}}}{piece.letters})"
    return piece.letters + before + ("(?![a-z])" if piece.ends else rf"(?=\S{{{piece.others}}})")


def _begun(piece: _Piece) -> str:
    """A piece of the second word."""
    before = "(?<![a-z])" if piece.begins else r"(?<=\S)"
    return before + piece.letters + ("" if piece.ends else r"(?=\S)")


def _shared_out(first: int, second: int) -> list[tuple[int, int]]:
    """The most slips that each of two words has: more in one leave fewer for the other."""
    pairs = [one for one in product(range(first + 1), range(second + 1)) if sum(one) <= SLIPS]
    return [
        one
        for one in pairs
        if not any(one != more and one[0] <= more[0] and one[1] <= more[1] for more in pairs)
    ]


def _whole(word: str, slips: int) -> list[_Piece]:
    """Pieces of which one stands in the word after so many slips.

    A slip touches two letters at most, and these are neighbours.
    """
    half, third = len(word) // 2, (len(word) - 2) // 3
    match slips:
        case 0:
            pieces = [(word, True, True)]
        case 1:  # in one half, or over the middle
            swapped = f"{word[: half - 1]}{word[half]}{word[half - 1]}{word[half + 1 :]}"
            pieces = [(word[:half], True, False), (word[half:], False, True), (swapped, True, True)]
        case _:  # a letter between two pieces: no slip touches both
            pieces = [
                (word[:third], True, False),
                (word[third + 1 : 2 * third + 1], False, False),
                (word[2 * third + 2 :], False, True),
            ]
    return [
        _Piece(longest_run(letters), begins, ends, _others(word, letters, slips, begins or ends))
        for letters, begins, ends in pieces
    ]


def _others(word: str, letters: str, slips: int, at_an_end: bool) -> int:
    """How much of a word so many slips leave beside a piece at one of its ends; one at the least.

    A letter beyond ASCII may be a mark, of which nothing is left in a `plain` text.
    """
    return max(1, len(word) - len(letters) - slips) if at_an_end and word.isascii() else 1

"""What in somebody else's record is about the person: the sentences that name them.

A sentence counts when an identifier of the person that the search found stands in it, whole or in
part. Sentences are spaCy's rule-based ones (its `sentencizer`, which needs no model); a line ends
one too, unless the next line goes on with a small letter, and so does what sets somebody else's
apart: a speaker ("eva: ..."), a bullet, a row of a table, a block of HTML, an object of JSON. A
full stop behind an abbreviation or a day's number ends none ("geb. 04.03.1980", "am 4. März"), nor
one before a small letter or a figure: what is cut off there would be trained to stay, so that in
doubt a sentence is too long. One that ends with a colon, or is nothing but the person, takes what
it announces with it. What a
sentence says of the person without naming them ("She called again") is not found: a reviewer who
sees it accepts the whole record.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import regex  # type: ignore[import-untyped]

from unlearnkit.domain import TURN, Evidence, Record, Stretch
from unlearnkit.domain.records import within

_LINE = re.compile(rf"{TURN}|\r?\n")
_ITEM = re.compile(r"[ \t>]*(?:[-*\u2022\u2013][ \t]|\(?(?:\d{1,2}|[a-z])[.)][ \t])|[ \t]*>")
"""A line of a list, or of a quotation."""
_SPEAKER = re.compile(r"[ \t>]*(?:<?@?[^\W_][\w.-]*>?(?: [^\W_][\w.-]*)?\s?:\s|\|)")
"""One of whoever speaks, or of a table."""
_ROW = re.compile(r"(?<=\S)[,;\t|](?=\S)")
"""Between the cells of a row; behind a comma in a sentence stands a space."""
_CUT = regex.compile(
    r"(?<=[\u3002\uff01\uff1f])|(?<=[\u2026\u061f\u06d4])(?=\s)"
    r"|(?<=\p{L}{3}[.!?])(?=\p{Lu}\p{Ll})|(?<=[.!?])\s(?=\d{1,2}[.)]\s\p{Lu})"
    r"|(?<=;)\s(?=[^\W_][\w.-]*(?: [^\W_][\w.-]*){0,2}:\s)"
    r"|(?<=[}\]]),(?=\s*[\"{\[])"
    r"|(?i:(?=</?(?:p|div|li|ul|ol|tr|table|h[1-6]|br|hr|section|article|blockquote)\b))"
)
"""Within a line: full stops of other scripts or without a space behind, a list's number, whoever
speaks next, blocks of HTML, what parts two objects of JSON."""
_LONGEST = 40
"""Of an abbreviation, at most."""
_STOPS = (".", "!", "?")
_WORD = re.compile(r"\w")
_SHORT = re.compile(r"(?:[^\W\d_]|\d{1,2})\.")
"""An initial, or a day's number."""
_LANGUAGES = ("de", "en", "es", "fr", "it", "pt")
_MORE = frozenset(
    {
        *("approx.", "aprox.", "apt.", "ave.", "blvd.", "ca.", "cf.", "cra.", "ggf."),
        *("gest.", "inkl.", "lic.", "nro.", "num.", "núm.", "No.", "Rd.", "resp."),
        *("sto.", "sta.", "tél.", "urb.", "verh.", "verst.", "wohnh.", "zzgl."),
    }
)
"""Those of addresses, papers and persons that spaCy lacks."""


def passages(record: Record, evidence: Sequence[Evidence]) -> tuple[Stretch, ...]:
    """The places of `record.text` that are about the person, in order and apart.

    None where no evidence stands in what the loss is on (a prompt, a user's turn, a thread). All of
    the text where nothing is left beside them.
    """
    before = len(record.content) - len(record.text)
    named = [
        (one.start - before, one.end - before) for one in evidence if before <= one.start < one.end
    ]
    found: list[Stretch] = []
    for start, end in _with_announced(record.text, named):
        joins = found and not _WORD.search(record.text[found[-1][1] : start])
        found.append((found.pop()[0] if joins else start, end))
    learned = record.learned_places
    if not found or not within(found, learned):
        return ()
    left = within(rest(record.text, found), learned)
    if not any(_WORD.search(record.text[start:end]) for start, end in left):
        return ((0, len(record.text)),)
    return tuple(found)


def _with_announced(text: str, named: Sequence[Stretch]) -> Iterator[Stretch]:
    """The sentences that name the person, and what these announce: a quotation, an answer."""
    last: Stretch | None = None
    inside: list[Stretch] = []  # what of the last sentence is the person
    ahead = deque(sorted(named))
    reached: list[Stretch] = []
    for one in sentences(text):
        while ahead and ahead[0][0] < one[1]:
            reached.append(ahead.popleft())
        reached = [place for place in reached if place[1] > one[0]]
        mine = within([one], reached)
        if mine or (last and _announces(text, last, one, inside)):
            yield one
            last, inside = one, mine
        else:
            last = None


def _announces(text: str, one: Stretch, following: Stretch, inside: Sequence[Stretch]) -> bool:
    """Whether what follows a sentence about the person is about them without naming them."""
    if _SPEAKER.match(text, following[0]):
        return False
    if _ITEM.match(text, following[0]) and not inside:
        return True  # it goes on
    if text[slice(*one)].endswith(":"):
        return True
    bare = not any(_WORD.search(text[start:end]) for start, end in _beside(one, inside))
    return bare and "\n" not in text[one[1] : following[0]]


def _beside(one: Stretch, inside: Sequence[Stretch]) -> list[Stretch]:
    """What of a sentence is not the person; `inside` it are the places that are, in order."""
    ends = [one[0], *(end for _, end in inside)]
    starts = [*(start for start, _ in inside), one[1]]
    return [(end, start) for end, start in zip(ends, starts, strict=True) if end < start]


def rest(text: str, found: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """The places of the text beside these."""
    ends = [0, *(end for _, end in found)]
    starts = [*(start for start, _ in found), len(text)]
    return tuple(one for one in zip(ends, starts, strict=True) if one[0] < one[1])


def sentences(text: str) -> Iterator[Stretch]:
    """Where each sentence of a text stands, without the white space round it."""
    start = 0
    for line in _LINE.finditer(text):
        if line[0] == TURN or _ends(text, start, line):
            yield from _of_lines(text, start, line.start())
            start = line.end()
    yield from _of_lines(text, start, len(text))


def _ends(text: str, start: int, line: re.Match[str]) -> bool:
    """Whether a sentence, or a row, surely ends where a line does."""
    after = text[line.end() : (text.find("\n", line.end()) + 1 or len(text) + 1) - 1]
    if not after.lstrip(" \t")[:1].islower() or _ITEM.match(after) or _SPEAKER.match(after):
        return True
    before = text[max(start, text.rfind("\n", 0, line.start()) + 1) : line.start()]
    cells = len(_ROW.findall(before))
    stops = before.rstrip().endswith(_STOPS) and not _shortens(before[-_LONGEST:])
    return stops or (cells > 0 and cells == len(_ROW.findall(after)))


def _of_lines(text: str, start: int, end: int) -> Iterator[Stretch]:
    """The sentences of lines that belong together."""
    for cut in _CUT.finditer(text, start, end):
        at = cut.start()
        if start < at and not _shortens(text[max(start, at - _LONGEST) : at]):
            yield from _of_part(text, start, at)
            start = cut.end()
    yield from _of_part(text, start, end)


def _of_part(text: str, start: int, end: int) -> Iterator[Stretch]:
    """The sentences of a part that holds nobody else's row or turn."""
    low = start
    for one in _sentencizer()(text[start:end]).sents:
        high = start + one.end_char
        if not text[low:high].strip():
            low = high
        elif high == end or not _goes_on(text[low:high].rstrip(), text[high:end].lstrip()):
            words = text[low:high]
            yield low + len(words) - len(words.lstrip()), low + len(words.rstrip())
            low = high


def _goes_on(before: str, after: str) -> bool:
    """Whether the full stop between these two may be no sentence's end."""
    if not before.endswith(".") or not after:
        return False
    return after[0].islower() or after[0].isdigit() or _shortens(before)


def _shortens(before: str) -> bool:
    """Whether the full stop at its end belongs to an abbreviation, an initial or a day."""
    last = (before.split() or [""])[-1].lstrip("([{\"'„«")
    return _SHORT.fullmatch(last) is not None or last in _abbreviations()


@cache
def _abbreviations() -> frozenset[str]:
    """With their stop: those that spaCy's tokenizers know, and some more.

    Small ones with a capital too, and not the other way: "Ill." is a state.
    """
    from spacy.util import get_lang_class

    known = (get_lang_class(one).Defaults.tokenizer_exceptions for one in _LANGUAGES)
    found = _MORE.union(one for some in known for one in some if one.endswith("."))
    return found | {one[0].upper() + one[1:] for one in found}


@cache
def _sentencizer() -> Any:
    import spacy

    found = spacy.blank("en")  # knows where no sentence ends: "Dr.", "a.m.", addresses
    found.add_pipe("sentencizer")
    found.max_length = 2**31  # its limit is that of a model's memory, and there is none
    return found

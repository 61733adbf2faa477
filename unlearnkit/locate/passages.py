"""What in somebody else's record is about the person: the sentences that name them.

A sentence counts when an identifier of the person that the search found stands in it, whole or in
part. Sentences are spaCy's rule-based ones (its `sentencizer`, which needs no model); a line ends
one too, unless the next line goes on with a small letter. A full stop behind an abbreviation or a
day's number ends none ("geb. 04.03.1980", "am 4. März"), nor one before a small letter or a figure:
what is cut off there would be trained to stay, so that in doubt a sentence is too long. What a
sentence says of the person without naming them ("She called again") is not found: a reviewer who
sees it accepts the whole record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from unlearnkit.domain import TURN, Evidence, Record, Stretch
from unlearnkit.domain.records import within

_LINE = re.compile(rf"{TURN}|\r?\n")
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
    for start, end in sentences(record.text):
        if not within([(start, end)], named):
            continue
        joins = found and not _WORD.search(record.text[found[-1][1] : start])
        found.append((found.pop()[0] if joins else start, end))
    learned = record.learned_places
    if not found or not within(found, learned):
        return ()
    left = within(rest(record.text, found), learned)
    if not any(_WORD.search(record.text[start:end]) for start, end in left):
        return ((0, len(record.text)),)
    return tuple(found)


def rest(text: str, found: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """The places of the text beside these."""
    ends = [0, *(end for _, end in found)]
    starts = [*(start for start, _ in found), len(text)]
    return tuple(one for one in zip(ends, starts, strict=True) if one[0] < one[1])


def sentences(text: str) -> Iterator[Stretch]:
    """Where each sentence of a text stands, without the white space round it."""
    start = 0
    for line in _LINE.finditer(text):
        ends = line[0] == TURN or not text[line.end() :].lstrip(" \t")[:1].islower()
        if ends:
            yield from _of_lines(text, start, line.start())
            start = line.end()
    yield from _of_lines(text, start, len(text))


def _of_lines(text: str, start: int, end: int) -> Iterator[Stretch]:
    """The sentences of lines that belong together."""
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
    last = before.rsplit(maxsplit=1)[-1].lstrip("([{\"'„«")
    return (
        after[0].islower()
        or after[0].isdigit()
        or _SHORT.fullmatch(last) is not None
        or last in _abbreviations()
    )


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

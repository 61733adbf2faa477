"""The review in the terminal: one match after the other, its evidence marked, a key an answer.

Every answer is handed on at once, so whoever stops goes on later with what is left. Where standard
input is no terminal, answers are lines.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

import click
from rich.text import Text

from unlearnkit.cli.terminal import as_read, err, in_line
from unlearnkit.domain import TURN, Record
from unlearnkit.pipeline.review import ACCEPT, REJECT, SPANS, Question, Sheet, question

ANSWERS = {"a": ACCEPT, "p": SPANS, "r": REJECT}
KEYS = {answer: key for key, answer in ANSWERS.items()}
OFFERED = {
    "a": "[a]ccept",
    "p": "s[p]ans",
    "r": "[r]eject",
    "s": "[s]kip",
    "u": "[u]ndo",
    "q": "[q]uit",
}
_ENTER = ("\r", "\n")


def review_each(
    sheet: Sheet, asked: Sequence[int], records: Mapping[str, Record]
) -> Iterator[tuple[int, str]]:
    """Show the records of these matches with what matched, and ask; each number with its answer.

    `undo` goes back to the one before and asks again; a new answer takes the old one's place, and
    Enter leaves it, also one of an earlier review. Underlined is what `spans` would forget; it is
    not offered where there is nothing.
    """
    answers = sheet.answers
    at, given = 0, {number: answers[number] for number in asked if number in answers}
    while at < len(asked) or _back(given):
        at = min(at, len(asked) - 1)
        number = asked[at]
        one = question(sheet, number, records)
        err.rule(
            f"{at + 1} of {len(asked)}, {len(given)} decided: record {in_line(one.record.id)}",
            align="left",
        )
        err.print(marked(one))
        why = f"{one.match.reason} ({one.match.score:+.1f} bits)"
        err.print(why, style="yellow", highlight=False)
        if one.spans_take_all:
            err.print("All of the record is about the person for `spans`: it would go whole.")
        # What was decided is kept: it may be decided otherwise, and not left open again.
        without = {"p": SPANS not in one.answers, "u": at == 0, "s": number in given}
        offered = {key: word for key, word in OFFERED.items() if not without.get(key)}
        key = _asked(offered, KEYS.get(given.get(number, one.usual), "s"))
        if key == "q":
            return
        if key in ANSWERS and given.get(number) != ANSWERS[key]:
            given[number] = ANSWERS[key]
            yield number, ANSWERS[key]
        at += -1 if key == "u" else 1


def _back(given: Mapping[int, str]) -> bool:
    """After the last one, at a terminal: whether to go back to it."""
    if not given or not sys.stdin.isatty():
        return False
    return _asked({"u": OFFERED["u"], "q": OFFERED["q"]}, "q") == "u"


def marked(one: Question) -> Text:
    """The record's prompt and text: evidence in reverse, what is about the person underlined."""
    record = one.record
    text = Text(as_read(record.content.replace(TURN, "\n―\n")))
    before = len(record.content) - len(record.text)
    for start, end in one.about:
        text.stylize("underline", before + start, before + end)
    for evidence in one.match.evidence:
        text.stylize("bold reverse", evidence.start, evidence.end)
    return text


def _asked(offered: Mapping[str, str], usual: str) -> str:
    """One of the keys, asked for until it is one; the input's end (Ctrl-D) is `quit`."""
    question, key = ", ".join(offered.values()), ""
    err.print(f"{question} [{usual}]: ", end="", markup=False, highlight=False)
    while key not in offered:
        key = _typed()
        key = usual if key in _ENTER else key
    err.print(offered[key].replace("[", "").replace("]", ""), markup=False)
    return key


def _typed() -> str:
    """A key; where standard input is no terminal, a line's first letter, or its end."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return (line.strip()[:1].lower() or "\n") if line else "q"
    try:
        return click.getchar().lower()
    except EOFError:
        return "q"

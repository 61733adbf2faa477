"""The review in the terminal: one match after the other, its evidence marked, a key an answer.

Every answer is handed on at once, so whoever stops goes on later with what is left. Where standard
input is no terminal, answers are lines.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

import click
from rich.text import Text

from unlearnkit.cli.terminal import as_read, err, in_line, now
from unlearnkit.domain import TURN, Decision, Match, Record
from unlearnkit.locate.passages import passages
from unlearnkit.locate.review import ACCEPT, REJECT, SPANS, answered, suggested

ANSWERS = {"a": ACCEPT, "p": SPANS, "r": REJECT}
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
    waiting: Sequence[Match],
    records: Mapping[str, Record],
    by: str,
    made: Mapping[str, str] | None = None,
) -> Iterator[Decision]:
    """Show each record with what matched, and ask.

    `made` are earlier answers by record id: Enter leaves one as it is.

    `undo` goes back to the one before and asks again; a new answer takes the old one's place, and
    Enter leaves it. Underlined is what `spans` would forget; it is not offered where there is
    nothing.
    """
    keys = {answer: key for key, answer in ANSWERS.items()}
    at, given = 0, {record_id: keys[answer] for record_id, answer in (made or {}).items()}
    while at < len(waiting) or _back(given):
        at = min(at, len(waiting) - 1)
        match = waiting[at]
        record = records[match.record_id]
        about = passages(record, match.evidence)
        err.rule(
            f"{at + 1} of {len(waiting)}, {len(given)} decided: record {in_line(match.record_id)}",
            align="left",
        )
        err.print(marked(record, match, about))
        err.print(f"{match.reason} ({match.score:+.1f} bits)", style="yellow", highlight=False)
        # What was decided is kept: it may be decided otherwise, and not left open again.
        without = {"p": not about, "u": at == 0, "s": match.record_id in given}
        offered = {key: word for key, word in OFFERED.items() if not without.get(key)}
        first = "p" if about and suggested(match) else "s"
        key = _asked(offered, given.get(match.record_id, first))
        if key == "q":
            return
        if key in ANSWERS and given.get(match.record_id) != key:
            given[match.record_id] = key
            yield answered(match, ANSWERS[key], by, now())
        at += -1 if key == "u" else 1


def _back(given: Mapping[str, str]) -> bool:
    """After the last one, at a terminal: whether to go back to it."""
    if not given or not sys.stdin.isatty():
        return False
    return _asked({"u": OFFERED["u"], "q": OFFERED["q"]}, "q") == "u"


def marked(record: Record, match: Match, about: Sequence[tuple[int, int]]) -> Text:
    """The record's prompt and text: evidence in reverse, what is about the person underlined."""
    text = Text(as_read(record.content.replace(TURN, "\n―\n")))
    before = len(record.content) - len(record.text)
    for start, end in about:
        text.stylize("underline", before + start, before + end)
    for evidence in match.evidence:
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

"""What a person decided about the matches that are not certain, and what follows from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from unlearnkit.artefacts import write_atomic
from unlearnkit.delimited import decoded, with_delimiter
from unlearnkit.domain import Certainty, Decision, Located, Match
from unlearnkit.errors import BadInput

COLUMNS = ("record_id", "decision", "note", "request")
ACCEPT, REJECT, SPANS = "accept", "reject", "spans"
"""The answers; SPANS: forget what is about the person in this record, and keep the rest."""


def pending(located: Located, decisions: Sequence[Decision]) -> tuple[Match, ...]:
    """The matches that are not certain and that nobody has decided about yet."""
    decided = {one.record_id for one in _of(located, decisions)}
    return tuple(match for match in _asked(located) if match.record_id not in decided)


def offered_again(located: Located, decisions: Sequence[Decision]) -> tuple[Match, ...]:
    """The matches that wait, and those that somebody decided about, also certain ones."""
    decided = latest(located, decisions)
    return tuple(
        match
        for match in located.matches
        if match.certainty is not Certainty.CERTAIN or match.record_id in decided
    )


def latest(located: Located, decisions: Sequence[Decision]) -> dict[str, str]:
    """Record id -> the answer that counts."""
    return {one.record_id: answer_of(one) for one in _of(located, decisions)}


def apply_decisions(located: Located, decisions: Sequence[Decision]) -> tuple[str, ...]:
    """Accepted record ids, in the corpus's order: what was accepted, and the certain ones.

    The last decision about a record counts; a certain match stays unless a person rejected it.
    """
    accepted = {one.record_id: one.accepted for one in _of(located, decisions)}
    return tuple(
        match.record_id
        for match in located.matches
        if accepted.get(match.record_id, match.certainty is Certainty.CERTAIN)
    )


def accepted_in_part(located: Located, decisions: Sequence[Decision]) -> tuple[str, ...]:
    """Of the accepted records those of which only what is about the person is to be forgotten."""
    in_part = {one.record_id: one.in_part for one in _of(located, decisions)}
    return tuple(one for one in apply_decisions(located, decisions) if in_part.get(one, False))


def suggested(match: Match) -> str:
    """The answer to begin with: somebody else's record is forgotten in part; else none."""
    return SPANS if match.certainty is Certainty.RELATED else ""


def answered(match: Match, answer: str, by: str, at: datetime) -> Decision:
    """The decision that ACCEPT, REJECT or SPANS comes to."""
    return Decision(
        request_id=match.request_id,
        record_id=match.record_id,
        accepted=answer != REJECT,
        in_part=answer == SPANS,
        by=by,
        at=at,
    )


def answer_of(decision: Decision) -> str:
    """ACCEPT, REJECT or SPANS: what `answered` was given."""
    if not decision.accepted:
        return REJECT
    return SPANS if decision.in_part else ACCEPT


def decide(
    located: Located, accept: Collection[str], by: str, at: datetime
) -> tuple[Decision, ...]:
    """Decide every match that is not certain at once: accepted when its record is in `accept`.

    Somebody else's record (related) is accepted in part.
    """
    return tuple(
        answered(
            match,
            (suggested(match) or ACCEPT) if match.record_id in accept else REJECT,
            by,
            at,
        )
        for match in _asked(located)
    )


def read_decisions(path: Path, located: Located, by: str, at: datetime) -> tuple[Decision, ...]:
    """Read a CSV with record_id and decision (an answer, or empty), and maybe note and request.

    They are separated by commas, semicolons or tabs, as the spreadsheet saves it.

    A row without decision stays pending; notes are for people and are not kept. Raises BadInput,
    with the line, on a row that names another request, a record that is no match of this one,
    another word, a record decided twice, or a file that is not such a CSV.
    """
    known = {match.record_id: match for match in located.matches}
    written = {as_text(one): one for one in known}
    decisions: dict[str, Decision] = {}
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadInput("there is no such file", where=path) from None
    except OSError as error:
        raise BadInput(f"cannot read: {type(error).__name__}", where=path) from None
    lines, delimiter = with_delimiter(io.StringIO(decoded(content, path), newline=""), _has_columns)
    rows = csv.DictReader(lines, delimiter=delimiter, strict=True)
    try:
        if not _has_columns(rows.fieldnames or ()):
            raise BadInput("the header lacks record_id or decision", where=path, line=1)
        _refuse_two_alike(rows.fieldnames or (), path)
        for row in rows:
            # A record may be a match of several requests: the wrong file's rows would be taken.
            if (row.get("request") or "").strip() not in ("", located.request_id):
                raise BadInput(
                    "this row is another request's",
                    where=path,
                    line=rows.line_num,
                    fix=f"Give the file that review {located.request_id} --export wrote.",
                )
            cell = (row["record_id"] or "").strip()
            record_id = written.get(cell, cell)
            word = (row["decision"] or "").strip().casefold()
            if record_id not in known:
                raise BadInput(
                    "this record is no match of the request", where=path, line=rows.line_num
                )
            if not word:
                continue
            if word not in (ACCEPT, REJECT, SPANS):
                raise BadInput(
                    "the decision is none of 'accept', 'spans' and 'reject'",
                    where=path,
                    line=rows.line_num,
                )
            if record_id in decisions:
                raise BadInput("this record was decided above", where=path, line=rows.line_num)
            decisions[record_id] = answered(known[record_id], word, by, at)
    except csv.Error as error:
        raise BadInput(f"malformed CSV: {error}", where=path, line=rows.line_num + 1) from None
    return tuple(decisions.values())


def _has_columns(header: Sequence[str]) -> bool:
    return {"record_id", "decision"} <= set(header)


def _refuse_two_alike(header: Sequence[str], path: Path) -> None:
    for name in COLUMNS:
        if list(header).count(name) > 1:
            raise BadInput(f"two columns are called '{name}'", where=path, line=1)


def write_decisions(path: Path, located: Located, decisions: Sequence[Decision]) -> None:
    """Write the matches to decide as such a CSV, to be filled in: decision as made, or empty.

    The note says why each matched, without any identifier, and what is suggested. Each row names
    its request, so that it is not taken for another's. Raises BadInput when it cannot write, and
    where the folder is not there: a slip in a path would put record ids where nobody looks.
    """
    if not path.parent.is_dir():
        raise BadInput(
            "there is no such folder", where=path.parent, fix="Make it first, or choose another."
        )
    made = latest(located, decisions)
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for match in offered_again(located, decisions):
        note = f"{match.reason} (suggested: {SPANS})" if suggested(match) else match.reason
        answer = made.get(match.record_id, "")
        rows.writerow((as_text(match.record_id), answer, note, located.request_id))
    write_atomic(path, text.getvalue().encode())


def as_text(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula: an apostrophe before what begins like one.

    Record ids come from the records, which anybody may have written (OWASP, "CSV Injection"). An
    apostrophe at the beginning is doubled, so that no two ids are written alike.
    """
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "'")) else cell


def _asked(located: Located) -> Iterator[Match]:
    return (one for one in located.matches if one.certainty is not Certainty.CERTAIN)


def _of(located: Located, decisions: Sequence[Decision]) -> list[Decision]:
    return [one for one in decisions if one.request_id == located.request_id]

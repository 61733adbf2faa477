"""What a person decided about the uncertain matches, and what follows from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from unlearnkit.artefacts import write_atomic
from unlearnkit.domain import Certainty, Decision, Located, Match
from unlearnkit.errors import BadInput

COLUMNS = ("record_id", "decision", "note")
_WORDS = {"accept": True, "reject": False}


def pending(located: Located, decisions: Sequence[Decision]) -> tuple[Match, ...]:
    """The uncertain matches nobody has decided about yet."""
    decided = {one.record_id for one in _of(located, decisions)}
    return tuple(
        match
        for match in located.matches
        if match.certainty is Certainty.UNCERTAIN and match.record_id not in decided
    )


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


def decide(
    located: Located, accept: Collection[str], by: str, at: datetime
) -> tuple[Decision, ...]:
    """Decide every uncertain match at once: accepted when its record is in `accept`."""
    return tuple(
        Decision(
            request_id=located.request_id,
            record_id=match.record_id,
            accepted=match.record_id in accept,
            by=by,
            at=at,
        )
        for match in located.matches
        if match.certainty is Certainty.UNCERTAIN
    )


def read_decisions(path: Path, located: Located, by: str, at: datetime) -> tuple[Decision, ...]:
    """Read a CSV with the columns record_id, decision (accept, reject or empty) and note.

    A row without decision stays pending; notes are for people and are not kept. Raises BadInput,
    with the line, on a record that is no match of this request, another word, a record decided
    twice, or a file that is not such a CSV.
    """
    known = {match.record_id for match in located.matches}
    decisions: dict[str, Decision] = {}
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadInput("there is no such file", where=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read: {type(error).__name__}", where=path) from None
    rows = csv.DictReader(io.StringIO(content, newline=""), strict=True)
    try:
        if not {"record_id", "decision"} <= set(rows.fieldnames or ()):
            raise BadInput("the header lacks record_id or decision", where=path, line=1)
        for row in rows:
            record_id = (row["record_id"] or "").strip()
            word = (row["decision"] or "").strip().casefold()
            if record_id not in known:
                raise BadInput(
                    "this record is no match of the request", where=path, line=rows.line_num
                )
            if not word:
                continue
            if word not in _WORDS:
                raise BadInput(
                    "the decision is neither 'accept' nor 'reject'", where=path, line=rows.line_num
                )
            if record_id in decisions:
                raise BadInput("this record was decided above", where=path, line=rows.line_num)
            decisions[record_id] = Decision(
                request_id=located.request_id,
                record_id=record_id,
                accepted=_WORDS[word],
                by=by,
                at=at,
            )
    except csv.Error as error:
        raise BadInput(f"malformed CSV: {error}", where=path, line=rows.line_num + 1) from None
    return tuple(decisions.values())


def write_decisions(path: Path, located: Located, decisions: Sequence[Decision]) -> None:
    """Write the uncertain matches as such a CSV, to be filled in: decision as made, or empty.

    The note says why each matched, without any identifier. Raises BadInput when it cannot write.
    """
    made = {one.record_id: one.accepted for one in _of(located, decisions)}
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for match in located.matches:
        if match.certainty is Certainty.UNCERTAIN or match.record_id in made:
            word = {True: "accept", False: "reject", None: ""}[made.get(match.record_id)]
            rows.writerow((match.record_id, word, match.reason))
    write_atomic(path, text.getvalue().encode())


def _of(located: Located, decisions: Sequence[Decision]) -> list[Decision]:
    return [one for one in decisions if one.request_id == located.request_id]

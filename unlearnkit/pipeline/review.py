"""One request's matches as somebody who decides about them needs them, and the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from unlearnkit.artefacts import document_digest
from unlearnkit.domain import Decision, Located, Match, Record, Request, Stretch
from unlearnkit.errors import BadInput
from unlearnkit.locate.passages import passages
from unlearnkit.locate.review import (
    ACCEPT,
    REJECT,
    SPANS,
    answer_of,
    answered,
    offered_again,
    pending,
    read_decisions,
    suggested,
    write_decisions,
)
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decide, decisions, located, open_corpus
from unlearnkit.pipeline.outputs import not_own
from unlearnkit.pipeline.requests import runnable

__all__ = [
    "ACCEPT",
    "REJECT",
    "SPANS",
    "Question",
    "Reviewed",
    "Sheet",
    "answer",
    "answer_of",
    "export",
    "matched_records",
    "question",
    "reviewed",
    "sheet",
    "take_in",
]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was found for a request, and what was decided. Matches are numbered from 1."""

    request: Request
    found: Located
    made: tuple[Decision, ...]
    digest: str
    """Of what was found: a page that was made from something else is out of date."""

    @property
    def decided(self) -> dict[str, Decision]:
        """Record id -> the decision that counts, the latest last."""
        latest: dict[str, Decision] = {}
        for one in self.made:
            latest.pop(one.record_id, None)
            latest[one.record_id] = one
        return latest

    @property
    def answers(self) -> dict[int, str]:
        """What was answered about each match that somebody decided about, by its number."""
        decided = self.decided
        return {
            number: answer_of(decided[one.record_id])
            for number, one in enumerate(self.found.matches, 1)
            if one.record_id in decided
        }

    @property
    def left(self) -> tuple[int, ...]:
        """The numbers of the matches that wait for a decision."""
        return self._numbers(pending(self.found, self.made))

    @property
    def again(self) -> tuple[int, ...]:
        """The numbers of those that wait, and of those that somebody decided about."""
        return self._numbers(offered_again(self.found, self.made))

    def _numbers(self, some: Iterable[Match]) -> tuple[int, ...]:
        ids = {one.record_id for one in some}
        return tuple(n for n, one in enumerate(self.found.matches, 1) if one.record_id in ids)

    def left_after(self, number: int) -> int | None:
        """The next one that waits, or None where that was the last."""
        return next((one for one in self.left if one > number), None)

    def decided_before(self, number: int | None = None) -> int | None:
        """The match decided last; of one that is decided, the one decided before it."""
        numbers = {one.record_id: n for n, one in enumerate(self.found.matches, 1)}
        order = [numbers[one] for one in self.decided if one in numbers]
        end = order.index(number) if number in order else len(order)
        return order[end - 1] if end else None

    def match(self, number: int) -> Match | None:
        """The match of this number, where there is one."""
        return self.found.matches[number - 1] if 0 < number <= len(self.found.matches) else None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review came to: how many matches were decided, decided otherwise, and are left."""

    request: Request
    decided: int
    changed: int
    left: int


@dataclass(frozen=True, slots=True)
class Question:
    """A match with its record. This is the one thing here that holds the record's text."""

    match: Match
    record: Record
    about: tuple[Stretch, ...]
    """What `spans` would forget, as places of the record's text."""
    decision: Decision | None

    @property
    def answers(self) -> tuple[str, ...]:
        """What can be answered: in part only where something is about the person."""
        return (ACCEPT, SPANS, REJECT) if self.about else (ACCEPT, REJECT)

    @property
    def spans_take_all(self) -> bool:
        """Whether forgetting somebody else's record in part would forget all of it."""
        return bool(suggested(self.match)) and self.about == ((0, len(self.record.text)),)

    @property
    def usual(self) -> str:
        """What was decided, else what is suggested; empty where nothing is."""
        if self.decision is not None:
            return answer_of(self.decision)
        return suggested(self.match) if self.about else ""


def sheet(context: Context, request: Request) -> Sheet:
    """Raises BadInput where its records were not searched for yet."""
    found = located(context, request.id)
    return Sheet(request, found, decisions(context, found), document_digest(found))


def matched_records(context: Context, sheet: Sheet) -> dict[str, Record]:
    """The records of the matches, by id; the whole corpus is read for it.

    Raises BadInput as `question` does, and when the corpus changed since it was indexed.
    """
    runnable(sheet.request)
    wanted = {one.record_id for one in sheet.found.matches}
    records = open_corpus(context)[1].records
    return {one.id: one for one in records if one.id in wanted}


def question(sheet: Sheet, number: int, records: Mapping[str, Record]) -> Question:
    """The match of this number, to be decided about.

    Raises BadInput where there is none, and where the request is closed or unverified: then nobody
    has to see the record.
    """
    runnable(sheet.request)
    match = sheet.match(number)
    if match is None or match.record_id not in records:
        raise BadInput("there is no such match", where=f"request {sheet.request.id}")
    record = records[match.record_id]
    about = passages(record, match.evidence)
    return Question(match, record, about, sheet.decided.get(match.record_id))


def answer(
    context: Context, sheet: Sheet, number: int, word: str, records: Mapping[str, Record]
) -> Sheet:
    """Decide about one match in the name of whoever works here; the sheet as it is then.

    The same answer again changes nothing. Raises what `question` and `decide` raise, and BadInput
    for a word that is no answer to it.
    """
    asked = question(sheet, number, records)
    if word not in asked.answers:
        raise BadInput("this is no answer to it", fix=f"Answers: {', '.join(asked.answers)}")
    if asked.decision is None or answer_of(asked.decision) != word:
        made = answered(asked.match, word, context.actor, context.now())
        decide(context, sheet.found, [made], records)
    return _as_it_is(context, sheet)


def export(context: Context, sheet: Sheet, file: Path) -> None:
    """Write what is to be decided as a CSV to fill in, with what was decided already.

    Raises BadInput where it cannot be written, or the place is the workspace's own.
    """
    write_decisions(not_own(context.workspace.root, file), sheet.found, sheet.made)


def take_in(context: Context, sheet: Sheet, file: Path) -> Sheet:
    """Decide as such a file says, in the name of whoever works here; the sheet as it is then.

    Raises what `read_decisions` and `decide` raise.
    """
    made = read_decisions(file, sheet.found, context.actor, context.now())
    if made:
        decide(context, sheet.found, made)
    return _as_it_is(context, sheet)


def reviewed(before: Sheet, after: Sheet) -> Reviewed:
    """What was done between the two."""
    earlier, now = before.answers, after.answers
    changed = sum(now[number] != answer for number, answer in earlier.items())
    return Reviewed(after.request, len(now) - len(earlier), changed, len(after.left))


def _as_it_is(context: Context, sheet: Sheet) -> Sheet:
    request = context.ledger.request(sheet.request.id)
    return Sheet(request, sheet.found, decisions(context, sheet.found), sheet.digest)

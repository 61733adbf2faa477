"""The do-not-train list in the ledger, and the events that hold it.

A list from which a line was taken would let a person back in unseen. So an event says how many
lines a request has, of which kinds, and their digest; `Ledger.verify` compares.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from unlearnkit.domain import EventKind, Forgotten
from unlearnkit.errors import VerificationFailed
from unlearnkit.ledger.chain import Event
from unlearnkit.ledger.tables import DoNotTrainRow

KINDS = "kinds"
"""Absent from events that were written before kinds were counted."""


def add(session: Session, request_id: str, forgotten: Collection[Forgotten]) -> None:
    """Put a request's lines on the list; the event that holds them is the caller's to write."""
    if any(one.request_id != request_id for one in forgotten):
        raise ValueError("what was forgotten belongs to another request")
    for one in sorted(set(forgotten)):
        session.add(DoNotTrainRow(request_id=request_id, kind=one.kind, hash=one.hash))


def every(session: Session) -> list[Forgotten]:
    """The whole list."""
    return [
        Forgotten(row.request_id, row.kind, row.hash)
        for row in session.scalars(select(DoNotTrainRow))
    ]


def listed_payload(entries: Iterable[Forgotten]) -> dict[str, Any]:
    """What the event says of one request's lines: how many, how many of each kind, and a digest."""
    once = set(entries)
    lines = sorted(f"{one.kind}\x1f{one.hash}\n" for one in once)
    kinds = Counter(one.kind for one in once)
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    return {"entries": len(lines), KINDS: dict(sorted(kinds.items())), "digest": digest}


def check_list(events: Iterable[Event], entries: Iterable[Forgotten]) -> None:
    """Raises VerificationFailed, naming the first request whose lines are not as its event says."""
    there: defaultdict[str | None, list[Forgotten]] = defaultdict(list)
    for one in entries:
        there[one.request_id].append(one)
    said = {event.request_id: event.payload for event in events if event.kind == EventKind.LISTED}
    for request_id in sorted(str(one) for one in said.keys() | there.keys()):
        payload, found = said.get(request_id), listed_payload(there[request_id])
        if payload is not None and KINDS not in payload:
            del found[KINDS]
        if payload != found:
            raise VerificationFailed(
                f"the do-not-train list of request {request_id} is not as its event says",
                fix="Put the ledger back from a backup: the person could come back unseen.",
            )

"""Events that hold each other: each carries the hash of the one before.

A changed, removed or inserted event breaks the chain from there on. What it cannot show by itself
is that the whole chain was made anew, or its end cut off: for that the last hash has to be kept
elsewhere, as in a signed checkpoint or report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from unlearnkit.artefacts import canonical
from unlearnkit.errors import VerificationFailed

GENESIS = "0" * 64
"""`previous` of the first event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Holds no identifier of a data subject."""

    seq: int
    """From 1, without gaps."""
    time: str
    """RFC 3339, UTC."""
    actor: str
    kind: str
    request_id: str | None
    payload: dict[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How many events there are, and the last one's hash, which stands for all of them."""

    size: int
    hash: str
    """GENESIS where there is none."""


def next_event(
    last: Event | None,
    *,
    time: str,
    actor: str,
    kind: str,
    request_id: str | None,
    payload: dict[str, Any],
) -> Event:
    """The event after `last` (None: the first). Raises ValueError on what JSON cannot say."""
    seq, previous = _after(last)
    unhashed = Event(seq, time, actor, kind, request_id, payload, previous, hash="")
    return replace(unhashed, hash=event_hash(unhashed))


def event_hash(event: Event) -> str:
    """Hex SHA-256 over the event in canonical JSON (RFC 8785), all fields but `hash`."""
    body = asdict(event)
    del body["hash"]
    return hashlib.sha256(canonical(body)).hexdigest()


def export_line(event: Event) -> bytes:
    """The event in canonical JSON: without its `hash` member, what that is the SHA-256 of."""
    return canonical(asdict(event)) + b"\n"


def verify_chain(events: Iterable[Event]) -> int:
    """How many events there are. Raises VerificationFailed naming the first that does not hold."""
    last: Event | None = None
    for event in events:
        wrong = _wrong(event, last)
        if wrong:
            raise VerificationFailed(
                f"event {event.seq} of the ledger does not hold: {wrong}",
                fix="Compare the ledger with a backup; everything before this event is intact.",
            )
        last = event
    return last.seq if last else 0


def _wrong(event: Event, last: Event | None) -> str:
    """What is wrong with `event` as the one after `last`, or nothing."""
    seq, previous = _after(last)
    if event.seq != seq:
        return f"event {seq} should stand in its place"
    if event.previous != previous:
        return "it does not follow from the event before it"
    try:
        holds = event.hash == event_hash(event)
    except ValueError:
        holds = False
    return "" if holds else "its content is not what was written"


def _after(last: Event | None) -> tuple[int, str]:
    return (last.seq + 1, last.hash) if last else (1, GENESIS)

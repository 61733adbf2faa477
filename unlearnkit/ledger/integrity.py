"""Whether a whole ledger holds: the chain of its events, and every table beside it.

What is stored is read first, in an open session, and checked afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from unlearnkit.domain import Forgotten
from unlearnkit.errors import VerificationFailed
from unlearnkit.ledger import events, listing
from unlearnkit.ledger.chain import Event, verify_chain
from unlearnkit.ledger.listing import check_list
from unlearnkit.ledger.replay import Entry, check_vault, replay
from unlearnkit.ledger.rows import to_request
from unlearnkit.ledger.tables import RequestRow, VaultRow


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything that the tables of a ledger say."""

    events: Sequence[Event]
    requests: Mapping[str, Entry]
    """By id."""
    in_vault: Set[str]
    """Ids of the requests whose identifiers are there."""
    listed: Sequence[Forgotten]
    """The do-not-train list."""


def stored_in(session: Session) -> Stored:
    """Everything that is there now. Raises ValueError for a row that the ledger never writes."""
    return Stored(
        events=events.every(session),
        requests={
            row.id: Entry(to_request(row), row.digest)
            for row in session.scalars(select(RequestRow))
        },
        in_vault=set(session.scalars(select(VaultRow.request_id))),
        listed=listing.every(session),
    )


def check(stored: Stored) -> int:
    """How many events there are, all intact, with requests, vault and list as they say.

    Raises VerificationFailed naming the first event or request that does not hold.
    """
    count = verify_chain(stored.events)
    expected = replay(stored.events)
    for request_id in sorted(stored.requests.keys() | expected.keys()):
        if stored.requests.get(request_id) != expected.get(request_id):
            raise VerificationFailed(
                f"request {request_id} in the ledger is not as its events say",
                fix="Compare the ledger with a backup; the events are intact.",
            )
    check_vault(expected, stored.in_vault)
    check_list(stored.events, stored.listed)
    return count

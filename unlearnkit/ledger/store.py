"""The ledger as the rest of unlearnkit sees it: requests, who they are about, what happened."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from unlearnkit.domain import (
    EventKind,
    Forgotten,
    IdentityVerification,
    Request,
    RequestState,
    Subject,
)
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger import events, intake, listing
from unlearnkit.ledger.chain import ChainHead, Event
from unlearnkit.ledger.database import explained, forget_deleted, open_database
from unlearnkit.ledger.integrity import check, stored_in
from unlearnkit.ledger.listing import listed_payload
from unlearnkit.ledger.replay import extended, moved
from unlearnkit.ledger.rows import find_row, to_request, update
from unlearnkit.ledger.states import CLOSED, check_transition
from unlearnkit.ledger.tables import EventRow, RequestRow, VaultRow
from unlearnkit.ledger.vault import Sealed, joint_key, unseal


def utc_now() -> datetime:
    """The time events are stamped with."""
    return datetime.now(UTC)


class Ledger:
    """An open ledger; use it as a context manager. Every change and its event are one transaction.

    Methods raise Busy when another process holds the database, BadInput when it cannot be used.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self.changed = False
        """Whether an event was appended here, so that its end has to be signed anew."""

    @classmethod
    def open(
        cls, url: str, clock: Callable[[], datetime] = utc_now, *, password: str | None = None
    ) -> Self:
        """Open the SQLite or PostgreSQL database at a URL, made or migrated where it has to be."""
        return cls(open_database(url, password), clock)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def add_request(self, request: Request, sealed: Sealed, digest: str, actor: str) -> bool:
        """True when added, False when the same request is there already.

        `digest` is a keyed hash of what was asked. Where the same request comes again, verified now
        and open still, that is taken over. Raises BadInput for the same id with another digest.
        """
        return self.add_requests([(request, sealed, digest)], actor)[0]

    def add_requests(
        self, entries: Sequence[tuple[Request, Sealed, str]], actor: str
    ) -> list[bool]:
        """`add_request` for each, all or none."""
        with self._writing() as session:
            return [intake.add(session, self._clock, one, actor) for one in entries]

    def requests(self, state: RequestState | None = None) -> list[Request]:
        """All requests, or those in one state; the one that is due first comes first."""
        query = select(RequestRow).order_by(RequestRow.due, RequestRow.id)
        if state is not None:
            query = query.where(RequestRow.state == state.value)
        with self._reading() as session:
            return [to_request(row) for row in session.scalars(query)]

    def request(self, id_or_prefix: str) -> Request:
        """One request. Raises BadInput when no id, or more than one, begins so."""
        with self._reading() as session:
            return to_request(find_row(session, id_or_prefix))

    def set_state(
        self,
        request_id: str,
        state: RequestState,
        actor: str,
        reason: str = "",
        forgotten: Collection[Forgotten] = (),
    ) -> Request:
        """The request, moved. Where it already is in that state nothing happens, reason or not.

        A closed request's identifiers are erased from the vault in the same transaction, in which
        `forgotten`, what is kept of a completed one, goes on the do-not-train list. `reason` is
        kept for good: no name in it. Raises BadInput for a way it may not go.
        """
        with self._writing() as session:
            row = find_row(session, request_id)
            before = to_request(row)
            if before.state is state:
                return before
            check_transition(before, state, reason)
            after = moved(before, state, reason)
            update(row, after)
            payload = {"from": before.state.value, "to": state.value, "reason": reason.strip()}
            self._record(session, EventKind.REQUEST_MOVED, actor, payload, row.id)
            if state in CLOSED:
                session.execute(delete(VaultRow).where(VaultRow.request_id == row.id))
            if forgotten:
                listing.add(session, row.id, forgotten)
                self._record(session, EventKind.LISTED, actor, listed_payload(forgotten), row.id)
        if state in CLOSED:
            forget_deleted(self._engine)
        return after

    def verify_identity(
        self, request_id: str, verification: IdentityVerification, actor: str
    ) -> tuple[Request, bool]:
        """The request, verified, and whether it was not before; then nothing happens.

        Raises BadInput for one that is closed.
        """
        with self._writing() as session:
            row = find_row(session, request_id)
            before = to_request(row)
            if before.verified:
                return before, False
            return intake.verify(session, self._clock, row, verification, actor), True

    def extend(self, request_id: str, due: datetime, reason: str, actor: str) -> Request:
        """The request with its later deadline; whether the law allows it is for the caller.

        `reason` is kept for good: no name in it. Raises BadInput for one that is closed or was
        extended before, without a reason, and for a deadline that is not later.
        """
        with self._writing() as session:
            row = find_row(session, request_id)
            before, now = to_request(row), self._clock().astimezone(UTC)
            after = extended(before, due, reason, now)
            update(row, after)
            payload = {
                "from": before.due.isoformat(),
                "to": after.due.isoformat(),
                "reason": after.extension_reason,
                "at": now.isoformat(),
            }
            self._record(session, EventKind.EXTENDED, actor, payload, row.id)
        return after

    def subject(self, request_id: str, vault_key: bytes) -> Subject:
        """Who the request is about. Raises BadInput when erased, VerificationFailed: see unseal."""
        return unseal(self._sealed(request_id), vault_key)

    def run_key(self, request_ids: Collection[str], vault_key: bytes, run_id: str) -> bytes:
        """32 bytes for the files of a run of these requests: see `joint_key`.

        Gone for good as soon as one of them is closed. Raises as `subject` does.
        """
        sealed = [self._sealed(one) for one in request_ids]
        return joint_key(sealed, vault_key, f"run {run_id}")

    def held(self) -> frozenset[str]:
        """The requests whose identifiers are in the vault."""
        with self._reading() as session:
            return frozenset(session.scalars(select(VaultRow.request_id)))

    def do_not_train(self) -> list[Forgotten]:
        """Everything on the do-not-train list."""
        with self._reading() as session:
            return listing.every(session)

    def append(
        self, kind: EventKind, actor: str, payload: dict[str, Any], request_id: str | None = None
    ) -> Event:
        """Record what happened; `payload` is JSON without any identifier of a person.

        Raises BadInput for an unknown request, ValueError for what JSON cannot say or for a kind
        that only the ledger itself may write.
        """
        if kind in events.OWN:
            raise ValueError(f"'{kind}' is written by the ledger itself")
        with self._writing() as session:
            full = find_row(session, request_id).id if request_id is not None else None
            return self._record(session, kind, actor, payload, full)

    def events(self) -> list[Event]:
        """Everything that happened, first to last."""
        with self._reading() as session:
            return events.every(session)

    def events_of(self, kind: EventKind, request_id: str | None = None) -> list[Event]:
        """What happened of one kind to one request, or to none, newest first.

        `request_id` is whole.
        """
        with self._reading() as session:
            return events.those_of(session, kind, request_id)

    def last_event(self, kind: EventKind, request_id: str | None = None) -> Event | None:
        """The first of `events_of`; no other is read."""
        with self._reading() as session:
            return events.last_of(session, kind, request_id)

    def head(self) -> ChainHead:
        """The chain's end, as it stands."""
        with self._reading() as session:
            return events.head(session)

    def hash_at(self, seq: int) -> str | None:
        """The hash that stands beside an event, or None where there is no such event."""
        with self._reading() as session:
            row = session.get(EventRow, seq)
            return row.hash if row else None

    def verify(self) -> int:
        """How many events there are, all intact, with requests, vault and list as they say.

        Raises VerificationFailed naming the first event or request that does not hold.
        """
        with self._reading() as session:
            stored = stored_in(session)
        return check(stored)

    def _sealed(self, request_id: str) -> Sealed:
        with self._reading() as session:
            row = find_row(session, request_id)
            kept = session.get(VaultRow, row.id)
            if kept is None:
                raise BadInput(f"the identifiers of request {row.id} are no longer in the vault")
            return Sealed(kept.request_id, kept.wrapped_key, kept.nonce, kept.ciphertext)

    def _record(
        self,
        session: Session,
        kind: EventKind,
        actor: str,
        payload: dict[str, Any],
        request_id: str | None,
    ) -> Event:
        return events.add_event(session, kind, payload, request_id, at=self._clock(), actor=actor)

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with explained(self._engine.url), Session(self._engine) as session:
            try:
                yield session
            except ValueError:
                # A state, time or number in a row that the ledger never writes.
                raise VerificationFailed(
                    "the ledger was changed from outside: a row cannot be read",
                    fix="Put the ledger back from a backup.",
                ) from None

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        engine = self._engine.execution_options(writes=True)
        with explained(self._engine.url), Session(engine) as session:
            with session.begin():
                yield session
            self.changed |= events.APPENDED in session.info

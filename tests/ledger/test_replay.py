"""What events add up to, and that impossible ones are found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.ledger.samples import NOW, request, unverified
from tests.ledger.samples import verified as known
from unlearnkit.domain import EventKind, IdentityState, Request, RequestState
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger.chain import Event, next_event
from unlearnkit.ledger.replay import (
    Entry,
    check_vault,
    extended,
    moved,
    replay,
    verified,
)

ID = request().id
OPEN, DONE, NO = RequestState.READY, RequestState.COMPLETED, RequestState.REJECTED
CAIRO = timezone(timedelta(hours=2))
LATER = request().due + timedelta(days=60)


def chain(*happened: tuple[str, dict[str, Any]], of: str | None = ID) -> Iterator[Event]:
    last = None
    for kind, payload in happened:
        last = next_event(
            last, time=NOW.isoformat(), actor="dpo", kind=kind, request_id=of, payload=payload
        )
        yield last


def added(one: Request) -> tuple[str, dict[str, Any]]:
    return EventKind.REQUEST_ADDED, {"request": one.model_dump(mode="json"), "digest": "d1"}


def to(state: RequestState, reason: str = "") -> tuple[str, dict[str, Any]]:
    return EventKind.REQUEST_MOVED, {"from": "?", "to": state.value, "reason": reason}


SHOWN = (EventKind.IDENTITY_VERIFIED, {"how": "card", "at": NOW.isoformat(), "by": "desk"})
LONGER = (
    EventKind.EXTENDED,
    {"from": "?", "to": LATER.isoformat(), "reason": "many", "at": NOW.isoformat()},
)


def test_no_event_no_request() -> None:
    assert replay([]) == {}


def test_a_request_stands_where_its_last_event_left_it() -> None:
    entries = replay(chain(added(unverified()), ("located", {}), SHOWN, LONGER, to(OPEN), to(DONE)))
    expected = unverified().model_copy(
        update={
            "identity": IdentityState.VERIFIED,
            "verified_how": "card",
            "verified_at": NOW,
            "verified_by": "desk",
            "due": LATER,
            "extended_at": NOW,
            "extension_reason": "many",
            "state": DONE,
        }
    )
    assert entries == {ID: Entry(expected, "d1")}


def test_events_of_one_request_leave_the_others_alone() -> None:
    other = list(chain(added(request(2)), of=request(2).id))
    entries = replay([*other, *chain(added(known()), to(OPEN))])
    assert {one: entry.request.state for one, entry in entries.items()} == {
        request(2).id: RequestState.RECEIVED,
        ID: OPEN,
    }


@pytest.mark.parametrize(
    "happened",
    [
        [to(OPEN)],
        [SHOWN],
        [added(known()), to(RequestState.UNLEARNED)],
        [added(unverified()), to(OPEN)],
        [added(known()), to(NO, " ")],
        [added(known()), (EventKind.REQUEST_MOVED, {"to": "gone", "reason": ""})],
        [added(known()), (EventKind.REQUEST_MOVED, {"reason": ""})],
        [added(known()), (EventKind.EXTENDED, {**LONGER[1], "to": request().due.isoformat()})],
        [added(known()), LONGER, LONGER],
        [added(unverified()), (EventKind.IDENTITY_VERIFIED, {**SHOWN[1], "how": ""})],
        [added(unverified()), (EventKind.IDENTITY_VERIFIED, {**SHOWN[1], "at": "yesterday"})],
        [(EventKind.REQUEST_ADDED, {"request": {}, "digest": "d1"})],
        [(EventKind.REQUEST_ADDED, {"request": known().model_dump(mode="json")})],
    ],
)
def test_what_cannot_have_happened_is_found_at_its_event(
    happened: list[tuple[str, dict[str, Any]]],
) -> None:
    impossible = f"^event {len(happened)} of the ledger says"
    with pytest.raises(VerificationFailed, match=impossible) as failure:
        replay(chain(*happened))
    assert "a backup" in failure.value.fix


def test_a_reason_is_kept_on_a_rejected_request_only() -> None:
    assert moved(known(), OPEN, "because").reason == ""
    assert moved(known(), NO, " not hers ").reason == "not hers"
    earlier = known().model_copy(update={"reason": "kept"})
    assert moved(earlier, OPEN, "because").reason == "kept"


def test_how_when_and_by_whom_it_was_verified_is_kept_in_utc_and_without_spaces() -> None:
    found = verified(unverified(), "  card ", datetime(2026, 3, 11, 1, tzinfo=CAIRO), "desk")
    assert found.identity is IdentityState.VERIFIED
    assert (found.verified_how, found.verified_by) == ("card", "desk")
    assert found.verified_at is not None
    assert found.verified_at.isoformat() == "2026-03-10T23:00:00+00:00"


@pytest.mark.parametrize("state", [DONE, NO])
def test_of_a_closed_request_nothing_is_verified_or_extended(state: RequestState) -> None:
    closed = known().model_copy(update={"state": state})
    with pytest.raises(BadInput, match=f"request {ID} is {state}: there is nothing to verify"):
        verified(closed, "card", NOW, "desk")
    with pytest.raises(BadInput, match=f"request {ID} is {state}: no term runs"):
        extended(closed, LATER, "many", NOW)


def test_that_it_was_verified_has_to_be_said_in_words() -> None:
    with pytest.raises(BadInput, match="say how"):
        verified(unverified(), "  ", NOW, "desk")


def test_a_term_is_extended_once_with_a_reason_and_to_a_later_day() -> None:
    found = extended(known(), LATER.astimezone(CAIRO), " many ", NOW.astimezone(CAIRO))
    assert (found.due, found.extended_at, found.extension_reason) == (LATER, NOW, "many")
    assert found.due.tzinfo is UTC
    assert found.extended_at is not None and found.extended_at.tzinfo is UTC
    with pytest.raises(BadInput, match=r"was extended on 2026-03-10 already") as refusal:
        extended(found, LATER + timedelta(days=1), "more", NOW)
    assert "once" in refusal.value.fix
    with pytest.raises(BadInput, match="needs a reason") as refusal:
        extended(known(), LATER, " ", NOW)
    assert "without the person's name" in refusal.value.fix
    for due in (request().due, request().due - timedelta(days=1)):
        with pytest.raises(BadInput, match="no later than it is"):
            extended(known(), due, "many", NOW)


def test_the_vault_holds_open_requests_and_no_closed_ones() -> None:
    closed = Entry(known(2).model_copy(update={"state": DONE}), "d2")
    entries = {ID: Entry(known(), "d1"), closed.request.id: closed}
    check_vault(entries, {ID})
    with pytest.raises(VerificationFailed, match=f"of request {ID} are gone") as refusal:
        check_vault(entries, set())
    assert "backup" in refusal.value.fix
    with pytest.raises(VerificationFailed, match=f"{closed.request.id} were put back"):
        check_vault(entries, set(entries))
    # The first by id is named, whatever the order they came in.
    with pytest.raises(VerificationFailed, match=ID):
        check_vault(dict(reversed(entries.items())), {closed.request.id})

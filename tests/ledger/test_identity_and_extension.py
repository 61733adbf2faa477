"""Whether the person's identity was verified, and the one extension: each with its event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.ledger.samples import (
    NOW,
    VAULT_KEY,
    change,
    entry,
    request,
    subject,
    unverified,
    verified,
)
from unlearnkit.domain import IdentityState, IdentityVerification, Request, RequestState
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger.store import Ledger
from unlearnkit.ledger.vault import seal

LATER = request().due + timedelta(days=61)
SHOWN = IdentityVerification("identity card shown at the desk", "desk", NOW - timedelta(days=1))


@pytest.fixture
def ledger(where: str) -> Iterator[Ledger]:
    with Ledger.open(where, clock=lambda: NOW) as opened:
        yield opened


def add(ledger: Ledger, one: Request) -> bool:
    return ledger.add_request(one, seal(subject(1), VAULT_KEY), "d1", actor="dpo")


def kinds(ledger: Ledger) -> list[str]:
    return [one.kind for one in ledger.events()]


def test_a_request_that_comes_verified_is_received_first_and_then_verified(ledger: Ledger) -> None:
    add(ledger, verified())
    added, event = ledger.events()
    assert (added.kind, added.payload["request"]["identity"]) == ("request_added", "unverified")
    assert (event.kind, event.actor) == ("identity_verified", "dpo")
    assert event.payload == {
        "how": "letter to the address on file",
        "at": (NOW - timedelta(hours=2)).isoformat(),
        "by": "front desk",
    }
    assert ledger.requests() == [verified()]
    assert ledger.verify() == 2


def test_an_unverified_request_goes_nowhere_before_it_is_verified(ledger: Ledger) -> None:
    add(ledger, unverified())
    with pytest.raises(BadInput, match="nobody has verified yet"):
        ledger.set_state("00000001", RequestState.IN_REVIEW, "dpo")
    assert kinds(ledger) == ["request_added"]
    after, done = ledger.verify_identity("00000001", SHOWN, "dpo")
    assert done
    assert (after.verified, after.verified_by, after.verified_at) == (True, SHOWN.by, SHOWN.at)
    assert ledger.set_state("00000001", RequestState.IN_REVIEW, "dpo").verified
    assert kinds(ledger) == ["request_added", "identity_verified", "request_moved"]
    assert ledger.verify() == 3


def test_who_and_when_are_the_actor_and_now_where_nothing_is_said(ledger: Ledger) -> None:
    add(ledger, unverified())
    after, _ = ledger.verify_identity("00000001", IdentityVerification("called back"), "dpo")
    assert (after.verified_by, after.verified_at) == ("dpo", NOW)


def test_it_is_verified_once(ledger: Ledger) -> None:
    add(ledger, verified())
    assert ledger.verify_identity("00000001", SHOWN, "dpo") == (verified(), False)
    assert len(kinds(ledger)) == 2


def test_how_has_to_be_said(ledger: Ledger) -> None:
    add(ledger, unverified())
    with pytest.raises(BadInput, match="say how"):
        ledger.verify_identity("00000001", IdentityVerification("  "), "dpo")
    assert kinds(ledger) == ["request_added"]


def test_the_same_request_again_verified_now_is_taken_over(ledger: Ledger) -> None:
    assert add(ledger, unverified()) is True
    assert add(ledger, verified()) is False
    assert ledger.requests() == [verified()]
    assert add(ledger, unverified()) is False
    assert ledger.requests() == [verified()]
    assert kinds(ledger) == ["request_added", "identity_verified"]


def test_a_closed_request_stays_as_it_was(ledger: Ledger) -> None:
    add(ledger, unverified())
    rejected = ledger.set_state("00000001", RequestState.REJECTED, "dpo", "not the person")
    assert add(ledger, verified()) is False
    assert ledger.requests() == [rejected]
    with pytest.raises(BadInput, match="nothing to verify"):
        ledger.verify_identity("00000001", SHOWN, "dpo")
    with pytest.raises(BadInput, match="no term runs"):
        ledger.extend("00000001", LATER, "many records", "dpo")


def test_an_extension_moves_the_deadline_once_with_its_reason(ledger: Ledger) -> None:
    add(ledger, unverified())
    after = ledger.extend("00000001", LATER, " 40,000 records to review ", "dpo")
    assert (after.due, after.extended_at) == (LATER, NOW)
    assert after.extension_reason == "40,000 records to review"
    assert ledger.request("00000001") == after
    event = ledger.events()[-1]
    assert event.kind == "extended"
    assert event.payload == {
        "from": unverified().due.isoformat(),
        "to": LATER.isoformat(),
        "reason": "40,000 records to review",
        "at": NOW.isoformat(),
    }
    with pytest.raises(BadInput, match="was extended on 2026-03-10 already"):
        ledger.extend("00000001", LATER + timedelta(1), "again", "dpo")
    assert ledger.verify() == 2


@pytest.mark.parametrize(
    ("days", "reason", "why"),
    [
        (61, " ", "needs a reason"),
        (0, "many records", "no later"),
        (-1, "many records", "no later"),
    ],
)
def test_an_extension_that_is_none_changes_nothing(
    ledger: Ledger, days: int, reason: str, why: str
) -> None:
    add(ledger, unverified())
    with pytest.raises(BadInput, match=why):
        ledger.extend("00000001", unverified().due + timedelta(days), reason, "dpo")
    assert ledger.requests() == [unverified()]
    assert kinds(ledger) == ["request_added"]


def test_where_a_controller_wants_to_be_told_is_kept(ledger: Ledger) -> None:
    urls = ("https://controller.example/a", "https://controller.example/b")
    add(ledger, unverified().model_copy(update={"callback_urls": urls}))
    assert ledger.request("00000001").callback_urls == urls
    assert ledger.verify() == 1


@pytest.mark.parametrize("kind", ["identity_verified", "extended"])
def test_only_the_ledger_itself_says_so(ledger: Ledger, kind: str) -> None:
    add(ledger, unverified())
    with pytest.raises(ValueError, match="by the ledger itself"):
        ledger.append(kind, "dpo", {"how": "x", "at": NOW.isoformat(), "by": "x"}, "00000001")


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE requests SET identity = 'verified'", "not as its events say"),
        ("UPDATE requests SET verified_by = 'x'", "not as its events say"),
        ("UPDATE requests SET extended_at = NULL, due = '2030-01-01'", "not as its events say"),
        ("UPDATE requests SET callback_urls = '[\"x\"]'", "not as its events say"),
        ("UPDATE requests SET identity = 'perhaps'", "changed from outside"),
        ("UPDATE requests SET callback_urls = 'x'", "changed from outside"),
    ],
)
def test_verify_finds_what_was_changed(ledger: Ledger, where: str, sql: str, what: str) -> None:
    add(ledger, unverified())
    ledger.extend("00000001", LATER, "many records", "dpo")
    change(where, sql)
    with pytest.raises(VerificationFailed, match=what):
        ledger.verify()


def test_of_an_older_ledger_s_requests_nobody_knows(ledger: Ledger) -> None:
    ledger.add_request(*entry(), actor="dpo")
    assert ledger.request("00000001").identity is IdentityState.NOT_RECORDED
    after, done = ledger.verify_identity("00000001", SHOWN, "dpo")
    assert (after.verified, done) == (True, True)
    assert ledger.verify() == 2

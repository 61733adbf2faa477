"""The ledger: idempotent intake, one transaction per change, and tampering found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import pytest

from tests.ledger.conftest import Kept
from tests.ledger.samples import NOW, VAULT_KEY, change, entry, request, subject, unverified
from unlearnkit.domain import IdentityVerification, RequestState
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger.chain import GENESIS, ChainHead
from unlearnkit.ledger.store import Ledger


@pytest.fixture
def ledger(where: str) -> Iterator[Ledger]:
    with Ledger.open(where, clock=lambda: NOW) as opened:
        yield opened


def test_a_request_is_added_once(ledger: Ledger) -> None:
    assert ledger.add_request(*entry(), actor="dpo") is True
    assert ledger.add_request(*entry(), actor="dpo") is False
    assert ledger.requests() == [request()]
    [event] = ledger.events()
    assert (event.kind, event.actor, event.request_id) == ("request_added", "dpo", request().id)
    assert event.time == NOW.isoformat()


def test_the_same_id_with_other_content_is_refused_and_nothing_of_the_batch_stays(
    ledger: Ledger,
) -> None:
    ledger.add_request(*entry(1), actor="dpo")
    with pytest.raises(BadInput, match="with other content") as refusal:
        ledger.add_requests([entry(2), entry(1, digest="other")], actor="dpo")
    assert "an id of its own" in refusal.value.fix
    assert [one.id for one in ledger.requests()] == [request(1).id]
    assert len(ledger.events()) == 1


def test_nobody_elses_identifiers_are_kept_with_a_request(ledger: Ledger) -> None:
    _, another, digest = entry(2)
    with pytest.raises(ValueError, match="sealed subject belongs to another request"):
        ledger.add_request(request(1), another, digest, actor="dpo")
    assert ledger.requests() == []


def test_what_is_due_first_comes_first(ledger: Ledger) -> None:
    ledger.add_requests([entry(1, days=30), entry(2, days=3), entry(3, days=9)], actor="dpo")
    ledger.set_state(request(3).id, RequestState.READY, "dpo")
    assert [one.id[:8] for one in ledger.requests()] == ["00000002", "00000003", "00000001"]
    assert [one.id[:8] for one in ledger.requests(RequestState.READY)] == ["00000003"]


def test_a_ledger_knows_whether_its_end_has_to_be_signed_anew(where: str) -> None:
    with Ledger.open(where) as opened:
        opened.requests()
        assert opened.changed is False
        opened.add_request(*entry(), actor="dpo")
        assert opened.changed is True


def test_an_id_is_found_however_it_is_written(ledger: Ledger) -> None:
    ledger.add_request(*entry(), actor="dpo")
    assert ledger.request(f"  {request().id.upper()} ").id == request().id
    assert ledger.request(request().id[:12].upper()).id == request().id


def test_of_those_due_together_the_smaller_id_comes_first(ledger: Ledger) -> None:
    ledger.add_requests([entry(2), entry(1), entry(3)], "dpo")
    assert [one.id[:8] for one in ledger.requests()] == ["00000001", "00000002", "00000003"]


def test_the_end_of_the_chain_and_every_hash_on_the_way_can_be_asked_for(ledger: Ledger) -> None:
    assert ledger.head() == ChainHead(0, GENESIS)
    assert ledger.hash_at(1) is None
    ledger.add_requests([entry(1), entry(2)], "dpo")
    first, second = ledger.events()
    assert ledger.head() == ChainHead(2, second.hash)
    assert (ledger.hash_at(1), ledger.hash_at(2)) == (first.hash, second.hash)


def test_a_runs_key_is_that_of_its_requests_until_one_is_closed(ledger: Ledger) -> None:
    ledger.add_requests([entry(1), entry(2)], "dpo")
    one, two = request(1).id, request(2).id
    key = ledger.run_key([one, two], VAULT_KEY, "7")
    assert key == ledger.run_key([two, one], VAULT_KEY, "7")
    assert key != ledger.run_key([one, two], VAULT_KEY, "8")
    assert key != ledger.run_key([one], VAULT_KEY, "7")
    assert ledger.held() == {one, two}
    ledger.set_state(one, RequestState.REJECTED, "dpo", "not hers")
    assert ledger.held() == {two}
    with pytest.raises(BadInput, match="no longer in the vault"):
        ledger.run_key([one, two], VAULT_KEY, "7")


def test_times_are_kept_in_utc_wherever_the_machine_stands(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        ledger.add_request(unverified(), *entry()[1:], actor="dpo")
        known, _ = ledger.verify_identity(request().id, IdentityVerification("card"), "dpo")
        later = ledger.extend(request().id, request().due + timedelta(days=9), "many", "dpo")
        assert ledger.request(request().id) == later
        assert ledger.verify() == 3
        added, verified, extended = ledger.events()
    finally:
        monkeypatch.undo()
        time.tzset()
    said = [event.time for event in (added, verified, extended)]
    said += [verified.payload["at"], extended.payload["at"]]
    assert {time[-6:] for time in said} == {"+00:00"}
    assert later.extended_at is not None and later.extended_at.tzinfo is UTC
    assert known.verified_at is not None and known.verified_at.tzinfo is UTC


def test_a_unique_prefix_is_enough(ledger: Ledger) -> None:
    ledger.add_requests([entry(1), entry(2)], actor="dpo")
    assert ledger.request("00000002").id == request(2).id
    with pytest.raises(BadInput, match="2 requests begin with this id"):
        ledger.request("0000")


@pytest.mark.parametrize("wanted", ["", "%", "_", "Zoltana"])
def test_an_unknown_id_is_refused_without_repeating_it(ledger: Ledger, wanted: str) -> None:
    ledger.add_request(*entry(), actor="dpo")
    with pytest.raises(BadInput, match="no request has this id") as refusal:
        ledger.request(wanted)
    assert "Zoltana" not in str(refusal.value)
    assert "'unlearnkit request list'" in refusal.value.fix


def test_a_state_changes_with_its_event(ledger: Ledger) -> None:
    ledger.add_request(*entry(), actor="dpo")
    after = ledger.set_state("00000001", RequestState.REJECTED, "legal", " Art. 17(3)(e) ")
    assert (after.state, after.reason) == (RequestState.REJECTED, "Art. 17(3)(e)")
    assert ledger.request(after.id) == after
    assert ledger.events()[-1].payload == {
        "from": "received",
        "to": "rejected",
        "reason": "Art. 17(3)(e)",
    }


def test_a_way_it_may_not_go_changes_nothing(ledger: Ledger) -> None:
    ledger.add_request(*entry(), actor="dpo")
    with pytest.raises(BadInput):
        ledger.set_state("00000001", RequestState.COMPLETED, "dpo")
    assert ledger.requests() == [request()]
    assert len(ledger.events()) == 1


def test_a_state_changed_without_a_reason_has_none_in_its_event(ledger: Ledger) -> None:
    ledger.add_request(*entry(), actor="dpo")
    ledger.set_state("00000001", RequestState.IN_REVIEW, "dpo")
    assert ledger.events()[-1].payload == {"from": "received", "to": "in_review", "reason": ""}


def test_the_state_it_is_in_already_is_no_event(ledger: Ledger) -> None:
    ledger.add_request(*entry(), actor="dpo")
    assert ledger.set_state("00000001", RequestState.RECEIVED, "dpo") == request()
    assert len(ledger.events()) == 1


def test_the_subject_comes_out_with_the_key_only(ledger: Ledger, kept: Kept) -> None:
    ledger.add_request(*entry(), actor="dpo")
    assert ledger.subject("00000001", VAULT_KEY) == subject()
    with pytest.raises(VerificationFailed):
        ledger.subject("00000001", b"w" * 32)
    written = kept()
    assert request().id.encode() in written
    assert b"Zoltana" not in written
    assert b"Quibbleworth" not in written


def test_a_subject_that_was_erased_is_said_to_be(ledger: Ledger, where: str) -> None:
    ledger.add_request(*entry(), actor="dpo")
    change(where, "DELETE FROM vault")
    with pytest.raises(BadInput, match="no longer in the vault"):
        ledger.subject("00000001", VAULT_KEY)


@pytest.mark.parametrize("closed", [RequestState.REJECTED, RequestState.COMPLETED])
def test_a_closed_request_leaves_no_identifier_and_no_key(
    ledger: Ledger, kept: Kept, closed: RequestState
) -> None:
    added, sealed, digest = entry()
    ledger.add_request(added, sealed, digest, actor="dpo")
    assert sealed.wrapped_key in kept()
    if closed is RequestState.COMPLETED:
        ledger.set_state(added.id, RequestState.READY, "dpo")
    ledger.set_state(added.id, closed, "dpo", reason="no such customer")
    left = kept()
    assert added.id.encode() in left
    assert sealed.wrapped_key not in left
    assert sealed.ciphertext not in left
    with pytest.raises(BadInput, match="no longer in the vault"):
        ledger.subject(added.id, VAULT_KEY)
    assert ledger.verify() >= 2


def test_other_events_are_kept_in_order(ledger: Ledger) -> None:
    ledger.add_request(*entry(), actor="dpo")
    event = ledger.append("located", "dpo", {"records": 7}, "00000001")
    assert event.request_id == request().id
    assert ledger.append("indexed", "dpo", {}).previous == event.hash
    assert [one.seq for one in ledger.events()] == [1, 2, 3]
    assert ledger.verify() == 3
    with pytest.raises(BadInput):
        ledger.append("located", "dpo", {}, "ffffffff")
    with pytest.raises(ValueError, match="by the ledger itself"):
        ledger.append("request_moved", "dpo", {"to": "completed"}, "00000001")


def test_who_waited_for_another_writer_follows_what_that_one_wrote(where: str) -> None:
    with Ledger.open(where) as one, Ledger.open(where) as two, ThreadPoolExecutor(1) as pool:
        with one._writing() as session:
            one._record(session, "tick", "one", {}, None)
            waiting = pool.submit(two.append, "tick", "two", {})
            time.sleep(0.3)
        assert waiting.result().seq == 2
        assert one.verify() == 2


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE events SET actor = 'x' WHERE seq = 2", "event 2 of the ledger"),
        ("""UPDATE events SET payload = '{"to":"ready"}' WHERE seq = 2""", "event 2 of the ledger"),
        ("UPDATE events SET payload = 'x' WHERE seq = 2", "event 2 of the ledger"),
        ("DELETE FROM events WHERE seq = 1", "event 1 should stand"),
        ("UPDATE requests SET state = 'ready'", "request 00000001.* not as its events say"),
        ("UPDATE requests SET due = '2030-01-01 00:00:00.000000'", "not as its events say"),
        ("UPDATE requests SET digest = 'x'", "not as its events say"),
        ("DELETE FROM requests", "not as its events say"),
        ("UPDATE requests SET state = 'x'", "changed from outside"),
    ],
)
def test_verify_finds_what_was_changed(ledger: Ledger, where: str, sql: str, what: str) -> None:
    ledger.add_request(*entry(), actor="dpo")
    ledger.set_state("00000001", RequestState.IN_REVIEW, "dpo")
    assert ledger.verify() == 2
    change(where, sql)
    with pytest.raises(VerificationFailed, match=what) as failure:
        ledger.verify()
    assert "backup" in failure.value.fix


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("not a url", "no database URL"),
        ("nosql://host/db", "no database URL"),
        ("mysql://host/db", "no database URL of SQLite or PostgreSQL"),
        ("postgresql://host:port/db", "no database URL"),
        ("postgresql://host/db?password=secret", "a password among its parameters"),
        ("sqlite:////no/such/folder/ledger.db", "no such folder"),
    ],
)
def test_an_address_that_cannot_be_used(bad: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as refusal:
        Ledger.open(bad)
    assert "secret" not in str(refusal.value)


def test_it_is_all_there_after_reopening(where: str) -> None:
    with Ledger.open(where) as first:
        first.add_request(*entry(), actor="dpo")
    with Ledger.open(where) as second:
        assert second.requests() == [request()]
        assert second.verify() == 1

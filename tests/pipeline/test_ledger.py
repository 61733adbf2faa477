"""A ledger with its signed checkpoint: whatever was done to it behind our back is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ledger.samples import change, look, request
from tests.pipeline.ledgers import (
    EVENTS,
    address,
    blocked,
    events,
    initialised_again,
    refused,
    rewrite,
    verified,
)
from unlearnkit.artefacts import canonical
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger.chain import Event
from unlearnkit.pipeline.ledger import (
    CHECKPOINT,
    accept,
    agreed,
    create_workspace,
    export_ledger,
    opened_ledger,
    verify_ledger,
)
from unlearnkit.workspace import Workspace


def test_a_ledger_that_nobody_touched_holds(work: Workspace) -> None:
    assert verified(work) == EVENTS


def test_a_new_ledger_holds_and_is_signed_from_the_beginning(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "work")
    assert verified(made) == 0
    (made.root / CHECKPOINT).unlink()
    assert "empty and has no checkpoint" in refused(made)


# --- what somebody may do in the database -----------------------------------------------------

PLAIN: dict[str, tuple[list[str], str]] = {
    "an event's actor edited": (
        ["UPDATE events SET actor = 'x' WHERE seq = 3"],
        "event 3 of the ledger does not hold: its content is not what was written",
    ),
    "an event's time edited": (
        ["UPDATE events SET time = '2026-01-01T00:00:00+00:00' WHERE seq = 6"],
        "event 6 of the ledger does not hold: its content is not what was written",
    ),
    "an event given to another request": (
        [f"UPDATE events SET request_id = '{request(2).id}' WHERE seq = 4"],
        "event 4 of the ledger does not hold: its content is not what was written",
    ),
    "an event's digest edited": (
        ["""UPDATE events SET payload = '{"certain":2,"digest":"cd"}' WHERE seq = 4"""],
        "event 4 of the ledger does not hold: its content is not what was written",
    ),
    "the first removed": (
        ["DELETE FROM events WHERE seq = 1"],
        "event 2 of the ledger does not hold: event 1 should stand in its place",
    ),
    "one in the middle removed": (
        ["DELETE FROM events WHERE seq = 3"],
        "event 4 of the ledger does not hold: event 3 should stand in its place",
    ),
    "one removed and the rest moved up": (
        [
            "DELETE FROM events WHERE seq = 3",
            "UPDATE events SET seq = 3 WHERE seq = 4",
            "UPDATE events SET seq = 4 WHERE seq = 5",
            "UPDATE events SET seq = 5 WHERE seq = 6",
        ],
        "event 3 of the ledger does not hold: it does not follow from the event before it",
    ),
    "two exchanged": (
        [
            "UPDATE events SET seq = 99 WHERE seq = 3",
            "UPDATE events SET seq = 3 WHERE seq = 4",
            "UPDATE events SET seq = 4 WHERE seq = 99",
        ],
        "event 3 of the ledger does not hold: it does not follow from the event before it",
    ),
    "a request's state edited": (
        [f"UPDATE requests SET state = 'ready' WHERE id = '{request(1).id}'"],
        f"request {request(1).id} in the ledger is not as its events say",
    ),
    "an identifier taken out of the vault": (
        ["DELETE FROM vault"],
        f"the identifiers of request {request(1).id} are gone from the vault",
    ),
    "identifiers put back into the vault": (
        [f"INSERT INTO vault SELECT '{request(2).id}', wrapped_key, nonce, ciphertext FROM vault"],
        f"the identifiers of request {request(2).id} were put back into the vault",
    ),
}


@pytest.mark.parametrize("what", PLAIN)
def test_what_was_changed_is_named(work: Workspace, what: str) -> None:
    statements, why = PLAIN[what]
    change(address(work), *statements)
    assert refused(work) == why


REWRITTEN: dict[str, Callable[[list[Event]], list[Event]]] = {
    "one edited": lambda all_: [*all_[:2], replace(all_[2], actor="x"), *all_[3:]],
    "the last edited": lambda all_: [*all_[:-1], replace(all_[-1], actor="x")],
    "two exchanged": lambda all_: [*all_[:2], all_[3], all_[2], *all_[4:]],
    "one removed, another added": lambda all_: [*all_[:2], *all_[3:], all_[2]],
    "one put in": lambda all_: [*all_[:3], replace(all_[2], actor="x"), *all_[3:]],
}


@pytest.mark.parametrize("what", REWRITTEN)
def test_a_chain_that_was_made_anew_is_not_the_signed_one(work: Workspace, what: str) -> None:
    rewrite(work, REWRITTEN[what](events(work)))
    why = refused(work)
    assert why.startswith(
        "event 6 of the ledger is not the one that stood there when it was signed on "
    )
    assert why.endswith("it, or what stands before it, was written anew")
    blocked(work)


@pytest.mark.parametrize("kept", [4, 3, 0])
def test_a_cut_off_end_is_shown(work: Workspace, kept: int) -> None:
    """Whoever cuts also puts the requests as they were then: the chain itself holds."""
    assert kept < EVENTS
    if kept:
        change(
            address(work),
            f"UPDATE requests SET state = 'received', reason = '' WHERE {kept} < 5",
            f"DELETE FROM events WHERE seq > {kept}",
            "INSERT INTO vault SELECT "
            f"'{request(2).id}', wrapped_key, nonce, ciphertext FROM vault",
        )
    else:
        change(address(work), "DELETE FROM vault", "DELETE FROM events", "DELETE FROM requests")
    why = refused(work)
    assert why.startswith(f"the ledger has {kept} events, and had 6 when it was signed on ")
    assert "its end was cut off, or an older copy was put in its place" in why
    blocked(work)


def test_an_end_that_was_cut_off_and_grown_again_is_shown(work: Workspace) -> None:
    rewrite(work, events(work)[:-1])
    with work.open_ledger() as ledger:
        for _ in range(3):
            ledger.append("tick", "dpo", {})
    with work.open_ledger() as ledger:
        assert ledger.head().size == EVENTS + 2
        with pytest.raises(VerificationFailed, match="event 6 of the ledger is not the one"):
            agreed(work, ledger)
    blocked(work)


def test_init_does_not_sign_over_a_ledger_that_was_cut(work: Workspace) -> None:
    """Without its settings a workspace counts as none, and 'init' is what the commands advise."""
    rewrite(work, events(work)[:-1])
    signed = (work.root / CHECKPOINT).read_bytes()
    with pytest.raises(VerificationFailed, match="the ledger has 5 events, and had 6 when"):
        initialised_again(work)
    assert (work.root / CHECKPOINT).read_bytes() == signed
    blocked(work)


def test_init_does_not_sign_a_ledger_whose_checkpoint_is_gone(on_sqlite: Workspace) -> None:
    (on_sqlite.root / CHECKPOINT).unlink()
    with pytest.raises(VerificationFailed, match="has 6 events and no checkpoint") as refusal:
        initialised_again(on_sqlite)
    assert "unlearnkit ledger accept" in refusal.value.fix
    assert not (on_sqlite.root / CHECKPOINT).exists()
    accept(on_sqlite, "admin", "the settings and the checkpoint were lost with a disk")
    assert verified(on_sqlite) == EVENTS + 1


def test_an_older_copy_of_the_file_is_shown(on_sqlite: Workspace) -> None:
    older = (on_sqlite.root / "ledger.db").read_bytes()
    with opened_ledger(on_sqlite) as ledger:
        ledger.append("tick", "dpo", {})
    (on_sqlite.root / "ledger.db").write_bytes(older)
    assert "the ledger has 6 events, and had 7" in refused(on_sqlite)


# --- a restored backup ------------------------------------------------------------------------


@pytest.fixture
def restored(on_sqlite: Workspace) -> Workspace:
    """The file is older than its checkpoint."""
    older = (on_sqlite.root / "ledger.db").read_bytes()
    with opened_ledger(on_sqlite) as ledger:
        ledger.append("tick", "dpo", {})
    (on_sqlite.root / "ledger.db").write_bytes(older)
    return on_sqlite


def test_a_restored_backup_is_accepted_with_its_reason_which_stays(restored: Workspace) -> None:
    event = accept(restored, "admin", "disk of 2 May replaced, backup of 1 May put back")
    assert (event.seq, event.actor, event.kind) == (EVENTS + 1, "admin", "accepted")
    assert event.payload["reason"].startswith("disk of 2 May")
    assert "had 7 when it was signed" in event.payload["found"]
    with restored.open_ledger() as ledger:
        assert verify_ledger(restored, ledger).accepted == (event,)


def test_a_lost_checkpoint_is_accepted_too(on_sqlite: Workspace) -> None:
    (on_sqlite.root / CHECKPOINT).unlink()
    accept(on_sqlite, "admin", "the workspace is of a release without checkpoints")
    assert verified(on_sqlite) == EVENTS + 1


def test_nothing_is_accepted_without_need_or_reason_or_with_a_name(restored: Workspace) -> None:
    with pytest.raises(BadInput, match="needs a reason"):
        accept(restored, "admin", "  ")
    with pytest.raises(BadInput, match="holds a name of the person") as refusal:
        accept(restored, "admin", "Quibbleworth's request was lost")
    assert "Quibbleworth" not in str(refusal.value)
    accept(restored, "admin", "backup put back")
    with pytest.raises(BadInput, match="nothing to accept"):
        accept(restored, "admin", "once more")


def test_events_that_do_not_hold_each_other_are_never_accepted(work: Workspace) -> None:
    change(address(work), "UPDATE events SET actor = 'x' WHERE seq = 3")
    with pytest.raises(VerificationFailed, match="event 3"):
        accept(work, "admin", "it is what it is")


# --- the export -------------------------------------------------------------------------------


def test_the_export_is_the_same_each_time_and_on_each_database(work: Workspace) -> None:
    with work.open_ledger() as ledger:
        lines = export_ledger(ledger)
        assert export_ledger(ledger) == lines
    told = [json.loads(line) for line in lines.splitlines()]
    assert [one["seq"] for one in told] == list(range(1, EVENTS + 1))
    assert [canonical(one) for one in told] == lines.splitlines()
    assert look(address(work), "SELECT hash FROM events ORDER BY seq") == [
        (one["hash"],) for one in told
    ]

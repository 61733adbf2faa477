"""A ledger with its signed checkpoint: whatever was done to it behind our back is found."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.samples import change, look, request, subject
from tests.postgresql import Server
from unlearnkit.domain import RequestState
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.keys import SigningKey
from unlearnkit.ledger.chain import Event, canonical, event_hash
from unlearnkit.ledger.store import Ledger
from unlearnkit.ledger.vault import seal
from unlearnkit.pipeline import keys
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.keys import rotate
from unlearnkit.pipeline.ledger import (
    CHECKPOINT,
    accept,
    agreed,
    create_workspace,
    export_ledger,
    opened_ledger,
    verify_ledger,
)
from unlearnkit.report.checkpoint import Checkpoint, sign_checkpoint
from unlearnkit.report.signing import sign_statement
from unlearnkit.workspace import Workspace

EVENTS = 6


@pytest.fixture(params=["sqlite", "postgresql"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A workspace in which six things have happened."""
    url = ""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        url = server.emptied()
    made = create_workspace(tmp_path / "work", ledger_url=url)
    fill(made)
    return made


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Workspace:
    made = create_workspace(tmp_path / "work")
    fill(made)
    return made


def fill(workspace: Workspace) -> None:
    with opened_ledger(workspace) as ledger:
        add(workspace, ledger, 1)
        add(workspace, ledger, 2)
        ledger.append("indexed", "dpo", {"records": 7})
        ledger.append("located", "dpo", {"certain": 2, "digest": "ab" * 32}, request(1).id)
        ledger.set_state(request(1).id, RequestState.IN_REVIEW, "dpo")
        ledger.set_state(request(2).id, RequestState.REJECTED, "legal", "Art. 17(3)(e)")


def add(workspace: Workspace, ledger: Ledger, number: int) -> None:
    sealed = seal(subject(number), workspace.vault_key)
    ledger.add_request(request(number), sealed, "d1", actor="dpo")


def verified(workspace: Workspace) -> int:
    with workspace.open_ledger() as ledger:
        return verify_ledger(workspace, ledger).head.size


def refused(workspace: Workspace) -> str:
    """Why the ledger does not hold."""
    with pytest.raises(VerificationFailed) as refusal:
        verified(workspace)
    assert refusal.value.exit_code == 4
    return refusal.value.what


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


def address(workspace: Workspace) -> str:
    return workspace.ledger_url


def events(workspace: Workspace) -> list[Event]:
    with workspace.open_ledger() as ledger:
        return ledger.events()


def rewrite(workspace: Workspace, forged: list[Event]) -> None:
    """Put a chain in the place of the ledger's, its hashes made anew as we make them."""
    change(address(workspace), "DELETE FROM events")
    previous = "0" * 64
    for seq, event in enumerate(forged, start=1):
        unhashed = replace(event, seq=seq, previous=previous)
        previous = event_hash(unhashed)
        values = [
            str(seq),
            *(quoted(one) for one in (event.time, event.actor, event.kind)),
            quoted(event.request_id) if event.request_id else "NULL",
            quoted(canonical(event.payload).decode()),
            *(quoted(one) for one in (unhashed.previous, previous)),
        ]
        columns = "seq, time, actor, kind, request_id, payload, previous, hash"
        statement = f"INSERT INTO events ({columns}) VALUES ({', '.join(values)})"
        change(address(workspace), statement.replace("%", "%%"))


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


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


def blocked(workspace: Workspace) -> None:
    """Nobody goes on with it, which would sign it anew."""
    signed = (workspace.root / CHECKPOINT).read_bytes()
    with pytest.raises(VerificationFailed), opened_ledger(workspace):
        pass
    assert (workspace.root / CHECKPOINT).read_bytes() == signed


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


def initialised_again(workspace: Workspace) -> Workspace:
    (workspace.root / "unlearnkit.yaml").unlink()
    return create_workspace(workspace.root, ledger_url=workspace.config.ledger_url)


def test_an_older_copy_of_the_file_is_shown(on_sqlite: Workspace) -> None:
    older = (on_sqlite.root / "ledger.db").read_bytes()
    with opened_ledger(on_sqlite) as ledger:
        ledger.append("tick", "dpo", {})
    (on_sqlite.root / "ledger.db").write_bytes(older)
    assert "the ledger has 6 events, and had 7" in refused(on_sqlite)


# --- what somebody may do to the checkpoint ---------------------------------------------------


def lowered(raw: bytes) -> bytes:
    envelope = json.loads(raw)
    payload = json.loads(base64.b64decode(envelope["payload"]))
    payload["size"] = 2
    envelope["payload"] = base64.b64encode(canonical(payload)).decode()
    return canonical(envelope) + b"\n"


def named_anew(raw: bytes) -> bytes:
    envelope = json.loads(raw)
    envelope["signatures"][0]["keyid"] = "0" * 64
    return canonical(envelope) + b"\n"


def signed_twice(raw: bytes) -> bytes:
    envelope = json.loads(raw)
    envelope["signatures"].append({"keyid": "1" * 64, "sig": "AAAA"})
    return canonical(envelope) + b"\n"


BAD_CHECKPOINTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "its figures lowered": (lowered, "the signature of the checkpoint does not match"),
    "another key named": (named_anew, "the checkpoint is signed by another key"),
    "two signatures": (signed_twice, "the checkpoint is malformed"),
    "cut off": (lambda raw: raw[:-20], "the checkpoint is malformed"),
    "laid out anew": (lambda raw: raw + b"\n", "changed outside its signed part"),
    "emptied": (lambda raw: b"", "the checkpoint is malformed"),
}


@pytest.mark.parametrize("what", BAD_CHECKPOINTS)
def test_a_changed_checkpoint_is_refused(on_sqlite: Workspace, what: str) -> None:
    spoil, why = BAD_CHECKPOINTS[what]
    path = on_sqlite.root / CHECKPOINT
    path.write_bytes(spoil(path.read_bytes()))
    assert why in refused(on_sqlite)
    blocked(on_sqlite)


def test_a_checkpoint_of_another_workspace_is_refused(on_sqlite: Workspace, tmp_path: Path) -> None:
    other = create_workspace(tmp_path / "other")
    (on_sqlite.root / CHECKPOINT).write_bytes((other.root / CHECKPOINT).read_bytes())
    assert refused(on_sqlite) == "the checkpoint is signed by another key"


def test_a_deleted_checkpoint_is_missed(on_sqlite: Workspace) -> None:
    (on_sqlite.root / CHECKPOINT).unlink()
    assert refused(on_sqlite).startswith("the ledger has 6 events and no checkpoint")
    with pytest.raises(VerificationFailed), opened_ledger(on_sqlite):
        pass


def stolen_and_rotated(workspace: Workspace) -> SigningKey:
    """Somebody's copy of the key that the owner then replaced."""
    copy = workspace.root.parent / "stolen.pem"
    shutil.copy(workspace.signing_file, copy)
    with opened_ledger(workspace) as ledger:
        rotate(Context(workspace, ledger, "dpo"))
    return SigningKey(copy, None)


def signed_by_thief(workspace: Workspace, key: SigningKey) -> None:
    with workspace.open_ledger() as ledger:
        head = ledger.head()
    checkpoint = Checkpoint(size=head.size, head=head.hash, time=datetime.now(UTC))
    (workspace.root / CHECKPOINT).write_bytes(sign_checkpoint(checkpoint, key))


def test_a_retired_key_signs_no_ledger_that_was_cut_before_its_rotation(work: Workspace) -> None:
    stolen = stolen_and_rotated(work)
    rewrite(work, events(work)[:EVENTS])
    signed_by_thief(work, stolen)
    assert refused(work) == (
        "the checkpoint of 6 events is signed with a retired key: the ledger does not say so"
    )
    blocked(work)


def test_a_retired_key_signs_nothing_after_its_rotation(on_sqlite: Workspace) -> None:
    stolen = stolen_and_rotated(on_sqlite)
    with on_sqlite.open_ledger() as ledger:
        ledger.append("tick", "thief", {})
    signed_by_thief(on_sqlite, stolen)
    assert refused(on_sqlite) == (
        "the checkpoint of 8 events is signed with a retired key: event 7 says so"
    )
    blocked(on_sqlite)


def test_a_report_s_signature_is_no_checkpoint(on_sqlite: Workspace) -> None:
    bundle = json.loads(sign_statement({"size": 6}, on_sqlite.signing_key))
    (on_sqlite.root / CHECKPOINT).write_bytes(canonical(bundle["dsseEnvelope"]) + b"\n")
    assert "or is something else" in refused(on_sqlite)


# --- what is no alarm -------------------------------------------------------------------------


def test_init_again_over_a_whole_ledger(work: Workspace) -> None:
    assert verified(initialised_again(work)) == EVENTS


def test_another_machine_joins_a_shared_ledger(postgresql: Server, tmp_path: Path) -> None:
    url = postgresql.emptied()
    fill(create_workspace(tmp_path / "first", ledger_url=url))
    assert verified(create_workspace(tmp_path / "second", ledger_url=url)) == EVENTS


KILLED = """
import sys, os, signal
from pathlib import Path
from unlearnkit.pipeline.ledger import opened_ledger
from unlearnkit.workspace import Workspace
with opened_ledger(Workspace.open(Path(sys.argv[1]))) as ledger:
    ledger.append("tick", "dpo", {})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_between_ledger_and_checkpoint_it_holds_and_goes_on(on_sqlite: Workspace) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, str(on_sqlite.root)], check=False)
    assert ran.returncode == -signal.SIGKILL
    assert verified(on_sqlite) == EVENTS + 1
    with opened_ledger(on_sqlite) as ledger:
        ledger.append("tick", "dpo", {})
    assert verified(on_sqlite) == EVENTS + 2


def test_who_only_reads_signs_nothing(on_sqlite: Workspace) -> None:
    before = (on_sqlite.root / CHECKPOINT).read_bytes()
    with opened_ledger(on_sqlite) as ledger:
        assert ledger.verify() == EVENTS
    assert (on_sqlite.root / CHECKPOINT).read_bytes() == before


def test_what_was_written_before_an_error_is_signed(on_sqlite: Workspace) -> None:
    with pytest.raises(BadInput, match="later"), opened_ledger(on_sqlite) as ledger:
        ledger.append("tick", "dpo", {})
        raise BadInput("later")
    (on_sqlite.root / "ledger.db").rename(on_sqlite.root / "gone")
    assert "had 7 when it was signed" in refused(on_sqlite)


def test_a_retired_key_s_checkpoint_still_holds(on_sqlite: Workspace) -> None:
    path = on_sqlite.root / CHECKPOINT
    before = path.read_bytes()
    with opened_ledger(on_sqlite) as ledger:
        rotate(Context(on_sqlite, ledger, "dpo"))
    assert json.loads(path.read_bytes())["signatures"] != json.loads(before)["signatures"]
    assert verified(on_sqlite) == EVENTS + 1
    path.write_bytes(before)
    assert verified(on_sqlite) == EVENTS + 1


class Killed(BaseException):
    """What ends a process between two writes."""


@pytest.mark.parametrize("between", ["key made", "event", "public half", "private half"])
def test_a_rotation_killed_anywhere_is_no_alarm_whatever_is_done_before_it_is_finished(
    on_sqlite: Workspace, between: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        killed_at(between, patched)
        with on_sqlite.open_ledger() as ledger, pytest.raises(Killed):
            rotate(Context(on_sqlite, ledger, "dpo"))
    verified(on_sqlite)
    with opened_ledger(on_sqlite) as ledger:
        ledger.append("tick", "dpo", {})
    verified(on_sqlite)
    with on_sqlite.open_ledger() as ledger:  # and killed again, before the checkpoint
        rotate(Context(on_sqlite, ledger, "dpo"))
    verified(on_sqlite)
    with opened_ledger(on_sqlite) as ledger:
        ledger.append("tick", "dpo", {})
    verified(on_sqlite)


def killed_at(between: str, patched: pytest.MonkeyPatch) -> None:
    """End the process after a step of the rotation."""
    write, replaced = keys.write_atomic, Path.replace

    def writing(path: Path, *arguments: Any) -> None:
        step = "key made" if path.parent.name == "retired" else "event"
        if between == step:
            raise Killed
        write(path, *arguments)

    def replacing(path: Path, target: Path) -> Path:
        if path.name == "next.pem" and between == "public half":
            raise Killed
        there = replaced(path, target)
        if path.name == "next.pem":
            raise Killed
        return there

    patched.setattr(keys, "write_atomic", writing)
    patched.setattr(Path, "replace", replacing)


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

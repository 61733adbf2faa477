"""The signed checkpoint: what is done to it is found, and what is no alarm is none."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.ledgers import (
    EVENTS,
    blocked,
    events,
    fill,
    initialised_again,
    refused,
    rewrite,
    verified,
)
from tests.postgresql import Server
from unlearnkit import locking, workspace
from unlearnkit.artefacts import canonical, write_atomic
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.keys import SigningKey
from unlearnkit.pipeline import keys, ledger
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.keys import rotate
from unlearnkit.pipeline.ledger import (
    CHECKPOINT,
    create_workspace,
    opened_ledger,
    verify_ledger,
)
from unlearnkit.report.bundle import sign_statement
from unlearnkit.report.checkpoint import Checkpoint, sign_checkpoint
from unlearnkit.workspace import Workspace

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


@pytest.mark.parametrize("writes", range(4))
def test_an_init_killed_at_any_file_leaves_no_workspace_whose_ledger_does_not_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    root, left = tmp_path / "work", [writes]

    class Killed(BaseException):
        pass

    def write(path: Path, *content: Any) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        write_atomic(path, *content)

    with monkeypatch.context() as patched:
        for room in (workspace, locking, ledger):
            patched.setattr(room, "write_atomic", write)
        with pytest.raises(Killed):
            create_workspace(root)
    assert not (root / "unlearnkit.yaml").exists()
    made = create_workspace(root)
    with made.open_ledger() as opened:
        assert verify_ledger(made, opened).head.size == 0


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

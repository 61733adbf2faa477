"""Where the ledger is kept, and what tells that it is whole."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.company import unlearnkit
from tests.postgresql import DATABASE, PASSWORD, USER, Server
from unlearnkit.artefacts import folder_digests
from unlearnkit.workspace import Workspace


@pytest.fixture
def address(postgresql: Server) -> str:
    """Of an empty PostgreSQL database, with the password."""
    postgresql.emptied()
    who = f"{USER}:{quote(PASSWORD, safe='')}"
    return f"postgresql://{who}@127.0.0.1:{postgresql.port}/{DATABASE}"


def test_a_workspace_s_ledger_may_be_in_postgresql(address: str, tmp_path: Path) -> None:
    work = tmp_path / "work"
    said = [
        unlearnkit("init", work, "--ledger-url", address),
        unlearnkit("request", "add", "--customer-id", "C-104211", "--workspace", work),
        unlearnkit("request", "list", "--json", "--workspace", work),
    ]
    assert [one.exit_code for one in said] == [0, 0, 0]
    [request] = json.loads(said[-1].stdout)
    with Workspace.open(work).open_ledger() as ledger:
        assert [one.id for one in ledger.requests()] == [request["id"]]
        assert ledger.verify() >= 1
    assert not (work / "ledger.db").exists()


def test_its_password_is_in_one_private_file_and_in_no_message(
    address: str, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    said = unlearnkit("init", work, "--ledger-url", address)
    held = [
        file.relative_to(work).as_posix()
        for file in work.rglob("*")
        if file.is_file() and any(one in file.read_bytes() for one in spellings())
    ]
    assert held == ["keys/ledger.password"]
    secret = work / held[0]
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    secret.write_text("another-secret")
    wrong = unlearnkit("request", "list", "--workspace", work)
    assert wrong.exit_code == 2
    assert "password authentication failed" in wrong.stderr
    everything = (said.stdout + said.stderr + wrong.stdout + wrong.stderr).encode()
    assert not any(one in everything for one in [*spellings(), b"another-secret"])
    secret.chmod(0o640)
    assert (
        "other users of this machine can use the key"
        in unlearnkit("request", "list", "--workspace", work).stderr
    )


def spellings() -> list[bytes]:
    return [PASSWORD.encode(), quote(PASSWORD, safe="").encode()]


def test_a_password_in_the_settings_is_refused(tmp_path: Path) -> None:
    work = Workspace.create(tmp_path / "work").root
    settings = work / "unlearnkit.yaml"
    settings.write_text('ledger_url: "postgresql://me:s3cr3t@host/db"\n')
    refused = unlearnkit("request", "list", "--workspace", work)
    assert refused.exit_code == 2
    assert "keys/ledger.password" in refused.stderr
    assert "s3cr3t" not in refused.stdout + refused.stderr


def test_a_whole_ledger_is_verified_and_exported(tmp_path: Path) -> None:
    work, place = tmp_path / "work", ("--workspace", tmp_path / "work")
    assert unlearnkit("init", work).exit_code == 0
    unlearnkit("request", "add", "--customer-id", "C-104211", *place)
    said = unlearnkit("ledger", "verify", "--json", *place).json
    lines = unlearnkit("ledger", "export", *place).stdout
    assert unlearnkit("ledger", "export", "--out", tmp_path / "ledger.jsonl", *place).stdout == ""
    assert (tmp_path / "ledger.jsonl").read_text() == lines
    events = [json.loads(line) for line in lines.splitlines()]
    assert (said["size"], said["head"]) == (len(events), events[-1]["hash"])
    assert said["checkpoint"]["head"] == said["head"]
    told = unlearnkit("ledger", "verify", "--key", work / "keys" / "signing.pub", *place)
    assert told.exit_code == 0
    assert "The ledger holds: 1 event\n" in told.stdout
    assert "C-104211" not in lines


def test_a_restored_backup_stops_every_command_until_it_is_accepted(tmp_path: Path) -> None:
    work, place = tmp_path / "work", ("--workspace", tmp_path / "work")
    unlearnkit("init", work)
    backup = (work / "ledger.db").read_bytes()
    add = ("request", "add", "--customer-id", "C-104211", *place)
    assert unlearnkit(*add).exit_code == 0
    (work / "ledger.db").write_bytes(backup)
    for command in (("ledger", "verify", *place), add, ("request", "list", *place)):
        said = unlearnkit(*command)
        assert said.exit_code == 4
        assert "its end was cut off, or an older copy was put in its place" in said.stderr
        assert "unlearnkit ledger accept --reason" in said.stderr
    assert unlearnkit("ledger", "export", *place).exit_code == 0  # to be looked at
    accepted = unlearnkit("ledger", "accept", "--reason", "backup put back", *place)
    assert "Accepted, as event 1" in accepted.stdout
    assert unlearnkit(*add).exit_code == 0
    said = unlearnkit("ledger", "verify", *place)
    assert said.exit_code == 0
    assert "accepted a restored ledger: backup put back" in said.stdout


READING = (
    ("request", "due", "--fail-within", "7d"),
    ("request", "list"),
    ("request", "show", "1"),
    ("request", "status", "1"),
)


@pytest.mark.parametrize("command", READING, ids=[one[1] for one in READING])
def test_of_a_ledger_that_is_gone_nobody_is_told_that_nothing_is_due(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """A cron job would go on for ever with an empty one made in its place."""
    work = tmp_path / "work"
    unlearnkit("init", work)
    unlearnkit("request", "add", "--customer-id", "C-104211", "--workspace", work)
    for file in work.glob("ledger.db*"):
        file.unlink()
    said = unlearnkit(*command, "--workspace", work)
    assert said.exit_code == 4
    assert f"{work / 'ledger.db'}: the ledger is gone" in said.stderr
    assert not (work / "ledger.db").exists()
    (work / "ledger.db").touch(mode=0o600)
    said = unlearnkit(*command, "--workspace", work)
    assert said.exit_code == 4
    assert "the ledger has 0 events, and had" in said.stderr


@pytest.mark.parametrize(
    "place",
    [
        *("keys/signing.pem", "keys/new.jsonl", "ledger.db", "unlearnkit.yaml", "index/a"),
        *("runs/run-1/report/attestation.json", "policies/default.yaml"),
    ],
)
def test_an_export_is_not_written_over_what_the_workspace_lives_by(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    unlearnkit("init", work)
    monkeypatch.chdir(work)
    before = folder_digests(work)
    said = unlearnkit("ledger", "export", "--out", place, "--workspace", ".")
    assert said.exit_code == 2
    assert "this place is the workspace's own" in said.stderr
    assert folder_digests(work) == before
    assert unlearnkit("ledger", "export", "--out", "events.jsonl").exit_code == 0


def test_a_gates_files_are_not_either(tmp_path: Path) -> None:
    """They are taken away before anything is measured."""
    work = tmp_path / "work"
    unlearnkit("init", work)
    key = work / "keys" / "signing.pem"
    said = unlearnkit("gate", tmp_path, "--junit", key, "--workspace", work)
    assert said.exit_code == 2
    assert "this place is the workspace's own" in said.stderr
    assert key.is_file()

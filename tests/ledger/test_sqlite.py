"""The ledger in an SQLite file: private, one writer at a time, errors in words."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.pool import ConnectionPoolEntry

from tests.ledger.samples import change, entry, url
from unlearnkit.errors import BadInput, Busy, VerificationFailed
from unlearnkit.ledger import database
from unlearnkit.ledger.store import Ledger


def test_a_time_that_is_none_is_found_where_the_database_lets_it_in(tmp_path: Path) -> None:
    with Ledger.open(url(tmp_path)) as ledger:
        ledger.add_request(*entry(), actor="dpo")
        change(url(tmp_path), "UPDATE requests SET due = 'x'")
        with pytest.raises(VerificationFailed, match="changed from outside"):
            ledger.verify()


def test_its_files_are_private(tmp_path: Path) -> None:
    with Ledger.open(url(tmp_path)) as first:
        first.add_request(*entry(), actor="dpo")
        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o600}


@pytest.fixture
def built_otherwise() -> Iterator[None]:
    """An SQLite whose defaults are weaker: they are chosen when it is built."""

    def weaken(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "secure_delete=OFF"):
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(Engine, "connect", weaken)
    yield
    event.remove(Engine, "connect", weaken)


@pytest.mark.usefixtures("built_otherwise")
def test_it_keeps_and_forgets_alike_however_sqlite_was_built(tmp_path: Path) -> None:
    """Written through to the disk, rows that hold each other, deleted ones overwritten."""
    database.open_database(url(tmp_path)).dispose()
    engine = database.open_database(url(tmp_path))  # again: making it sets foreign_keys too
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": database.BUSY_SECONDS * 1000,
    }
    with engine.connect() as connection:
        assert expected == {name: connection.scalar(text(f"PRAGMA {name}")) for name in expected}
    engine.dispose()


def test_who_reads_does_not_wait_for_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with (
        Ledger.open(url(tmp_path)) as ledger,
        closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other,
    ):
        ledger.add_request(*entry(), actor="dpo")
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM events")
        assert ledger.verify() == 1


@pytest.mark.parametrize("nowhere", ["sqlite://", "sqlite:///:memory:"])
def test_a_ledger_in_memory_leaves_no_file(
    nowhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger.open(nowhere) as ledger:
        ledger.add_request(*entry(), actor="dpo")
        assert ledger.verify() == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder") as refusal:
        Ledger.open(url(tmp_path / "other"))
    assert refusal.value.where == str(tmp_path / "other")
    assert list(tmp_path.iterdir()) == []


def test_a_new_ledger_waits_for_the_process_that_is_making_it(tmp_path: Path) -> None:
    with closing(
        sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("CREATE TABLE first (x)")
        other.execute("BEGIN IMMEDIATE")
        done = Timer(0.3, other.execute, ["COMMIT"])
        done.start()
        with Ledger.open(url(tmp_path)) as ledger:
            assert ledger.append("tick", "dpo", {}).seq == 1
        done.join()


def test_a_new_ledger_that_is_held_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="another process has held the ledger"):
            Ledger.open(url(tmp_path))


def test_a_ledger_that_is_held_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with (
        Ledger.open(url(tmp_path)) as ledger,
        closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="another process has held the ledger"):
            ledger.append("tick", "dpo", {})
        other.execute("ROLLBACK")
        assert ledger.append("tick", "dpo", {}).seq == 1


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    def no_more_pages(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    with Ledger.open(url(tmp_path)) as ledger:
        event.listen(ledger._engine, "begin", no_more_pages)
        with pytest.raises(BadInput, match="the disk is full"):
            ledger.add_requests([entry(number) for number in range(200)], actor="dpo")
        assert ledger.requests() == []
        assert ledger.verify() == 0


def test_a_file_that_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("Dear diary, today nothing happened. " * 50)
    with pytest.raises(VerificationFailed, match="damaged, or no ledger"):
        Ledger.open(url(tmp_path))

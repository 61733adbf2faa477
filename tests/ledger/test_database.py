"""A database's errors in words, and whether it has today's schema."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, StatementError

from tests.ledger.samples import change, url
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger.address import address
from unlearnkit.ledger.database import explained, forget_deleted, is_up_to_date, open_database
from unlearnkit.ledger.sqlite import sentence, trouble
from unlearnkit.ledger.trouble import Trouble


def test_a_password_in_the_databases_own_words_is_hidden() -> None:
    where = address("postgresql://dpo:s3cret@host/db")
    error = psycopg.OperationalError("connection of dpo:s3cret was refused")
    with pytest.raises(BadInput) as refusal, explained(where):
        raise OperationalError("SELECT 1", {}, error)
    assert "connection of dpo:*** was refused" in refusal.value.what
    assert "s3cret" not in str(refusal.value)
    assert refusal.value.where is not None and "dpo:***@host" in refusal.value.where


def test_sqlites_errors_are_explained_with_their_file() -> None:
    where = address("sqlite:////srv/ledger.db")
    with pytest.raises(BadInput, match="cannot be used: unable to") as refusal, explained(where):
        raise sqlite3.OperationalError("unable to open database file")
    assert refusal.value.where == "/srv/ledger.db"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_BUSY", Trouble.BUSY),
        ("SQLITE_BUSY_SNAPSHOT", Trouble.BUSY),
        ("SQLITE_LOCKED_SHAREDCACHE", Trouble.BUSY),
        ("SQLITE_NOTADB", Trouble.DAMAGED),
        ("SQLITE_CORRUPT_INDEX", Trouble.DAMAGED),
        ("SQLITE_FULL", Trouble.FULL),
        ("SQLITE_READONLY", Trouble.OTHER),
        ("", Trouble.OTHER),
    ],
)
def test_sqlite_names_its_troubles(name: str, kind: Trouble) -> None:
    error = sqlite3.OperationalError("why")
    if name:
        error.sqlite_errorname = name
    assert trouble(error) is kind
    assert trouble(None) is Trouble.OTHER


def test_only_words_that_hold_no_value_are_sqlites_own() -> None:
    assert sentence(sqlite3.OperationalError("disk I/O error")) == "disk I/O error"
    assert sentence(sqlite3.IntegrityError("Zoltana")) == "IntegrityError"


def test_a_ledger_is_up_to_date_once_it_was_opened(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no ledger") as refusal:
        is_up_to_date(url(tmp_path))
    assert refusal.value.where == str(tmp_path / "ledger.db")
    assert not (tmp_path / "ledger.db").exists()
    open_database(url(tmp_path)).dispose()
    assert is_up_to_date(url(tmp_path))
    change(url(tmp_path), "UPDATE alembic_version SET version_num = '0001'")
    assert not is_up_to_date(url(tmp_path))
    change(url(tmp_path), "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BadInput, match="a newer unlearnkit"):
        is_up_to_date(url(tmp_path))


def test_what_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"words" * 999)
    with pytest.raises(VerificationFailed, match="damaged"):
        is_up_to_date(url(tmp_path))


def test_what_goes_wrong_while_deleted_rows_are_cleared_is_said_in_words(tmp_path: Path) -> None:
    engine = open_database(url(tmp_path))
    engine.dispose()
    (tmp_path / "ledger.db").write_bytes(b"words" * 999)
    with pytest.raises(VerificationFailed, match="damaged") as failure:
        forget_deleted(engine)
    assert failure.value.where == str(tmp_path / "ledger.db")
    engine.dispose()


def test_an_error_that_nobody_foresaw_shows_no_value_either(where: str) -> None:
    engine = open_database(where)
    with pytest.raises(StatementError) as failure, engine.connect() as connection:
        connection.execute(text("SELECT :who FROM nowhere"), {"who": "Zoltana"})
    engine.dispose()
    assert "SELECT" in str(failure.value)
    assert "Zoltana" not in str(failure.value)


def test_a_password_that_is_kept_of_another_database_is_not_sqlites(tmp_path: Path) -> None:
    open_database(url(tmp_path), password="s3cret").dispose()
    assert is_up_to_date(url(tmp_path), password="s3cret")

"""The ledger in PostgreSQL: one writer at a time, errors in words, and no password in any."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psycopg
import pytest

from tests.ledger.samples import entry
from tests.postgresql import DATABASE, OTHERS, PASSWORD, USER, Server
from unlearnkit.domain import RequestState
from unlearnkit.errors import BadInput, Busy
from unlearnkit.ledger import database
from unlearnkit.ledger.address import without_password
from unlearnkit.ledger.store import Ledger


@contextmanager
def another(ledger_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(ledger_url) as connection:
        yield connection


@contextmanager
def writer(ledger: Ledger) -> Iterator[None]:
    """Another one who is in the middle of it."""
    with ledger._writing() as session:
        session.connection()
        yield


@pytest.fixture
def where(postgresql: Server) -> str:
    return postgresql.emptied()


def over_tcp(server: Server, password: str, database: str = "postgres", port: int = 0) -> str:
    return (
        f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{port or server.port}/{database}"
    )


def refused(ledger_url: str) -> BadInput:
    with pytest.raises(BadInput) as refusal:
        Ledger.open(ledger_url)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__
    return refusal.value


def test_a_ledger_that_is_held_says_so(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with Ledger.open(where) as one, Ledger.open(where) as two:
        with writer(one), pytest.raises(Busy, match=r"has held the ledger for 0\.1 seconds"):
            two.append("tick", "dpo", {})
        assert two.append("tick", "dpo", {}).seq == 1


def test_who_reads_does_not_wait_for_who_writes(where: str) -> None:
    with Ledger.open(where) as one, Ledger.open(where) as two:
        one.add_request(*entry(1), actor="dpo")
        with one._writing() as session:
            one._record(session, "tick", "dpo", {}, None)
            assert two.verify() == 1
        assert two.verify() == 2


def test_a_request_is_closed_while_somebody_reads_the_vault(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with Ledger.open(where) as ledger, another(where) as reader:
        ledger.add_request(*entry(), actor="dpo")
        reader.execute("SELECT * FROM vault").fetchall()
        closed = ledger.set_state("00000001", RequestState.REJECTED, "dpo", "no such customer")
        assert closed.state is RequestState.REJECTED


def test_the_password_lets_in(postgresql: Server, where: str) -> None:
    with Ledger.open(where) as ledger:
        ledger.append("tick", "dpo", {})
    with Ledger.open(over_tcp(postgresql, PASSWORD)) as ledger:
        assert ledger.append("tick", "dpo", {}).seq == 2


def test_the_password_may_be_kept_apart_from_the_url(postgresql: Server, where: str) -> None:
    url, kept = without_password(over_tcp(postgresql, PASSWORD))
    assert kept == PASSWORD
    with Ledger.open(url, password=kept) as ledger:
        assert ledger.append("tick", "dpo", {}).seq == 1
    assert database.is_up_to_date(url, kept)
    with pytest.raises(BadInput, match="password"):
        database.is_up_to_date(url, "another")


@pytest.mark.parametrize(
    ("password", "database", "port", "why"),
    [
        ("s3cr3t/of@mine", DATABASE, 0, "password authentication failed"),
        (PASSWORD, "nowhere", 0, 'database "nowhere" does not exist'),
        (PASSWORD, DATABASE, 1, "Connection refused"),
    ],
)
def test_why_it_cannot_be_opened_is_said_without_the_password(
    postgresql: Server, password: str, database: str, port: int, why: str
) -> None:
    told = refused(over_tcp(postgresql, password, database, port))
    said = f"{told} {told.fix} {told!r}"
    assert why in said
    assert f"{USER}:***@127.0.0.1" in said
    assert password not in said
    assert quote(password, safe="") not in said


def test_without_the_driver_it_says_what_to_install(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    told = refused(where)
    assert told.what == "the driver for PostgreSQL is not installed"
    assert told.fix == "pip install 'unlearnkit[postgres]'"


def test_a_server_that_went_away_is_said_and_the_next_command_goes_on(
    postgresql: Server, where: str
) -> None:
    with Ledger.open(where) as ledger:
        ledger.add_request(*entry(), actor="dpo")
        with pytest.raises(BadInput, match="the ledger cannot be used"), ledger._writing() as one:
            ledger._record(one, "tick", "dpo", {}, None)
            postgresql.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OTHERS}")
        assert ledger.verify() == 1
        assert ledger.append("tick", "dpo", {}).seq == 2

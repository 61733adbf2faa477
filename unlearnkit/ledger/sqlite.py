"""The ledger in an SQLite file: write-ahead log, one writer at a time, deleted rows overwritten."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from unlearnkit.errors import BadInput
from unlearnkit.ledger.trouble import Trouble


def connect(url: URL, busy_seconds: float) -> Engine:
    """An engine for the file, which is made private to its owner where there is none."""
    if url.database and url.database != ":memory:":
        file = Path(url.database)
        if not file.parent.is_dir():
            raise BadInput("there is no such folder for the ledger", where=file.parent)
        if not file.exists():
            # Before SQLite makes it with the user's umask; its side files take the same mode.
            file.touch(mode=0o600)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _preparing(busy_seconds))
    event.listen(engine, "begin", _begin)
    return engine


def trouble(error: BaseException | None) -> Trouble:
    """What kind of trouble an error of the driver is."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Trouble.BUSY
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return Trouble.DAMAGED
    return Trouble.FULL if code == "SQLITE_FULL" else Trouble.OTHER


def sentence(error: BaseException | None) -> str:
    """SQLite's own: 'unable to open database file', 'attempt to write a readonly ...'."""
    return str(error) if isinstance(error, sqlite3.OperationalError) else type(error).__name__


@contextmanager
def migrating(connection: Connection) -> Iterator[None]:
    """Let a table be made anew, which else drops the rows that refer to the old one.

    SQLite takes this setting outside a transaction only (sqlite.org/lang_altertable.html, 7).
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.execute("PRAGMA foreign_keys=OFF").close()
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON").close()


def forget_deleted(engine: Engine) -> None:
    """Empty the write-ahead log, where an erased row would else stand for a while longer.

    Does nothing while another process reads; the last one to close the ledger empties it then.
    """
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _preparing(busy_seconds: float) -> Callable[[sqlite3.Connection, ConnectionPoolEntry], None]:
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        # Transactions are begun by _begin: the driver's own would let two writers read the same
        # tail (SQLAlchemy, "Transactions with SQLite and the sqlite3 driver").
        connection.isolation_level = None
        _write_ahead(connection, monotonic() + busy_seconds)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    return prepare


def _write_ahead(connection: sqlite3.Connection, deadline: float) -> None:
    # Two processes that open a new ledger both switch it. SQLite refuses the later one at once
    # rather than let it wait (its busy handler is left out where waiting could be for each other).
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or monotonic() > deadline:
                raise
        sleep(0.01)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

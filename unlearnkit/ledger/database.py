"""Opening the ledger's database, and its errors in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from unlearnkit.errors import BadInput, Busy, UnlearnkitError, VerificationFailed
from unlearnkit.ledger.migrate import is_current, upgrade

BUSY_SECONDS = 10


def open_database(url: str) -> Engine:
    """An engine whose database has today's schema, made or migrated; the caller disposes of it.

    Raises BadInput (no such database or driver, or one that a newer unlearnkit has changed), Busy,
    VerificationFailed (damaged file).
    """
    try:
        parsed = make_url(url)
        # Parameters are vault ciphertext and digests: not for messages.
        engine = (
            _sqlite(parsed)
            if parsed.get_backend_name() == "sqlite"
            else create_engine(parsed, hide_parameters=True)
        )
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise BadInput(
            "ledger_url is no database URL that SQLAlchemy knows",
            fix="Set it to '' for SQLite in the workspace, or as in sqlite:////srv/ledger.db",
        ) from None
    except ModuleNotFoundError as error:
        raise BadInput(
            f"the database driver '{error.name}' is not installed", fix=f"pip install {error.name}"
        ) from None
    try:
        with explained(engine.url):
            _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def clear_write_ahead_log(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, where an erased row would else stand for a while longer.

    Does nothing while another process reads; the last one to close the ledger empties it then.
    """
    if engine.dialect.name == "sqlite":
        with explained(engine.url), closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn database errors into ours; never shows a password or a value."""
    try:
        yield
    except DBAPIError as error:
        raise _in_words(error.orig, _place(url)) from None
    except sqlite3.Error as error:
        # From _prepare, which SQLAlchemy does not wrap.
        raise _in_words(error, _place(url)) from None


def _in_words(error: BaseException | None, place: str) -> UnlearnkitError:
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Busy(
            f"another process has held the ledger for {BUSY_SECONDS} seconds",
            where=place,
            fix="Wait until it has finished, then run the same command again.",
        )
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return VerificationFailed(
            "this file is damaged, or no ledger", where=place, fix="Put it back from a backup."
        )
    if code == "SQLITE_FULL":
        return BadInput(
            "the disk is full; the ledger was not changed",
            where=place,
            fix="Free some disk space, then run the same command again.",
        )
    if isinstance(error, sqlite3.OperationalError):
        # SQLite's own sentence: 'unable to open database file', 'attempt to write a readonly ...'.
        return BadInput(f"the ledger cannot be used: {error}", where=place)
    return BadInput(f"the ledger cannot be used: {type(error).__name__}", where=place)


def _place(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return url.render_as_string(hide_password=True)


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        file = Path(url.database)
        if not file.parent.is_dir():
            raise BadInput("there is no such folder for the ledger", where=file.parent)
        if not file.exists():
            # Before SQLite makes it with the user's umask; its side files take the same mode.
            file.touch(mode=0o600)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # Transactions are begun by _begin: the driver's own would let two writers read the same tail
    # (SQLAlchemy, "Transactions with SQLite and the sqlite3 driver").
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    # Two processes that open a new ledger both switch it. SQLite refuses the later one at once
    # rather than let it wait (its busy handler is left out where waiting could be for each other).
    deadline = monotonic() + BUSY_SECONDS
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


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if is_current(connection):
            return
    writing = engine.execution_options(writes=True)
    with writing.connect() as connection, _unreferenced(connection), connection.begin():
        # Asked again under the write lock: another process may have done it meanwhile.
        if not is_current(connection):
            upgrade(connection)


@contextmanager
def _unreferenced(connection: Connection) -> Iterator[None]:
    """Let a table be made anew on SQLite, which else drops the rows that refer to the old one.

    SQLite takes this setting outside a transaction only (sqlite.org/lang_altertable.html, 7).
    """
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF").close()
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON").close()

"""Opening the ledger's database, and its errors in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from unlearnkit.errors import BadInput, UnlearnkitError
from unlearnkit.ledger import postgresql, sqlite
from unlearnkit.ledger.address import address, place
from unlearnkit.ledger.migrate import is_current, upgrade
from unlearnkit.ledger.trouble import Trouble, in_words

BUSY_SECONDS: float = 10


class _Dialect(Protocol):
    """What differs between the databases: the modules `sqlite` and `postgresql`."""

    def connect(self, url: URL, busy_seconds: float) -> Engine: ...
    def trouble(self, error: BaseException | None) -> Trouble: ...
    def sentence(self, error: BaseException | None) -> str: ...
    def migrating(self, connection: Connection) -> AbstractContextManager[None]: ...
    def forget_deleted(self, engine: Engine) -> None: ...


_DIALECTS: dict[str, _Dialect] = {"sqlite": sqlite, "postgresql": postgresql}


def open_database(url: str, password: str | None = None) -> Engine:
    """An engine whose database has today's schema, made or migrated; the caller disposes of it.

    Raises BadInput (no such database or driver, or one that a newer unlearnkit has changed), Busy,
    VerificationFailed (damaged file).
    """
    engine = _connected(address(url), password)
    try:
        with explained(engine.url):
            _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def is_up_to_date(url: str, password: str | None = None) -> bool:
    """Whether the database has today's schema; changes nothing.

    Raises what `open_database` raises, and BadInput where there is no SQLite file.
    """
    where = address(url)
    if where.get_backend_name() == "sqlite" and not Path(where.database or "").is_file():
        raise BadInput("there is no ledger", where=place(where))
    engine = _connected(where, password)
    try:
        with explained(engine.url), engine.connect() as connection:
            return is_current(connection)
    finally:
        engine.dispose()


def forget_deleted(engine: Engine) -> None:
    """Clear what the database keeps of rows that were deleted, as far as it can."""
    with explained(engine.url):
        _dialect(engine.url).forget_deleted(engine)


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn database errors into ours; never shows a password or a value."""
    try:
        yield
    except DBAPIError as error:
        raise _in_words(error.orig, url) from None
    except sqlite3.Error as error:
        # From the preparation of a connection, which SQLAlchemy does not wrap.
        raise _in_words(error, url) from None


def _connected(where: URL, password: str | None) -> Engine:
    if password is not None and where.get_backend_name() == "postgresql":
        where = where.set(password=password)
    return _dialect(where).connect(where, BUSY_SECONDS)


def _in_words(error: BaseException | None, url: URL) -> UnlearnkitError:
    dialect = _dialect(url)
    sentence = dialect.sentence(error)
    if url.password:
        sentence = sentence.replace(url.password, "***")
    return in_words(dialect.trouble(error), sentence, place(url), BUSY_SECONDS)


def _dialect(url: URL) -> _Dialect:
    return _DIALECTS[url.get_backend_name()]


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if is_current(connection):
            return
    migrating = _dialect(engine.url).migrating
    writing = engine.execution_options(writes=True)
    with writing.connect() as connection, migrating(connection), connection.begin():
        # Asked again under the write lock: another process may have done it meanwhile.
        if not is_current(connection):
            upgrade(connection)

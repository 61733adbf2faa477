"""The ledger in a PostgreSQL database, shared by several machines: one writer at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from unlearnkit.errors import BadInput
from unlearnkit.ledger.trouble import Trouble

_WRITERS = int.from_bytes(b"unlearn")
"""The advisory lock all writers of a database take: events would else follow the same tail."""

_TROUBLES = {"55P03": Trouble.BUSY, "40P01": Trouble.BUSY, "53100": Trouble.FULL}
"""SQLSTATE (PostgreSQL, appendix A): lock not available, deadlock, disk full."""


def connect(url: URL, busy_seconds: float) -> Engine:
    """An engine for the database. Raises BadInput where the driver is not installed."""
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,  # an audit holds the ledger open for hours
            connect_args={
                # libpq takes whole seconds, and less than 2 as 2.
                "connect_timeout": max(2, round(busy_seconds)),
                "application_name": "unlearnkit",
                "options": f"-c lock_timeout={round(busy_seconds * 1000)}",
            },
        )
    except ImportError:
        raise BadInput(
            "the driver for PostgreSQL is not installed",
            fix="pip install 'unlearnkit[postgres]'",
        ) from None
    event.listen(engine, "begin", _begin)
    return engine


def trouble(error: BaseException | None) -> Trouble:
    """What kind of trouble an error of the driver is."""
    return _TROUBLES.get(getattr(error, "sqlstate", None) or "", Trouble.OTHER)


def sentence(error: BaseException | None) -> str:
    """The server's or libpq's own where it is about the connection or a right; else the kind.

    Others may repeat a value.
    """
    import psycopg

    if isinstance(error, psycopg.OperationalError | psycopg.errors.InsufficientPrivilege):
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return lines[0] if lines else type(error).__name__
    return type(error).__name__


def migrating(connection: Connection) -> AbstractContextManager[None]:
    """PostgreSQL changes tables in their place and within the transaction."""
    return nullcontext()


def forget_deleted(engine: Engine) -> None:
    """Write the vault anew, where an erased row would else stand until the next vacuum.

    Does nothing while another process reads the vault; the next erasure does it then. The server's
    write-ahead log, replicas and backups keep the row, encrypted, for as long as they are kept.
    """
    alone = engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        with alone.connect() as connection:
            connection.execute(text("VACUUM (FULL) vault"))
    except OperationalError as error:
        if trouble(error.orig) is not Trouble.BUSY:
            raise


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("writes", False):
        # Read committed, so that what is read under the lock is what the last writer left.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
    elif options.get("isolation_level") != "AUTOCOMMIT":
        # What is read belongs together, as it does on SQLite.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

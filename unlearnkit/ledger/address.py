"""Where a ledger is: a database URL, and its password kept apart from it."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from unlearnkit.errors import BadInput

DRIVER = "postgresql+psycopg"
_NAMES = {"sqlite": "sqlite", "postgres": DRIVER, "postgresql": DRIVER, DRIVER: DRIVER}


def address(url: str) -> URL:
    """The URL as SQLAlchemy takes it. Raises BadInput, which repeats nothing of it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _unknown() from None
    if parsed.drivername not in _NAMES:
        raise _unknown()
    if any("password" in name.lower() for name in parsed.query):
        # It would not be hidden where the URL is shown.
        raise BadInput(
            "ledger_url has a password among its parameters",
            fix="Write it before the @, as in postgresql://user:password@host/database",
        )
    return parsed.set(drivername=_NAMES[parsed.drivername])


def without_password(url: str) -> tuple[str, str | None]:
    """The URL without its password, and the password. Raises BadInput as `address` does."""
    parsed = address(url)
    open_to_all = URL.create(
        parsed.drivername,
        username=parsed.username,
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
        query=parsed.query,
    )
    return open_to_all.render_as_string(hide_password=False), parsed.password


def place(url: URL) -> str:
    """Where it is, for people: SQLite's file, or the URL without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return url.render_as_string(hide_password=True)


def _unknown() -> BadInput:
    return BadInput(
        "ledger_url is no database URL of SQLite or PostgreSQL",
        fix="Leave it out for SQLite in the workspace, or write it as in "
        "sqlite:////srv/ledger.db or postgresql://user@host/database",
    )

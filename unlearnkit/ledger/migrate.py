"""Bringing a database to the schema this code works with, however old it is (Alembic)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from unlearnkit.errors import BadInput

FOLDER = Path(__file__).parent / "migrations"
FIRST = "0001"
VERSION_TABLE = "alembic_version"


def revisions() -> list[str]:
    """Every revision's id, oldest first: the number its file in migrations/versions begins with."""
    return sorted(file.name[:4] for file in (FOLDER / "versions").glob("[0-9]*.py"))


def is_current(connection: Connection) -> bool:
    """Whether the database has the newest schema. Raises BadInput where it is newer than that.

    Asked at every opening, so without importing Alembic.
    """
    known, there = revisions(), version(connection)
    if there is not None and there not in known:
        raise BadInput(
            f"a newer unlearnkit has changed the ledger (schema {there}, here {known[-1]})",
            fix="pip install --upgrade unlearnkit",
        )
    return there == known[-1]


def version(connection: Connection) -> str | None:
    """The revision the database has; None where it keeps none: it is empty, or of the first."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # nosec B608 # our own constant
    there: str | None = connection.scalar(query)
    return there


def upgrade(connection: Connection) -> None:
    """Bring an empty or older database to the newest schema, in the open write transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    tables = set(inspect(connection).get_table_names())
    if "events" in tables and VERSION_TABLE not in tables:
        command.stamp(config, FIRST)  # made by the first release, which kept no version
    command.upgrade(config, "head")

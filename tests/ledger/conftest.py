"""Every test of a ledger runs on each database it may be in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ledger.samples import look, url
from tests.postgresql import Server

Kept = Callable[[], bytes]


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database."""
    if request.param == "sqlite":
        return url(tmp_path)
    server: Server = request.getfixturevalue("postgresql")
    return server.emptied()


@pytest.fixture
def kept(where: str, request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """Reads every byte that the database's files hold; PostgreSQL's without its log (pg_wal)."""

    def read() -> bytes:
        folder = tmp_path
        if not where.startswith("sqlite"):
            server: Server = request.getfixturevalue("postgresql")
            server.run("CHECKPOINT")
            [(oid,)] = look(where, "SELECT oid FROM pg_database WHERE datname = current_database()")
            folder = server.data / "base" / str(oid)
        return b"".join(file.read_bytes() for file in folder.iterdir())

    return read

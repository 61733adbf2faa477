"""A person who asks, sealed, and a ledger for her."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from unlearnkit.domain import (
    Identifier,
    IdentifierKind,
    IdentityState,
    Request,
    RequestState,
    Subject,
)
from unlearnkit.ledger.address import address
from unlearnkit.ledger.vault import Sealed, seal

VAULT_KEY = b"v" * 32
NOW = datetime(2026, 3, 10, 12, 0, 0, 250_000, tzinfo=UTC)


def request(number: int = 1, days: int = 30) -> Request:
    """The request 00000001-..., due in `days` days; nobody recorded whose it is."""
    return Request(
        id=f"{number:08d}-d5d6-44b2-9831-815ac9017798",
        regulation="gdpr",
        submitted=NOW,
        received=NOW,
        due=NOW + timedelta(days=days),
        state=RequestState.RECEIVED,
        pseudonym="S-0123456789ab",
    )


def unverified(number: int = 1, days: int = 30) -> Request:
    """The same, of a ledger that records whether the person's identity was verified."""
    return request(number, days).model_copy(update={"identity": IdentityState.UNVERIFIED})


def verified(number: int = 1, days: int = 30) -> Request:
    """The same, verified two hours earlier."""
    return unverified(number, days).model_copy(
        update={
            "identity": IdentityState.VERIFIED,
            "verified_how": "letter to the address on file",
            "verified_at": NOW - timedelta(hours=2),
            "verified_by": "front desk",
        }
    )


def subject(number: int = 1) -> Subject:
    """Zoltana Quibbleworth, who gave her e-mail address as a hash."""
    return Subject(
        request(number).id,
        (
            Identifier(IdentifierKind.NAME, "Zoltana Quibbleworth"),
            Identifier(IdentifierKind.EMAIL, "a" * 64, "sha256"),
        ),
    )


def entry(number: int = 1, days: int = 30, digest: str = "d1") -> tuple[Request, Sealed, str]:
    """What `Ledger.add_requests` takes."""
    return request(number, days), seal(subject(number), VAULT_KEY), digest


def url(folder: Path) -> str:
    """A ledger in the folder."""
    return f"sqlite:///{folder / 'ledger.db'}"


def change(ledger_url: str, *statements: str) -> None:
    """Change the database behind the ledger's back; whether rows hold each other is not asked."""
    with create_engine(address(ledger_url), poolclass=NullPool).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)


def look(ledger_url: str, query: str) -> list[tuple[Any, ...]]:
    """What the database holds."""
    with create_engine(address(ledger_url), poolclass=NullPool).begin() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]

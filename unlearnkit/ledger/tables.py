"""The ledger's tables (SQLAlchemy 2, declarative)."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, ForeignKey, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC: SQLite's own type would lose the offset."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware in, naive UTC to the database."""
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Naive UTC from the database, aware out."""
        return value.replace(tzinfo=UTC) if value is not None else None


class Base(DeclarativeBase):
    """The ledger's schema."""


class RequestRow(Base):
    """domain.Request, column by column, with the keyed digest of what was asked."""

    __tablename__ = "requests"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    regulation: Mapped[str] = mapped_column(String(16))
    submitted: Mapped[datetime] = mapped_column(UtcTime)
    received: Mapped[datetime] = mapped_column(UtcTime)
    due: Mapped[datetime] = mapped_column(UtcTime, index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    pseudonym: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    identity: Mapped[str] = mapped_column(String(16))
    verified_how: Mapped[str] = mapped_column(Text)
    verified_at: Mapped[datetime | None] = mapped_column(UtcTime)
    verified_by: Mapped[str] = mapped_column(Text)
    extended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    extension_reason: Mapped[str] = mapped_column(Text)
    callback_urls: Mapped[str] = mapped_column(Text)
    """A JSON list."""


class VaultRow(Base):
    """vault.Sealed; the row is deleted when its request closes, which erases the subject."""

    __tablename__ = "vault"

    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)


class EventRow(Base):
    """chain.Event; rows are added and never changed."""

    __tablename__ = "events"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(ForeignKey("requests.id"))
    payload: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class DoNotTrainRow(Base):
    """domain.Forgotten; rows are added when a request is completed, and never changed."""

    __tablename__ = "do_not_train"

    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)

"""Keyed hashes of people who were forgotten, which outlive the vault."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "do_not_train",
        sa.Column("request_id", sa.String(36), sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("hash", sa.String(64), primary_key=True),
    )

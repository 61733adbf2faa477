"""Whether a request's identity was verified, and whether its term was extended.

What older requests say is 'not_recorded': nobody was asked, and 'verified' would be made up after
the fact. While such a request is open that counts as unverified, and it is not run before somebody
verifies it; one that is closed was run or rejected already, and for it nothing follows.
The same default stands in domain.Request, so that the events of those requests, which cannot be
changed, still say what the table says.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NEW = (
    sa.Column("identity", sa.String(16), nullable=False, server_default="not_recorded"),
    sa.Column("verified_how", sa.Text, nullable=False, server_default=""),
    sa.Column("verified_at", sa.DateTime),
    sa.Column("verified_by", sa.Text, nullable=False, server_default=""),
    sa.Column("extended_at", sa.DateTime),
    sa.Column("extension_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("callback_urls", sa.Text, nullable=False, server_default="[]"),
)


def upgrade() -> None:
    """Add the columns."""
    for column in NEW:
        op.add_column("requests", column)

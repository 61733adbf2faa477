"""When a request has to be answered, and the times people write."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal

from dateutil.relativedelta import relativedelta

from unlearnkit.config import Clock

Regulation = Literal["gdpr", "ccpa"]

_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII
)


def due_date(regulation: Regulation, received: datetime, clock: Clock) -> datetime:
    """The statutory deadline, counted from when the company received the request.

    GDPR Art. 12(3): calendar months, so 31 January is due on the last day of February. CCPA
    (11 CCR 7021): calendar days. Weekends and holidays are not added: early is safe, late is not.
    """
    if regulation == "gdpr":
        return received + relativedelta(months=clock.gdpr_months)
    return received + relativedelta(days=clock.ccpa_days)


def parse_time(text: str) -> datetime:
    """An RFC 3339 time in UTC, or midnight UTC of a bare date. Raises ValueError on others."""
    try:
        if not _RFC_3339.fullmatch(text):
            raise ValueError
        time = datetime.fromisoformat(text.upper())
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            "needs an RFC 3339 time with its offset, as in 2026-01-31T15:00:00Z"
        ) from None


def time_text(text: str) -> str:
    """The text unchanged, if `parse_time` can read it. Raises ValueError."""
    parse_time(text)
    return text

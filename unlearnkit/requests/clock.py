"""When a request has to be answered, and the times people write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from dateutil import tz
from dateutil.relativedelta import relativedelta

from unlearnkit.config import CCPA_MOST_DAYS, GDPR_MOST_MONTHS, Clock

Regulation = Literal["gdpr", "ccpa"]

_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII
)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""No time before it is read."""
_TERM = re.compile(r"(\d{1,4})([dh])", re.ASCII)


def due_date(regulation: Regulation, received: datetime, clock: Clock) -> datetime:
    """The statutory deadline in UTC, counted from when the company received the request.

    GDPR Art. 12(3): calendar months, so 31 January is due on the last day of February. CCPA
    (11 CCR 7021(b)): calendar days. Days are those of the clock's time zone. Regulation (EEC)
    1182/71 would let a term run to the end of its last day (Art. 3(2)(c)), and past weekends and
    holidays (Art. 3(4)); neither is added: early is safe, late is not.
    """
    if regulation == "gdpr":
        return _after(received, relativedelta(months=clock.gdpr_months), clock)
    return _after(received, relativedelta(days=clock.ccpa_days), clock)


def extended_due_date(regulation: Regulation, received: datetime, clock: Clock) -> datetime:
    """The deadline of a request whose term was extended, counted from receipt as well.

    GDPR Art. 12(3): by two further months, three in all. CCPA (11 CCR 7021(b)): by 45 days, 90 in
    all. So what came on 31 January is due on 30 April, not two months after 28 February.
    """
    if regulation == "gdpr":
        months = min(clock.gdpr_months + clock.gdpr_extension_months, GDPR_MOST_MONTHS)
        return _after(received, relativedelta(months=months), clock)
    days = min(clock.ccpa_days + clock.ccpa_extension_days, CCPA_MOST_DAYS)
    return _after(received, relativedelta(days=days), clock)


def last_time_to_extend(regulation: Regulation, received: datetime, clock: Clock) -> datetime:
    """Until when the person can be told of an extension: within the first month, or 45 days.

    GDPR Art. 12(3), sentence 3; Cal. Civ. Code 1798.130(a)(2)(A). A shorter term of the workspace's
    own ends it earlier, a longer one does not move it.
    """
    statutory = Clock(time_zone=clock.time_zone)
    return min(due_date(regulation, received, statutory), due_date(regulation, received, clock))


def _after(received: datetime, term: relativedelta, clock: Clock) -> datetime:
    """Counted on the wall clock of the zone; an hour that a change of clocks skips is moved on.

    Lists and letters print the day in UTC: that is never after the last day in the zone.
    """
    there = tz.resolve_imaginary(received.astimezone(tz.gettz(clock.time_zone)) + term)
    return min(there.astimezone(UTC), datetime.combine(there.date(), time.max, UTC))


def parse_term(text: str) -> timedelta:
    """A term as in 7d or 36h. Raises ValueError on others."""
    found = _TERM.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError("a term is a number of days or hours, as in 7d or 36h")
    count = int(found[1])
    return timedelta(days=count) if found[2] == "d" else timedelta(hours=count)


def parse_time(text: str) -> datetime:
    """An RFC 3339 time in UTC, or midnight UTC of a bare date. Raises ValueError on others.

    And on times before 1970: nobody asked then, and no term can be counted from the year 1.
    """
    try:
        if not _RFC_3339.fullmatch(text):
            raise ValueError
        read = datetime.fromisoformat(text.upper())
        read = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            "needs an RFC 3339 time with its offset, as in 2026-01-31T15:00:00Z"
        ) from None
    if read < EARLIEST:
        raise ValueError(f"a time before {EARLIEST.year} cannot be right")
    return read


def time_text(text: str) -> str:
    """The text unchanged, if `parse_time` can read it. Raises ValueError."""
    parse_time(text)
    return text

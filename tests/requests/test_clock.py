"""When a request is due, under which law, and which times are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.config import Clock
from unlearnkit.requests.clock import due_date, parse_time

TIMES = st.datetimes(datetime(2018, 5, 25), datetime(2099, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-10", "2026-04-10"),
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-12-15", "2027-01-15"),
        ("2026-08-31", "2026-09-30"),
    ],
)
def test_gdpr_gives_one_calendar_month(received: str, due: str) -> None:
    assert due_date("gdpr", parse_time(received), Clock()) == parse_time(due)


@given(TIMES)
def test_a_gdpr_month_is_28_to_31_days_and_keeps_the_hour(received: datetime) -> None:
    due = due_date("gdpr", received, Clock())
    assert timedelta(days=28) <= due - received <= timedelta(days=31)
    assert due.timetz() == received.timetz()


@given(TIMES)
def test_ccpa_gives_45_calendar_days(received: datetime) -> None:
    assert due_date("ccpa", received, Clock()) - received == timedelta(days=45)


def test_extended_terms_come_from_the_settings() -> None:
    received = parse_time("2026-01-31")
    longer = Clock(gdpr_months=3, ccpa_days=90)
    assert due_date("gdpr", received, longer) == parse_time("2026-04-30")
    assert due_date("ccpa", received, longer) == parse_time("2026-05-01")


@pytest.mark.parametrize(
    "text",
    ["2026-03-09T08:00:00Z", "2026-03-09T09:00:00+01:00", "2026-03-09t08:00:00.000000000z"],
)
def test_times_are_read_into_utc(text: str) -> None:
    assert parse_time(text) == datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert parse_time(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "09.03.2026",
        "2026-02-30",
        "2026-03-09T08:00",
        "2026-03-09T08:00:00",
        "20260309",
        "2026-W10-1",
        "0001-01-01T00:00:00+14:00",
        "2026-03-09T25:00:00Z",
        "٢٠٢٦-03-09",
    ],
)
def test_other_times_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339") as refusal:
        parse_time(text)
    assert not text or text not in str(refusal.value)

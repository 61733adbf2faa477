"""When a request is due, under which law, and which times are read."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.config import Clock
from unlearnkit.requests.clock import (
    Regulation,
    due_date,
    extended_due_date,
    last_time_to_extend,
    parse_term,
    parse_time,
)

TIMES = st.datetimes(datetime(2018, 5, 25), datetime(2099, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata"]
)
CLOCKS = st.builds(
    Clock,
    gdpr_months=st.integers(1, 3),
    gdpr_extension_months=st.integers(0, 2),
    ccpa_days=st.integers(1, 90),
    ccpa_extension_days=st.integers(0, 45),
    time_zone=ZONES,
)


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


def test_other_terms_come_from_the_settings() -> None:
    received = parse_time("2026-01-31")
    longer = Clock(gdpr_months=3, ccpa_days=90)
    assert due_date("gdpr", received, longer) == parse_time("2026-04-30")
    assert due_date("ccpa", received, longer) == parse_time("2026-05-01")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-10", "2026-06-10"),
        ("2026-01-31", "2026-04-30"),
        ("2027-11-30", "2028-02-29"),
        ("2026-11-30", "2027-02-28"),
    ],
)
def test_an_extension_is_counted_from_receipt_too(received: str, due: str) -> None:
    assert extended_due_date("gdpr", parse_time(received), Clock()) == parse_time(due)


@given(TIMES, CLOCKS)
def test_no_extension_is_longer_than_the_law_allows_or_ends_before_the_first_term(
    received: datetime, clock: Clock
) -> None:
    statutory = Clock(time_zone=clock.time_zone)
    regulations: tuple[Regulation, ...] = ("gdpr", "ccpa")
    for regulation in regulations:
        extended = extended_due_date(regulation, received, clock)
        assert due_date(regulation, received, clock) <= extended
        assert extended <= extended_due_date(regulation, received, statutory)


@given(TIMES)
def test_ccpa_gives_90_calendar_days_in_all(received: datetime) -> None:
    assert extended_due_date("ccpa", received, Clock()) - received == timedelta(days=90)


@given(TIMES, ZONES)
def test_a_month_ends_on_the_same_day_or_the_last_one_where_the_company_is(
    received: datetime, zone: str
) -> None:
    place = ZoneInfo(zone)
    due = due_date("gdpr", received, Clock(time_zone=zone)).astimezone(place)
    asked = received.astimezone(place)
    days_of_month = monthrange(due.year, due.month)[1]
    assert (due.year * 12 + due.month) - (asked.year * 12 + asked.month) == 1
    assert due.day == min(asked.day, days_of_month)


def test_the_evening_of_the_30th_in_california_is_not_the_first_of_may() -> None:
    """In UTC it is, and a month from there would be due a day late."""
    received = parse_time("2026-04-30T23:30:00-07:00")
    here = due_date("gdpr", received, Clock(time_zone="America/Los_Angeles"))
    assert here.date() == date(2026, 5, 30)
    assert here < parse_time("2026-05-30T23:30:00-07:00")
    assert due_date("gdpr", received, Clock()) == parse_time("2026-05-31T23:30:00-07:00")


@given(TIMES, ZONES)
def test_the_day_in_utc_that_is_printed_is_never_after_the_last_one(
    received: datetime, zone: str
) -> None:
    for due in (due_date, extended_due_date):
        last = due("gdpr", received, Clock(time_zone=zone))
        assert last.date() <= last.astimezone(ZoneInfo(zone)).date()


def test_the_wall_clock_counts_when_clocks_are_changed() -> None:
    berlin = Clock(time_zone="Europe/Berlin")
    received = parse_time("2026-02-28T12:00:00+01:00")
    assert due_date("gdpr", received, berlin) == parse_time("2026-03-28T12:00:00+01:00")
    assert extended_due_date("gdpr", received, berlin) == parse_time("2026-05-28T12:00:00+02:00")
    skipped = parse_time("2026-02-28T02:30:00+01:00") + timedelta(days=1)
    assert due_date("gdpr", skipped, berlin) == parse_time("2026-04-01T02:30:00+02:00")
    in_the_gap = parse_time("2027-02-28T02:30:00+01:00")
    assert due_date("gdpr", in_the_gap, berlin) == parse_time("2027-03-28T03:30:00+02:00")


def test_an_extension_has_to_be_told_within_the_first_month() -> None:
    received = parse_time("2026-01-31")
    assert last_time_to_extend("gdpr", received, Clock()) == parse_time("2026-02-28")
    assert last_time_to_extend("gdpr", received, Clock(gdpr_months=3)) == parse_time("2026-02-28")
    assert last_time_to_extend("ccpa", received, Clock()) == received + timedelta(days=45)
    assert last_time_to_extend("ccpa", received, Clock(ccpa_days=30)) == parse_time("2026-03-02")


@pytest.mark.parametrize(
    ("text", "term"),
    [("7d", timedelta(7)), (" 0D ", timedelta()), ("36h", timedelta(hours=36))],
)
def test_a_term_is_days_or_hours(text: str, term: timedelta) -> None:
    assert parse_term(text) == term


@pytest.mark.parametrize("text", ["", "7", "-1d", "1.5d", "1w", "d", "99999d", "٧d"])
def test_other_terms_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="as in 7d"):
        parse_term(text)


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


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31", "1970-01-01T00:30:00+01:00"])
def test_times_before_1970_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(ValueError, match="before 1970") as refusal:
        parse_time(text)
    assert text not in str(refusal.value)


@given(ZONES)
def test_a_term_can_be_counted_from_the_earliest_time_in_every_zone(zone: str) -> None:
    earliest = parse_time("1970-01-01")
    assert due_date("gdpr", earliest, Clock(time_zone=zone)) > earliest

"""Period bounds on local clocks, across summer time and stranger changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compensation import calendar
from compensation.calendar import CalendarError, PeriodKind

NEW_YORK = ZoneInfo("America/New_York")
ST_JOHNS = ZoneInfo("America/St_Johns")
ZONES = (
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",  # skips midnight
    "America/Havana",  # shows midnight twice
    "America/St_Johns",  # went back across midnight at 00:01
    "America/Toronto",  # 1919: 23:30 became 00:30
    "Pacific/Apia",  # 2011-12-30 never was
    "Europe/Warsaw",
    "Asia/Kolkata",
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("label", "starts_at", "ends_at"),
    [
        ("2017-01", utc(2017, 1, 1, 5), utc(2017, 2, 1, 5)),
        ("2017-03", utc(2017, 3, 1, 5), utc(2017, 4, 1, 4)),
        ("2017-07", utc(2017, 7, 1, 4), utc(2017, 8, 1, 4)),
        ("2017-11", utc(2017, 11, 1, 4), utc(2017, 12, 1, 5)),
        ("2016-02", utc(2016, 2, 1, 5), utc(2016, 3, 1, 5)),
        ("2017-12", utc(2017, 12, 1, 5), utc(2018, 1, 1, 5)),
    ],
)
def test_month_bounds_follow_summer_time(label, starts_at, ends_at):
    assert calendar.month_bounds(label, NEW_YORK) == (starts_at, ends_at)


@pytest.mark.parametrize(
    ("zone", "day", "starts_at"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), utc(2018, 11, 4, 3)),
        ("America/Havana", date(2018, 11, 4), utc(2018, 11, 4, 4)),
        ("America/St_Johns", date(2009, 11, 1), utc(2009, 11, 1, 2, 30)),
        ("America/Toronto", date(1919, 3, 31), utc(1919, 3, 31, 4, 30)),
        ("Pacific/Apia", date(2011, 12, 30), utc(2011, 12, 30, 10)),
        ("Pacific/Apia", date(2011, 12, 31), utc(2011, 12, 30, 10)),
    ],
)
def test_day_start_where_the_clock_changes_at_midnight(zone, day, starts_at):
    assert calendar.day_start(day, ZoneInfo(zone)) == starts_at


def test_instant_in_the_hour_that_came_twice_stays_in_the_month_that_had_begun():
    # 2009-11-01 00:01 in St. John's went back to 2009-10-31 23:01.
    shown_again = utc(2009, 11, 1, 2, 45)

    assert shown_again.astimezone(ST_JOHNS).date() == date(2009, 10, 31)
    assert calendar.month_of_instant(shown_again, ST_JOHNS).label == "2009-11"


@settings(derandomize=True, database=None, deadline=None)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    kind=st.sampled_from(PeriodKind),
    at=st.datetimes(naive("1910-01-01"), naive("2099-01-01"), timezones=st.just(UTC)),
    week_last_day=st.integers(0, 6),
)
def test_periods_tile_time(zone, kind, at, week_last_day):
    period = calendar.period_of_instant(kind, at, zone, week_last_day=week_last_day)
    starts_at, ends_at = period.bounds(zone)

    assert starts_at <= at < ends_at
    assert period.next().bounds(zone).starts_at == ends_at
    assert period.previous().bounds(zone).ends_at == starts_at
    assert period.next().previous() == period
    assert calendar.parse_label(kind, period.label, week_last_day=week_last_day) == period


@pytest.mark.parametrize(
    ("kind", "label", "first_day", "last_day", "written"),
    [
        ("day", "20150812", date(2015, 8, 12), date(2015, 8, 12), "2015-08-12"),
        ("week", "20150816", date(2015, 8, 10), date(2015, 8, 16), "2015-08-16"),
        ("month", "201508", date(2015, 8, 1), date(2015, 8, 31), "2015-08"),
        ("quarter", "2015Q3", date(2015, 7, 1), date(2015, 9, 30), "2015-Q3"),
        ("year", "2015", date(2015, 1, 1), date(2015, 12, 31), "2015"),
    ],
)
def test_label_with_and_without_dashes(kind, label, first_day, last_day, written):
    period = calendar.parse_label(kind, label)

    assert (period.first_day, period.last_day, period.label) == (first_day, last_day, written)
    assert calendar.parse_label(kind, written) == period


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("month", "2017-13"),
        ("month", "2017-00"),
        ("month", "2017-3"),
        ("month", "2017-03 "),
        ("month", "2017-03\n"),
        ("month", "٢٠١٧-03"),
        ("month", 201703),
        ("day", "2017-02-29"),
        ("day", "2017-0229"),
        ("quarter", "2017-Q5"),
        ("year", "17"),
        ("year", "0000"),
        ("week", "2015-08-15"),
        ("fortnight", "2015"),
    ],
)
def test_label_of_no_period_is_refused(kind, label):
    with pytest.raises(CalendarError):
        calendar.parse_label(kind, label)


def test_instant_without_offset_is_refused():
    with pytest.raises(CalendarError, match="no offset"):
        calendar.month_of_instant(naive("2017-03-01"), NEW_YORK)


@pytest.mark.parametrize(("label", "offset"), [("9999", "-05:00"), ("0001", "+05:00")])
def test_period_at_the_end_of_the_calendar_has_no_bounds(label, offset):
    year = calendar.parse_label("year", label)

    with pytest.raises(CalendarError):
        year.bounds(calendar.fixed_zone(offset))


@pytest.mark.parametrize(
    ("offset", "delta"),
    [("-07:00", timedelta(hours=-7)), ("+05:30", timedelta(hours=5, minutes=30))],
)
def test_fixed_zone(offset, delta):
    assert calendar.fixed_zone(offset).utcoffset(None) == delta


@pytest.mark.parametrize("offset", ["7", "-7:00", "+24:00", "+05:60", "UTC", None])
def test_fixed_zone_refuses_what_is_no_offset(offset):
    with pytest.raises(CalendarError):
        calendar.fixed_zone(offset)


@pytest.mark.parametrize(
    ("label", "starts_at"),
    [
        ("2017-01", utc(2017, 1, 1, 5)),
        ("2017-03", utc(2017, 1, 1, 5)),
        ("2017-04", utc(2017, 4, 1, 4)),
        ("2017-12", utc(2017, 10, 1, 4)),
    ],
)
def test_quarter_to_date(label, starts_at):
    period = calendar.month(label)

    window = calendar.quarter_to_date(period, NEW_YORK)

    assert window == (starts_at, period.bounds(NEW_YORK).ends_at)


def test_trailing_counts_the_period_itself():
    assert calendar.trailing(calendar.month("2017-02"), 1).label == "2017-02"
    assert calendar.trailing(calendar.month("2017-02"), 3).label == "2016-12"
    with pytest.raises(CalendarError):
        calendar.trailing(calendar.month("2017-02"), 0)


def test_months_from():
    months = calendar.months_from(calendar.month("2016-11"), calendar.month("2017-02"))

    assert [month.label for month in months] == ["2016-11", "2016-12", "2017-01", "2017-02"]
    assert calendar.months_from(calendar.month("2017-02"), calendar.month("2017-01")) == []

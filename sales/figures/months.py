"""Months of the company's calendar, each named by its first day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def first_of(day: date) -> date:
    """Return the first day of the month of a day."""
    return day.replace(day=1)


def plus_months(month: date, count: int) -> date:
    """Return the first day of the month so many months later, or earlier."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def next_month(month: date) -> date:
    """Return the first day of the following month."""
    return plus_months(month, 1)


def instant_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a day begins in the company's zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)

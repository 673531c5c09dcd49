"""The company's clock: read by views, tasks and commands, which pass `now` down to services."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from representatives.models import Company


def company_now() -> datetime:
    """Return the company's present instant, aware, in UTC.

    Real time plus `Company.clock_offset`, or `Company.clock_frozen_at` where the clock is frozen
    (demo and tests only).
    """
    return Company.objects.get(pk=Company.ONLY_ID).now(real_time=datetime.now(UTC))


def company_zone() -> ZoneInfo:
    """Return the time zone in which the company's days and periods begin."""
    return Company.objects.get(pk=Company.ONLY_ID).zone


def next_period_start(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which the calendar month after that of `now` begins."""
    today = now.astimezone(zone).date()
    first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    return datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)

"""Writes the figures of second sales; nothing else does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max

from representatives.models import Company
from sales.figures import above, own
from sales.figures.months import first_of, instant_of, next_month, plus_months
from sales.models import MonthFigures, Order

OVERLAP = timedelta(hours=1)
"""What was recorded so long before the last look is looked at again: it may have been under way."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What was written: from which month to which, and how many rows."""

    first: date
    last: date
    rows: int


@transaction.atomic
def refresh_figures(*, now: datetime, everything: bool = False) -> Refreshed | None:
    """Write the months anew that changed since the last time, or all of them.

    A month that was not over when its figures were computed is written again, and so is every
    month since the earliest one whose orders were paid or taken back after that. Readers see the
    earlier figures until it is done. One at a time: a second call waits and finds little to do.
    Returns None where nothing was ever sold to a customer.
    """
    company = Company.objects.get(pk=Company.ONLY_ID)
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE sales_monthfigures IN SHARE ROW EXCLUSIVE MODE")
    today = now.astimezone(company.zone).date()
    last = first_of(today)
    first = _first_month(company, today=today, everything=everything)
    if first is None:
        return None
    MonthFigures.objects.filter(month__gte=first).delete()
    span = own.Span(
        first=first,
        last=last,
        since=instant_of(plus_months(first, -own.HISTORY_MONTHS), company.zone),
        until=min(instant_of(next_month(last), company.zone), now + timedelta(microseconds=1)),
        today=today,
        zone=company.time_zone,
    )
    rows = own.write(span, quiet_days=company.past_after_days, now=now)
    month = first
    while month <= last:
        rows += above.write(month, now=now)
        month = next_month(month)
    return Refreshed(first, last, rows)


def _first_month(company: Company, *, today: date, everything: bool) -> date | None:
    """Return the earliest month to be written anew, None where nothing was sold."""
    told = MonthFigures.objects.filter(scope=MonthFigures.Scope.ALL)
    computed = None if everything else told.aggregate(at=Max("computed_at"))["at"]
    if computed is None:
        sold = Order.objects.filter(status=Order.Status.PAID, own=False)
        earliest = sold.order_by("paid_at").values_list("paid_at", flat=True).first()
        return first_of(earliest.astimezone(company.zone).date()) if earliest else None
    touched = own.first_touched(since=computed - OVERLAP, zone=company.time_zone)
    open_then = first_of(computed.astimezone(company.zone).date())
    return min(first_of(today), open_then, touched or open_then)


def refresh_figures_once_a_day(*, now: datetime) -> Refreshed | None:
    """Refresh the figures on the first call of a day of the company; called by beat every hour."""
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    computed = MonthFigures.objects.filter(scope=MonthFigures.Scope.ALL).aggregate(
        at=Max("computed_at")
    )["at"]
    if computed is not None and computed.astimezone(zone).date() >= now.astimezone(zone).date():
        return None
    return refresh_figures(now=now)

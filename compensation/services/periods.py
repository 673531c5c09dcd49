"""Open the company's months, and hold them open."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from django.db import connection, transaction
from django.db.models import Max, Min

from compensation import calendar, ledger
from compensation.models import Period, PeriodStatus
from compensation.services.errors import UnableToOpenPeriod
from representatives.models import Company

PERIODS_LOCK = 0x50455249  # "PERI": opening months takes turns


@transaction.atomic
def open_period(*, label: str, zone: tzinfo | None = None) -> Period:
    """Open a calendar month (2017-03) in the company's zone; one that exists is returned as it is.

    :raises UnableToOpenPeriod: if the label names no month, or it lies before a month that is no
        longer open (months are closed oldest first), or it would leave a gap.
    """
    try:
        month = calendar.month(label)
    except calendar.CalendarError as fault:
        raise UnableToOpenPeriod(str(fault), "period") from fault
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PERIODS_LOCK])
    existing = Period.objects.filter(label=month.label).first()
    if existing is not None:
        return existing
    bounds = Period.objects.aggregate(first=Min("first_day"), last=Max("last_day"))
    if bounds["first"] is not None:
        _check_neighbour(month, first=bounds["first"], last=bounds["last"])
    starts_at, ends_at = month.bounds(zone or Company.objects.get(pk=Company.ONLY_ID).zone)
    return Period.objects.create(
        label=month.label,
        first_day=month.first_day,
        last_day=month.last_day,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def hold_if_open(period: Period) -> bool:
    """Tell whether a period is open, and keep it so until the transaction ends: a freeze waits.

    :raises compensation.ledger.LedgerBusy: if others hold it for too long.
    """
    with ledger.waiting(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT status FROM compensation_period WHERE id = %s FOR SHARE", [period.pk]
        )
        (status,) = cursor.fetchone()
    return bool(status == PeriodStatus.OPEN)


def _check_neighbour(month: calendar.CalendarPeriod, *, first: date, last: date) -> None:
    """Months are opened without gaps, and backwards only while nothing is closed."""
    if month.first_day > last:
        if month.previous().last_day != last:
            raise UnableToOpenPeriod(
                f"{month.label} can't be opened before {month.previous().label}", "period"
            )
        return
    if month.next().first_day != first:
        raise UnableToOpenPeriod(
            f"{month.label} can't be opened before {month.next().label}", "period"
        )
    if Period.objects.exclude(status=PeriodStatus.OPEN).exists():
        raise UnableToOpenPeriod(
            f"{month.label} lies before months that are no longer open", "period"
        )


@transaction.atomic
def ensure_periods(*, first: str, last: str) -> list[Period]:
    """Open all months from one to another, both included; those that exist stay as they are.

    :raises UnableToOpenPeriod: as `open_period`.
    """
    try:
        months = calendar.months_from(calendar.month(first), calendar.month(last))
    except calendar.CalendarError as fault:
        raise UnableToOpenPeriod(str(fault), "period") from fault
    if not months:
        raise UnableToOpenPeriod(f"{last} lies before {first}", "period")
    existing = set(Period.objects.values_list("label", flat=True))
    if existing and months[0].label < min(existing):
        earlier = [month for month in months if month.label < min(existing)]
        later = [month for month in months if month.label >= min(existing)]
        ordered = [*reversed(earlier), *later]
    else:
        ordered = months
    opened = {month.label: open_period(label=month.label) for month in ordered}
    return [opened[month.label] for month in months]


@transaction.atomic
def open_months_up_to(*, now: datetime) -> list[Period]:
    """Open the months up to the one that holds the clock, once the company has a first month.

    :raises UnableToOpenPeriod: as `open_period`.
    """
    last = Period.objects.order_by("-starts_at").first()
    if last is None or now < last.ends_at:
        return []
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    month = calendar.month_of_instant(now, zone)
    return ensure_periods(first=calendar.month(last.label).next().label, last=month.label)

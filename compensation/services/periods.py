"""Open the company's months, and add plan versions."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Max, Min

from compensation import calendar
from compensation.engine import PlanError
from compensation.models import Period, PeriodStatus, PlanVersion
from compensation.plans import load_plan
from compensation.services.errors import UnableToAddPlan, UnableToOpenPeriod
from representatives.models import Company, User

PERIODS_LOCK = 0x50455249  # "PERI": opening months takes turns


@transaction.atomic
def open_period(*, label: str) -> Period:
    """Open a calendar month of the company (2017-03); one that exists is returned as it is.

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
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    starts_at, ends_at = month.bounds(zone)
    return Period.objects.create(
        label=month.label,
        first_day=month.first_day,
        last_day=month.last_day,
        starts_at=starts_at,
        ends_at=ends_at,
    )


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
def ensure_current_period(*, now: datetime) -> Period:
    """Open the month that holds the clock, and those missing before it, once there is a first.

    :raises UnableToOpenPeriod: as `open_period`.
    """
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    month = calendar.month_of_instant(now, zone)
    last = Period.objects.order_by("-starts_at").first()
    if last is None or last.label >= month.label:
        return open_period(label=month.label)
    return ensure_periods(first=calendar.month(last.label).next().label, last=month.label)[-1]


@transaction.atomic
def add_plan_version(
    *, document: str, effective_from: date, created_by: User | None, now: datetime, name: str = ""
) -> PlanVersion:
    """Add a plan document that holds from a day on; the same document and day again is done.

    :raises UnableToAddPlan: if the document has faults (each with its path), its currency is not
        the company's, the day is taken by another plan, or a month that it would govern is no
        longer open.
    """
    try:
        plan = load_plan(document)
    except PlanError as fault:
        raise UnableToAddPlan(str(fault), "document") from fault
    company = Company.objects.get(pk=Company.ONLY_ID)
    if plan.currency != company.currency:
        raise UnableToAddPlan(
            f"the plan pays in {plan.currency}, the company in {company.currency}", "document"
        )
    taken = PlanVersion.objects.filter(effective_from=effective_from).first()
    if taken is not None:
        if taken.document == document:
            return taken
        raise UnableToAddPlan(
            f"from {effective_from} on {taken.name} holds already", "effective_from"
        )
    frozen = Period.objects.exclude(status=PeriodStatus.OPEN).filter(first_day__gte=effective_from)
    if frozen.exists():
        raise UnableToAddPlan(
            f"{frozen.order_by('first_day').first()} is no longer open and keeps its plan",
            "effective_from",
        )
    return PlanVersion.objects.create(
        name=name or plan.name,
        document=document,
        digest=plan.digest(),
        effective_from=effective_from,
        created_by=created_by,
        created_at=now,
    )

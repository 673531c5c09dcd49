"""Reads of forecasts; what depends on the day is worked out from dates when it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When

from representatives.clock import company_zone
from sales.models import CustomerPulse, Forecast, ForecastModel

ALIVE_DAYS = 90
"""Days within which somebody who is still a customer buys anything."""


def status_on(day: date, prefix: str = "") -> Case:
    """Return the status of a forecast on a day, as an expression to annotate with.

    ``prefix`` leads from the annotated model to the forecast, for instance ``forecasts__``.
    """
    status = Forecast.Status
    return Case(
        When(**{f"{prefix}from_on__gt": day}, then=Value(status.ON_TIME.value)),
        When(**{f"{prefix}until_on__gte": day}, then=Value(status.DUE.value)),
        When(**{f"{prefix}quiet_on__gt": day}, then=Value(status.OVERDUE.value)),
        When(**{f"{prefix}last_on__isnull": False}, then=Value(status.QUIET.value)),
        default=Value(""),
        output_field=CharField(),
    )


def has_status(day: date, status: str, prefix: str = "") -> Q:
    """Return the condition that a forecast has a status on a day: `status_on` as a filter."""
    from_on, until_on, quiet_on = (
        f"{prefix}{name}" for name in ("from_on", "until_on", "quiet_on")
    )
    return {
        "on_time": Q(**{f"{from_on}__gt": day}),
        "due": Q(**{f"{from_on}__lte": day, f"{until_on}__gte": day}),
        "overdue": Q(**{f"{until_on}__lt": day, f"{quiet_on}__gt": day}),
        "quiet": Q(**{f"{quiet_on}__lte": day}),
    }[status]


def status_of(forecast: Forecast, day: date) -> str:
    """Return the status of one forecast on a day: `status_on` for a row at hand."""
    if day < forecast.from_on:
        return Forecast.Status.ON_TIME
    if day <= forecast.until_on:
        return Forecast.Status.DUE
    return Forecast.Status.OVERDUE if day < forecast.quiet_on else Forecast.Status.QUIET


def day_of(now: datetime) -> date:
    """Return the company's day of an instant."""
    return now.astimezone(company_zone()).date()


def list_forecasts(customers: QuerySet | Iterable[int], *, day: date) -> QuerySet[Forecast]:
    """List the forecasts of some customers with their product and `status_now`, next first.

    Products off sale are left out: nobody can buy them again.
    """
    return (
        Forecast.objects.filter(customer__in=customers, product__is_active=True)
        .annotate(status_now=status_on(day))
        .select_related("product")
        .order_by("customer_id", "expected_on", "id")
    )


def forecasts_by_customer(
    customers: QuerySet | Iterable[int], *, day: date
) -> dict[int, list[Forecast]]:
    """Return each customer's forecasts, the next expected first; one query."""
    found: defaultdict[int, list[Forecast]] = defaultdict(list)
    for forecast in list_forecasts(customers, day=day):
        found[forecast.customer_id].append(forecast)
    return dict(found)


def pulses_by_customer(customers: QuerySet | Iterable[int]) -> dict[int, CustomerPulse]:
    """Return how each customer's buying goes as a whole; one query."""
    return {
        pulse.customer_id: pulse for pulse in CustomerPulse.objects.filter(customer__in=customers)
    }


def count_statuses(customers: QuerySet | Iterable[int], *, day: date) -> dict[str, int]:
    """Count the forecasts of some customers by their status on a day; one query."""
    counts = Forecast.objects.filter(customer__in=customers, product__is_active=True).aggregate(
        **{status: Count("id", filter=has_status(day, status)) for status in Forecast.Status.values}
    )
    return {status: counts[status] or 0 for status in Forecast.Status.values}


def newest_model() -> ForecastModel | None:
    """Return what forecasts are made with, if anything was learnt yet."""
    return ForecastModel.objects.order_by("-made_at", "-id").first()


def newest_for_everybody() -> ForecastModel | None:
    """Return what everybody's forecasts were made with the last time."""
    return ForecastModel.objects.filter(for_everybody=True).order_by("-made_at", "-id").first()

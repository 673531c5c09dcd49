"""Kinds of example that the period functions and the rounding rule answer alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction

from compensation import calendar
from compensation.calendar import CalendarError, CalendarPeriod, PeriodKind
from compensation.engine.money import ROUNDINGS, percent_of
from compensation.examples.comparing import Names, Record
from compensation.examples.fields import Fields, from_hundredths
from compensation.examples.reading import Example

PERIODS = {
    "day": PeriodKind.DAY,
    "week": PeriodKind.WEEK,
    "month": PeriodKind.MONTH,
    "calendar_month": PeriodKind.MONTH,
    "quarter": PeriodKind.QUARTER,
    "calendar_quarter": PeriodKind.QUARTER,
    "year": PeriodKind.YEAR,
    "calendar_year": PeriodKind.YEAR,
}
SECOND = timedelta(seconds=1)
MOST_PLACES = 12
UTC_OFFSET = "+00:00"


def content_of(example: Example, *used: str) -> Fields:
    """Return the example's own keys with those taken that every kind reads or ignores.

    :raises ExampleError: if the example holds people, sales or inputs that this kind has no use
        for, since they would be silently left out.
    """
    content = Fields(example.content, example.id)
    for key in ("id", "title", "source", "certainty", "plan", "expected", "derivation", "notes"):
        content.take(key, None)
    for key in ("members", "sales", "refunds", "sponsor_changes", "generator", "inputs"):
        if key not in used and content.take(key, None):
            raise content.fault(key, f"has no meaning for the kind {example.kind}")
    return content


def parameters_of(example: Example) -> Fields:
    """Return the parameters of the example's plan."""
    return Fields(example.parameters, f"{example.id}: parameters")


def run_period_bounds(example: Example) -> Record:
    """Answer first and last second in UTC of periods of a local clock with one offset."""
    parameters = parameters_of(example)
    zone = _zone(parameters)
    week_last_day = _week_last_day(parameters)
    parameters.close()
    values = Names()
    for case in cases_of(example):
        kind = PERIODS[case.choice("kind", tuple(PERIODS))]
        label = case.text("label")
        name = case.text("name")
        case.close()
        try:
            period = calendar.parse_label(kind, label, week_last_day=week_last_day)
            starts_at, ends_at = period.bounds(zone)
        except CalendarError as fault:
            raise case.fault("label", str(fault)) from None
        values[name] = Record(first=starts_at, last=ends_at - SECOND)
    return Record(values=values)


def run_period_by_payment(example: Example) -> Record:
    """Answer the period of each sale by the moment of its payment, and the volume by period."""
    parameters = parameters_of(example)
    kind = PERIODS[parameters.choice("period", tuple(PERIODS))]
    zone = _zone(parameters)
    week_last_day = _week_last_day(parameters)
    parameters.close()
    content = content_of(example, "members", "sales")
    content.take("members", None)

    sales = Names()
    volumes = Names(default=0, canonical=_canonical_label(kind, week_last_day))
    for sale in content.rows("sales"):
        for key in ("order", "seller", "buyer", "repeat", "rsp", "price", "pv"):
            sale.take(key, None)
        name = sale.text("id")
        if name in sales:
            raise sale.fault("id", f"{name} is there twice")
        period = _period_of_payment(sale, kind, zone, week_last_day)
        volume = sale.hundredths("bv", 0)
        sale.close()
        sales[name] = Record(period=period)
        if period:
            volumes[period.label] = volumes.get(period.label, 0) + volume
    content.close()
    for label, volume in volumes.items():
        volumes[label] = from_hundredths(volume)
    return Record(sales=sales, volume_by_period=volumes)


def run_round_minor_units(example: Example) -> Record:
    """Answer percentages of amounts in minor units, rounded by the engine."""
    parameters = parameters_of(example)
    mode, places = ROUNDINGS[0], 0
    if "rounding" in parameters:
        rounding = parameters.inner("rounding")
        mode = rounding.choice("mode", ROUNDINGS, mode)
        places = rounding.whole("places", 0)
        if not 0 <= places <= MOST_PLACES:
            raise rounding.fault("places", f"must be 0 to {MOST_PLACES}, decimals of a minor unit")
        rounding.close()
    parameters.close()
    values = Names()
    for case in cases_of(example):
        name = case.text("name")
        amount = case.whole("amount") * 10**places
        if "rate" in case and "percent" in case:
            raise case.fault("rate", "and percent are both given")
        percent = Fraction(case.number("rate" if "rate" in case else "percent"))
        case.close()
        cents = percent_of(amount, percent, mode)
        values[name] = Record(cents=Decimal(f"{cents}E-{places}"))
    return Record(values=values)


def _period_of_payment(
    sale: Fields, kind: PeriodKind, zone: tzinfo, week_last_day: int
) -> CalendarPeriod | None:
    """Return the period of a sale by its payment; null while it is not paid."""
    for key in ("ordered_at", "posted_at"):
        sale.instant(key, None)
    for key in ("ordered_on", "posted_on"):
        sale.day(key, None)
    paid_at = sale.instant("paid_at", None)
    paid_on = sale.day("paid_on", None)
    if paid_at is not None and paid_on is not None:
        raise sale.fault("paid_on", "and paid_at are both given")
    try:
        if paid_at is not None:
            return calendar.period_of_instant(kind, paid_at, zone, week_last_day=week_last_day)
        if paid_on is not None:
            return calendar.period_of_day(kind, paid_on, week_last_day=week_last_day)
    except CalendarError as fault:
        raise sale.fault("paid_at", str(fault)) from None
    return None


def _canonical_label(kind: PeriodKind, week_last_day: int) -> Callable[[str], str | None]:
    def canonical(label: str) -> str | None:
        try:
            return calendar.parse_label(kind, label, week_last_day=week_last_day).label
        except CalendarError:
            return None

    return canonical


def _zone(parameters: Fields) -> timezone:
    try:
        return calendar.fixed_zone(parameters.text("utc_offset", UTC_OFFSET))
    except CalendarError as fault:
        raise parameters.fault("utc_offset", str(fault)) from None


def _week_last_day(parameters: Fields) -> int:
    name = parameters.choice("week_last_day", calendar.WEEKDAYS, None)
    return calendar.SUNDAY if name is None else calendar.WEEKDAYS.index(name)


def cases_of(example: Example) -> list[Fields]:
    """Return the inputs of an example, each with a name of its own.

    Members may be named beside them; they bring no figures of their own.
    """
    content = content_of(example, "members", "inputs")
    cases = content.rows("inputs")
    for member in content.rows("members"):
        member.text("id")
        member.text("sponsor", None)
        member.close()
    content.close()
    if not cases:
        raise content.fault("inputs", "is empty")
    names = [case.text("name") for case in cases]
    for number, case in enumerate(cases):
        if names[number] in names[:number]:
            raise case.fault("name", f"{names[number]} is there twice")
    return cases

"""Calendar periods of the company: days, weeks, months, quarters and years of a local clock.

Everything here is pure. A period is a closed range of local dates; its bounds are two instants
in UTC, the first inside and the second outside (half-open). A local day begins at the first
instant at which the local clock has reached its midnight, so that periods tile time without a
gap or an overlap whatever a summer-time change does at midnight.
"""

from __future__ import annotations

import calendar as gregorian
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import NamedTuple

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SUNDAY = 6
MONTHS_PER_QUARTER = 3

ONE_DAY = timedelta(days=1)
_DAY_FORM = re.compile(
    r"(?P<year>\d{4})(?P<dash>-?)(?P<month>\d{2})(?P=dash)(?P<day>\d{2})", re.ASCII
)
_FORMS = {
    "day": _DAY_FORM,
    "week": _DAY_FORM,
    "month": re.compile(r"(?P<year>\d{4})-?(?P<month>\d{2})", re.ASCII),
    "quarter": re.compile(r"(?P<year>\d{4})-?Q(?P<quarter>[1-4])", re.ASCII),
    "year": re.compile(r"(?P<year>\d{4})", re.ASCII),
}


class CalendarError(ValueError):
    """A label, date or offset that names no period."""


class PeriodKind(StrEnum):
    """Length of a period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Bounds(NamedTuple):
    """Half-open range of instants in UTC: ``starts_at`` is inside, ``ends_at`` is not."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    """A period of local dates, both ends included."""

    kind: PeriodKind
    first_day: date
    last_day: date

    @property
    def label(self) -> str:
        """Name of the period: 2017-03-31, 2017-03, 2017-Q1 or 2017; a week bears its last day."""
        if self.kind in (PeriodKind.DAY, PeriodKind.WEEK):
            return self.last_day.isoformat()
        if self.kind is PeriodKind.MONTH:
            return f"{self.first_day.year:04d}-{self.first_day.month:02d}"
        if self.kind is PeriodKind.QUARTER:
            quarter = (self.first_day.month - 1) // MONTHS_PER_QUARTER + 1
            return f"{self.first_day.year:04d}-Q{quarter}"
        return f"{self.first_day.year:04d}"

    def bounds(self, zone: tzinfo) -> Bounds:
        """Return the two instants that enclose the period in a zone."""
        return Bounds(day_start(self.first_day, zone), day_start(_next_day(self.last_day), zone))

    def next(self) -> CalendarPeriod:
        """Return the period of the same kind that begins the day after this one ends."""
        return period_of_day(
            self.kind, _next_day(self.last_day), week_last_day=self.last_day.weekday()
        )

    def previous(self) -> CalendarPeriod:
        """Return the period of the same kind that ends the day before this one begins."""
        if self.first_day == date.min:
            raise CalendarError(f"no {self.kind} before {self.label}")
        return period_of_day(
            self.kind, self.first_day - ONE_DAY, week_last_day=self.last_day.weekday()
        )

    def __contains__(self, day: date) -> bool:
        """Tell whether a local date lies in the period."""
        return self.first_day <= day <= self.last_day


def parse_label(
    kind: PeriodKind | str, label: str, *, week_last_day: int = SUNDAY
) -> CalendarPeriod:
    """Return the period of a label, written with dashes (2017-03) or without (201703).

    A week is labelled by its last day.

    :raises CalendarError: if the kind is unknown or the label names no such period.
    """
    kind = period_kind(kind)
    match = _FORMS[kind].fullmatch(label) if isinstance(label, str) else None
    if match is None:
        raise CalendarError(f"{label!r} is not the label of a {kind}")
    found = match.groupdict()
    month = int(found.get("month") or 1)
    if found.get("quarter"):
        month = (int(found["quarter"]) - 1) * MONTHS_PER_QUARTER + 1
    try:
        day = date(int(found["year"]), month, int(found.get("day") or 1))
    except ValueError as fault:
        raise CalendarError(f"{label!r} is not the label of a {kind}: {fault}") from None
    period = period_of_day(kind, day, week_last_day=week_last_day)
    if kind is PeriodKind.WEEK and period.last_day != day:
        raise CalendarError(
            f"{label!r} is a {WEEKDAYS[day.weekday()]}; a week is labelled by its last day,"
            f" a {WEEKDAYS[week_last_day]}"
        )
    return period


def period_kind(kind: PeriodKind | str) -> PeriodKind:
    """Return the kind of a name.

    :raises CalendarError: if there is no kind of that name.
    """
    try:
        return PeriodKind(kind)
    except ValueError:
        known = ", ".join(PeriodKind)
        raise CalendarError(f"unknown kind of period {kind!r}, known are {known}") from None


def period_of_day(
    kind: PeriodKind | str, day: date, *, week_last_day: int = SUNDAY
) -> CalendarPeriod:
    """Return the period of a kind that holds a local date; ``week_last_day`` 0 is Monday."""
    kind = period_kind(kind)
    if kind is PeriodKind.DAY:
        return CalendarPeriod(kind, day, day)
    if kind is PeriodKind.WEEK:
        days_left = (week_last_day - day.weekday()) % len(WEEKDAYS)
        days_gone = len(WEEKDAYS) - 1 - days_left
        try:
            return CalendarPeriod(
                kind, day - timedelta(days=days_gone), day + timedelta(days=days_left)
            )
        except OverflowError:
            raise CalendarError(f"the week of {day} lies beyond the calendar") from None
    if kind is PeriodKind.MONTH:
        return CalendarPeriod(kind, day.replace(day=1), _month_end(day.year, day.month))
    if kind is PeriodKind.QUARTER:
        first_day = quarter_start(day)
        last_month = first_day.month + MONTHS_PER_QUARTER - 1
        return CalendarPeriod(kind, first_day, _month_end(day.year, last_month))
    return CalendarPeriod(kind, date(day.year, 1, 1), date(day.year, 12, 31))


def period_of_instant(
    kind: PeriodKind | str, at: datetime, zone: tzinfo, *, week_last_day: int = SUNDAY
) -> CalendarPeriod:
    """Return the period whose bounds in a zone hold an instant.

    :raises CalendarError: if the instant has no offset.
    """
    at = _in_utc(at)
    period = period_of_day(kind, at.astimezone(zone).date(), week_last_day=week_last_day)
    # A clock put back across midnight shows yesterday's date again: the bounds decide.
    if at >= period.bounds(zone).ends_at:
        return period.next()
    return period


def month_of_instant(at: datetime, zone: tzinfo) -> CalendarPeriod:
    """Return the calendar month of an instant in a zone."""
    return period_of_instant(PeriodKind.MONTH, at, zone)


def month(label: str) -> CalendarPeriod:
    """Return the calendar month of a label such as 2017-03."""
    return parse_label(PeriodKind.MONTH, label)


def month_bounds(label: str, zone: tzinfo) -> Bounds:
    """Return the half-open bounds in UTC of a calendar month such as 2017-03."""
    return month(label).bounds(zone)


def months_from(first: CalendarPeriod, last: CalendarPeriod) -> list[CalendarPeriod]:
    """Return the periods from one to another, both included; empty when the last is earlier."""
    if first.kind is not last.kind:
        raise CalendarError(f"a {first.kind} and a {last.kind} do not count alike")
    periods = []
    current = first
    while current.first_day <= last.first_day:
        periods.append(current)
        current = current.next()
    return periods


def trailing(period: CalendarPeriod, count: int) -> CalendarPeriod:
    """Return the first of the last ``count`` periods that end with this one.

    :raises CalendarError: if the count is below 1.
    """
    if count < 1:
        raise CalendarError(f"a trailing window needs at least 1 period, not {count}")
    for _ in range(count - 1):
        period = period.previous()
    return period


def quarter_start(day: date) -> date:
    """Return the first day of the calendar quarter of a local date."""
    return date(day.year, (day.month - 1) // MONTHS_PER_QUARTER * MONTHS_PER_QUARTER + 1, 1)


def quarter_to_date(period: CalendarPeriod, zone: tzinfo) -> Bounds:
    """Return the bounds from the start of the quarter of a period's last day to its end."""
    starts_at = day_start(quarter_start(period.last_day), zone)
    return Bounds(starts_at, period.bounds(zone).ends_at)


def day_start(day: date, zone: tzinfo) -> datetime:
    """Return the instant in UTC at which a local day begins.

    Where the clock shows midnight twice the first one counts; where midnight is skipped the day
    begins at the instant of the change.
    """
    try:
        midnight = datetime.combine(day, time.min, tzinfo=zone)
        instant = midnight.astimezone(UTC)
        shown = instant.astimezone(zone)
    except OverflowError:
        raise CalendarError(f"{day} has no bounds in UTC within the calendar") from None
    if shown.replace(tzinfo=None, fold=0) == midnight.replace(tzinfo=None):
        return instant
    return _change_before(instant, zone)


def fixed_zone(offset: str) -> timezone:
    """Return the zone of an offset such as -07:00 that never changes.

    :raises CalendarError: if the offset is not written so or is 24 hours or more.
    """
    match = None
    if isinstance(offset, str):
        match = re.fullmatch(r"([+-])(\d{2}):([0-5]\d)", offset, re.ASCII)
    if match is None or int(match[2]) >= 24:
        raise CalendarError(f"{offset!r} is not an offset from UTC such as -07:00")
    delta = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-delta if match[1] == "-" else delta)


def _change_before(instant: datetime, zone: tzinfo) -> datetime:
    """Return the instant at which the clock jumped over a midnight, at or before ``instant``.

    Python reads a skipped local time with the offset from before the jump, which gives an instant
    at or after it, by less than the width of the jump (a day at most, Apia 2011).
    """
    after = instant
    offset = after.astimezone(zone).utcoffset()
    before = after - ONE_DAY
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def _month_end(year: int, month_number: int) -> date:
    return date(year, month_number, gregorian.monthrange(year, month_number)[1])


def _next_day(day: date) -> date:
    if day == date.max:
        raise CalendarError(f"no day after {day}")
    return day + ONE_DAY


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None or at.utcoffset() is None:
        raise CalendarError(f"{at.isoformat()} has no offset from UTC")
    return at.astimezone(UTC)

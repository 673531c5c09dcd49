"""The months a page can show, and which of them it shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field, JSONField
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from compensation.models import Period, PeriodStatus, PlanVersion, Run


@dataclass(frozen=True, slots=True)
class Link:
    """A month in the selector."""

    url: str
    label: str
    note: str = ""
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Months:
    """The chosen month with its neighbours; what `components/_period.html` takes."""

    period: Period | None
    chosen: Link | None
    previous: Link | None
    next: Link | None
    all: list[Link]

    @property
    def run(self) -> Run | None:
        """The run whose figures readers see, or None before the first one."""
        return self.period.visible_run if self.period else None

    @property
    def is_live(self) -> bool:
        """Whether the figures are a preview that later orders still change."""
        return self.period is not None and self.period.status != PeriodStatus.POSTED


def list_periods(*, now: datetime) -> list[Period]:
    """Return the periods that have begun, newest first, each with its visible run.

    Every page asks for them, so the statement is made once; what no page reads of a run or a plan
    version is left out, and read when asked.
    """
    statement, periods, runs, versions = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [now])
        rows = cursor.fetchall()
    found = []
    for row in rows:
        period = Period.from_db(connection.alias, periods.names, row[: periods.end])
        run = None
        if period.visible_run_id is not None:
            run = Run.from_db(connection.alias, runs.names, runs.values(row))
            version = PlanVersion.from_db(
                connection.alias, versions.names, row[runs.end : versions.end]
            )
            PLAN_VERSION.set_cached_value(run, version)
        VISIBLE_RUN.set_cached_value(period, run)
        found.append(period)
    return found


VISIBLE_RUN = Period._meta.get_field("visible_run")
PLAN_VERSION = Run._meta.get_field("plan_version")
UNREAD_OF_RUN = frozenset({"checks", "timings"})
UNREAD_OF_VERSION = frozenset({"document"})  # read once per process, see plans


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of one model in a row of several."""

    fields: list[Field[Any, Any]]
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.fields)

    @property
    def names(self) -> list[str]:
        return [field.attname for field in self.fields]

    def values(self, row: Sequence[Any]) -> list[Any]:
        """Return the values, JSON read."""
        return [
            json.loads(value) if isinstance(field, JSONField) and value is not None else value
            for field, value in zip(self.fields, row[self.start : self.end], strict=True)
        ]


@cache
def _statement() -> tuple[str, _Columns, _Columns, _Columns]:
    """Return the statement of `list_periods` and where the columns of its models stand."""
    of: list[_Columns] = []
    columns: list[str] = []
    for model, table, left_out in (
        (Period, "p", frozenset[str]()),
        (Run, "r", UNREAD_OF_RUN),
        (PlanVersion, "v", UNREAD_OF_VERSION),
    ):
        fields = [one for one in model._meta.concrete_fields if one.attname not in left_out]
        of.append(_Columns(fields, len(columns)))
        columns += [f'{table}."{field.column}"' for field in fields]
    text = (
        f"SELECT {', '.join(columns)} FROM {Period._meta.db_table} p"  # noqa: S608 - own names
        f" LEFT JOIN {Run._meta.db_table} r ON r.id = p.visible_run_id"
        f" LEFT JOIN {PlanVersion._meta.db_table} v ON v.id = r.plan_version_id"
        " WHERE p.starts_at <= %s ORDER BY p.starts_at DESC"
    )
    return text, of[0], of[1], of[2]


def title(period: Period) -> str:
    """Return the month in words, such as December 2017."""
    return month_name(period.first_day)


def month_name(day: date) -> str:
    """Return the month of a day in words."""
    return date_format(day, "F Y")


def note(period: Period) -> str:
    """Return how far the month is, in at most two words."""
    if period.status == PeriodStatus.POSTED:
        return _("posted")
    if period.status == PeriodStatus.OPEN:
        return _("open")
    return _("being closed")


def choose(
    periods: list[Period],
    label: str | None,
    *,
    now: datetime,
    url: Callable[[Period], str],
) -> Months | None:
    """Return the months with one chosen: by label, else the one that holds the clock.

    Returns None where the label names no month that has begun. `url` gives a month's address.
    """
    if not periods:
        return Months(None, None, None, None, []) if label is None else None
    if label is None:
        place = next((i for i, period in enumerate(periods) if now < period.ends_at), 0)
    else:
        found = [i for i, period in enumerate(periods) if period.label == label]
        if not found:
            return None
        place = found[0]
    links = [
        Link(url(period), title(period), note(period), is_chosen=i == place)
        for i, period in enumerate(periods)
    ]
    return Months(
        period=periods[place],
        chosen=links[place],
        previous=links[place + 1] if place + 1 < len(links) else None,
        next=links[place - 1] if place > 0 else None,
        all=links,
    )


def latest_posted(periods: list[Period]) -> Period | None:
    """Return the newest month whose statement is final."""
    return next(
        (
            period
            for period in periods
            if period.status == PeriodStatus.POSTED and period.visible_run_id
        ),
        None,
    )


def run_before(periods: list[Period], chosen: Period) -> tuple[int, date] | None:
    """Return the run that readers see of the month before, and that month's first day."""
    earlier = [one for one in periods if one.starts_at < chosen.starts_at]
    if not earlier or earlier[0].visible_run_id is None:
        return None
    return earlier[0].visible_run_id, earlier[0].first_day


def days(period: Period, *, now: datetime, zone: Any) -> dict[str, int]:
    """Return the day of the month, its length and the days still to come, of the local clock."""
    today = now.astimezone(zone).date()
    length = (period.last_day - period.first_day).days + 1
    day = min(max((today - period.first_day).days + 1, 1), length)
    return {"day": day, "length": length, "left": length - day}

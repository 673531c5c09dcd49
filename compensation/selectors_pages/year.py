"""A year of a representative's earnings: a row a month, a column a component, and their sums."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from compensation.explaining import words
from compensation.models import Earning, EarningUnit, Period
from compensation.selectors_pages import dashboard, months, plans

CORRECTIONS = "corrections"
"""Key of the column of returns and adjustments; no component has it, ids are of the plan."""


@dataclass(frozen=True, slots=True)
class Column:
    """A component, by the name of its statement lines; money in minor units."""

    key: str
    name: str
    total: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the year: what each column holds, and their sum."""

    label: str
    title: str
    short: str
    is_posted: bool
    cells: list[int]
    total: int
    points: int

    @property
    def adds_up(self) -> bool:
        """Whether the columns make up what the statement says."""
        return sum(self.cells) == self.total


@dataclass(frozen=True, slots=True)
class Year:
    """The months of a year that hold something of the representative's, in order of time."""

    number: int
    columns: list[Column] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)

    @property
    def total(self) -> int:
        """What the year brought, estimates included."""
        return sum(month.total for month in self.months)

    @property
    def points(self) -> int:
        """The points that the year brought."""
        return sum(month.points for month in self.months)

    @property
    def best(self) -> Month | None:
        """The month that brought most, None where none brought anything."""
        best = max(self.months, key=lambda month: month.total, default=None)
        return best if best is not None and best.total > 0 else None

    @property
    def posted(self) -> int:
        """How many of the months are final."""
        return sum(month.is_posted for month in self.months)

    @property
    def adds_up(self) -> bool:
        """Whether every month's columns make up its statement."""
        return all(month.adds_up for month in self.months)


def get_year(number: int, rows: list[dict[str, Any]], representative_id: int) -> Year:
    """Return a year by month and component; `rows` are those of `statement.list_statements`."""
    shown = [row for row in rows[::-1] if row["period"].first_day.year == number]
    paid = _paid([row["period"].visible_run_id for row in shown], representative_id)
    names: dict[str, str] = {}
    order: dict[str, int] = {}
    cells: list[dict[str, int]] = []
    for row in shown:
        run = row["period"].visible_run
        plan = plans.get_plan(run.plan_version)
        found: dict[str, int] = {}
        for index, amount in paid.get(run.pk, []):
            key = plan.statement_id(index)
            found[key] = found.get(key, 0) + amount
            names[key] = words.source_name(plan, index)
            order[key] = max(order.get(key, 0), index)
        if row["corrected"]:
            found[CORRECTIONS] = row["corrected"]
        cells.append(found)
    if any(CORRECTIONS in found for found in cells):
        names[CORRECTIONS] = _("Returns and corrections")
    keys = sorted(names, key=lambda key: (key == CORRECTIONS, order.get(key, 0), key))
    return Year(
        number=number,
        columns=[
            Column(key, names[key], sum(found.get(key, 0) for found in cells)) for key in keys
        ],
        months=[
            Month(
                label=row["period"].label,
                title=row["title"],
                short=date_format(row["period"].first_day, "M"),
                is_posted=row["is_posted"],
                cells=[found.get(key, 0) for key in keys],
                total=row["money"],
                points=row["points"],
            )
            for row, found in zip(shown, cells, strict=True)
        ],
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """A month beside the one before: what each component changed; money in minor units."""

    before: Period
    before_title: str
    before_total: int
    total: int
    changes: list[tuple[str, int]]
    """Names of components with what they brought more or less; they make up the difference."""


def compare(period: Period, before: Period | None, representative_id: int) -> Compared | None:
    """Return what changed from one month to the next, None where one of them has no figures."""
    if before is None or before.visible_run is None or period.visible_run is None:
        return None
    shown = ((before, before.visible_run), (period, period.visible_run))
    paid = _paid([run.pk for _one, run in shown], representative_id)
    moved = dashboard.moved_by_period(representative_id)
    names: dict[str, str] = {}
    sums: list[dict[str, int]] = []
    for one, run in shown:
        plan = plans.get_plan(run.plan_version)
        found: dict[str, int] = {}
        for index, amount in paid.get(run.pk, []):
            key = plan.statement_id(index)
            names.setdefault(key, words.source_name(plan, index))
            found[key] = found.get(key, 0) + amount
        corrected = moved.get(one.pk, dashboard.Moved()).corrected_money
        if corrected:
            names[CORRECTIONS] = _("Returns and corrections")
            found[CORRECTIONS] = corrected
        sums.append(found)
    then, now = sums
    changes = ((name, now.get(key, 0) - then.get(key, 0)) for key, name in names.items())
    return Compared(
        before=before,
        before_title=months.title(before),
        before_total=sum(then.values()),
        total=sum(now.values()),
        changes=[(name, change) for name, change in changes if change],
    )


def _paid(runs: list[int], representative_id: int) -> dict[int, list[tuple[int, int]]]:
    """Return what each component paid by run: its index and the sum of its lines."""
    found: dict[int, list[tuple[int, int]]] = {}
    sums = (
        Earning.objects.filter(
            run_id__in=runs, receiver_id=representative_id, unit=EarningUnit.MONEY
        )
        .values("run_id", "component")
        .annotate(total=Sum("amount"))
        .order_by("run_id", "component")
    )
    for row in sums:
        found.setdefault(row["run_id"], []).append((row["component"], int(row["total"])))
    return found

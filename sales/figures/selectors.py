"""Reads the figures of second sales: one query a page, whatever stands behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.utils.formats import date_format
from django.utils.functional import cached_property

from representatives.models import Representative
from sales.figures.months import first_of, next_month, plus_months
from sales.models import MonthFigures
from sales.models.figures import COUNTED

MONTHS_SHOWN = 13
"""A year, and the month that is not over."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Some of some; a percentage is only how it is written."""

    part: int
    whole: int

    @property
    def permille(self) -> int:
        """The rate in tenths of a per cent, rounded half up, for drawing."""
        return (2000 * self.part + self.whole) // (2 * self.whole)

    @property
    def rounded(self) -> Fraction:
        """The rate in whole per cent for reading: 100 says all of them, and 0 none."""
        percent = (200 * self.part + self.whole) // (2 * self.whole)
        if 0 < self.part < self.whole:
            percent = min(max(percent, 1), 99)
        return Fraction(percent, 100)


@dataclass(frozen=True)
class Month:
    """A month as the page shows it; one in which nothing counts has a row of noughts."""

    first_day: date
    is_over: bool
    row: MonthFigures

    @property
    def title(self) -> str:
        """The month in words."""
        return date_format(self.first_day, "F Y")

    @property
    def short(self) -> str:
        """The month in a few letters, as a chart has it."""
        return date_format(self.first_day, "M")

    @cached_property
    def repeat_rate(self) -> Rate | None:
        """Of the customers as the month began, those who bought again in it."""
        return self._rate("came_back", "known")

    @cached_property
    def on_time(self) -> Rate | None:
        """Of the packs whose time to reorder ended in the month, those reordered by then."""
        return self._rate("packs_on_time", "packs_due")

    @property
    def bv(self) -> int:
        """The BV of the month's sales to customers."""
        return self.bv_second + self.row.bv_first

    @property
    def bv_second(self) -> int:
        """The BV of the month's second sales: add-on, repeat and referral."""
        return self.row.bv_add_on + self.row.bv_repeat + self.row.bv_referral

    @cached_property
    def second_share(self) -> Rate | None:
        """The part of the BV that second sales brought."""
        return Rate(self.bv_second, self.bv) if self.bv > 0 else None

    @property
    def lines(self) -> int:
        """The lines of the month's orders."""
        row = self.row
        return row.lines_first + row.lines_add_on + row.lines_repeat + row.lines_referral

    @property
    def value_bv(self) -> int | None:
        """The BV of twelve months by customer who bought in them, in hundredths."""
        return self._by_customer("year_bv")

    @property
    def value_minor(self) -> int | None:
        """The net sales of twelve months by customer who bought in them, in minor units."""
        return self._by_customer("year_net_minor")

    def _rate(self, part: str, whole: str) -> Rate | None:
        found = getattr(self.row, whole)
        return Rate(getattr(self.row, part), found) if found else None

    def _by_customer(self, name: str) -> int | None:
        row = self.row
        if not row.customers:
            return None
        return int((2 * getattr(row, name) + row.customers) // (2 * row.customers))


@dataclass(frozen=True, slots=True)
class Figures:
    """The months of somebody, in order of time."""

    scope: str
    months: list[Month]
    as_of: datetime | None

    @property
    def is_money_shown(self) -> bool:
        """Whether amounts are shown beside volumes: not of a team, whose customers are others'."""
        return self.scope != MonthFigures.Scope.TEAM

    @property
    def latest(self) -> Month | None:
        """The last month that is over and has figures, else the one that is under way."""
        over = [month for month in self.months if month.is_over and month.row.pk]
        return over[-1] if over else next(iter(self.months[-1:]), None)

    @property
    def before(self) -> Month | None:
        """The month before the latest one."""
        latest = self.latest
        if latest is None:
            return None
        day = plus_months(latest.first_day, -1)
        return next((month for month in self.months if month.first_day == day), None)


def get_figures(scope: str, representative: Representative | None, *, today: date) -> Figures:
    """Return the last months of a seller, of the team below one, or of all; the first has a row."""
    last = first_of(today)
    first = plus_months(last, 1 - MONTHS_SHOWN)
    found = MonthFigures.objects.filter(
        scope=scope, representative=representative, month__gte=first, month__lte=last
    ).defer("gaps")
    rows = {row.month: row for row in found.order_by("month", "id")}
    months = []
    month = min(rows, default=None)
    while month is not None and month <= last:
        row = rows.get(month) or MonthFigures(**dict.fromkeys(COUNTED, 0))
        months.append(Month(month, is_over=month < last, row=row))
        month = next_month(month)
    as_of = max((row.computed_at for row in rows.values()), default=None)
    return Figures(scope, months, as_of)

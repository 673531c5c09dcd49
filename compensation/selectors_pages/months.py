"""The months a page can show, and which of them it shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from compensation.models import Period, PeriodStatus, Run


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
    """Return the periods that have begun, newest first, each with its visible run."""
    return list(
        Period.objects.filter(starts_at__lte=now)
        .select_related("visible_run__plan_version")
        .defer("visible_run__plan_version__document")  # read once per process, see plans
        .order_by("-starts_at")
    )


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

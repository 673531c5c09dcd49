"""What all pages of a representative begin with: who looks, when, and at which month."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils import timezone

from compensation.models import Period, Run, RunStatus
from compensation.selectors_pages import months
from compensation.selectors_pages.dashboard import count_waiting_orders
from representatives.models import Company, Representative


@dataclass(frozen=True, slots=True)
class Visit:
    """A representative looks at a month at an instant of the company's clock."""

    viewer: Representative
    company: Company
    now: datetime
    periods: list[Period]
    months: months.Months

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return self.company.zone

    @property
    def run(self) -> Run | None:
        """The run whose figures the month shows."""
        run = self.months.run
        if run is not None and self.months.period is not None:
            run.period = self.months.period  # read already, so that nobody asks for it again
        return run

    @property
    def is_estimate(self) -> bool:
        """Whether the figures may still change."""
        run = self.run
        return run is not None and run.status != RunStatus.POSTED

    def context(self) -> dict[str, Any]:
        """Return what every page's template takes."""
        run = self.run
        return {
            "months": self.months,
            "period": self.months.period,
            "currency": self.company.currency,
            "is_estimate": self.is_estimate,
            "as_of": run.as_of.astimezone(self.zone) if run is not None and run.as_of else None,
            # Counted only where a page's template says how fresh its figures are.
            "waiting": cache(self.count_waiting),
            "today": self.now.astimezone(self.zone).date(),
        }

    def count_waiting(self) -> int:
        """Return how many orders of the month are not in its live figures yet."""
        run, period = self.run, self.months.period
        if run is None or period is None or not self.is_estimate:
            return 0
        return count_waiting_orders(run, period)


def representative_of(request: HttpRequest) -> Representative | None:
    """Return the representative who is logged in, or None for staff."""
    return getattr(request.user, "representative", None)


def open_visit(
    request: HttpRequest,
    *,
    url: Callable[[Period], str],
    label: str | None = None,
) -> Visit:
    """Return who looks at what.

    The company's row is read once and kept on the request, where the templates find it.

    :raises Http404: if the user is no representative or the month is unknown.
    """
    viewer = representative_of(request)
    if viewer is None:
        raise Http404("no representative")
    company = Company.objects.get(pk=Company.ONLY_ID)
    request.company_row = company  # type: ignore[attr-defined] # read by the template tag
    timezone.activate(company.zone)
    now = company.now(real_time=datetime.now(UTC))
    periods = months.list_periods(now=now)
    chosen = months.choose(periods, label, now=now, url=url)
    if chosen is None:
        raise Http404("no such month")
    return Visit(viewer, company, now, periods, chosen)


def page_number(request: HttpRequest) -> int:
    """Return the page asked for, 1 where it is not a number."""
    text = request.GET.get("page", "")
    return int(text) if text.isdecimal() and len(text) <= 6 and int(text) else 1

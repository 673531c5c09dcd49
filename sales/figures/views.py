"""Pages of how second sales go: one's own, the team's, the programme's."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from representatives.models import Company, Representative
from representatives.views_shared import staff_only
from sales.figures import selectors
from sales.models import MonthFigures
from sales.models.figures import TEAM_CUSTOMERS_MINIMUM, TEAM_SELLERS_MINIMUM
from sales.views_shared import open_desk

Scope = MonthFigures.Scope
PERMISSION = "sales.view_monthfigures"


@require_safe
def own_figures(request: HttpRequest) -> HttpResponse:
    """Show how the second sales of the representative go."""
    return _page(request, Scope.OWN, open_desk(request).seller)


@require_safe
def team_figures(request: HttpRequest) -> HttpResponse:
    """Show how second sales go below the representative: volumes and counts of many people."""
    return _page(request, Scope.TEAM, open_desk(request).seller)


@staff_only
@permission_required(PERMISSION, raise_exception=True)
@require_safe
def programme_figures(request: HttpRequest) -> HttpResponse:
    """Show staff how second sales go in the whole company."""
    return _page(request, Scope.ALL, None)


def _page(
    request: HttpRequest, scope: Scope, representative: Representative | None
) -> HttpResponse:
    company = getattr(request, "company_row", None) or Company.objects.get(pk=Company.ONLY_ID)
    request.company_row = company  # type: ignore[attr-defined]  # read by the template tag
    timezone.activate(company.zone)
    today = company.now(real_time=datetime.now(UTC)).astimezone(company.zone).date()
    return render(
        request,
        "sales/figures/figures.html",
        {
            "figures": selectors.get_figures(scope, representative, today=today),
            "scope": scope.value,
            "currency": company.currency,
            "quiet_days": company.past_after_days,
            "team_sellers": TEAM_SELLERS_MINIMUM,
            "team_customers": TEAM_CUSTOMERS_MINIMUM,
            "may_read_all": request.user.is_staff and request.user.has_perm(PERMISSION),
        },
    )

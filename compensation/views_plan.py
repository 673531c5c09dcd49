"""The plan in force at a glance: picture, ladder and prose, with "you are here"."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from compensation import selectors
from compensation.models import Period
from compensation.selectors_pages import downline, plan_glance, plan_prose, plans
from compensation.views_shared import open_visit


def _url(period: Period) -> str:
    return f"{reverse('compensation:plan')}?month={period.label}"


@require_safe
def plan(request: HttpRequest) -> HttpResponse:
    """Show the plan of a month, by default of the one that holds the clock."""
    visit = open_visit(request, url=_url, label=request.GET.get("month") or None)
    run, period = visit.run, visit.months.period
    context: dict[str, Any] = visit.context()
    version = run.plan_version if run is not None else None
    if version is None and period is not None:
        version = selectors.plan_version_for(period)
    if version is None:
        return render(request, "compensation/plan.html", context)
    found = plans.get_plan(version)
    member = downline.get_member(run.pk, visit.viewer.pk) if run is not None else None
    reader, earnings = None, []
    if run is not None and member is not None:
        reader = plan_glance.reader_of(run, found, member)
        earnings = plan_glance.own_earnings(run, visit.viewer.pk)
    levels = plan_glance.list_levels(found, reader, earnings)
    context |= {
        "plan": found,
        "plan_version": version,
        "reader": reader,
        "member": member,
        "levels": levels,
        "has_points": any(one.has_points for one in levels),
        "has_rates": any(one.rates for one in levels),
        "picture": plan_glance.picture(levels),
        "parts": plan_prose.tell(found, reader),
        "ladder": plan_glance.ladder(found, reader),
        "rank_sentences": plan_prose.rank_sentences(found),
        "title_name": found.ranks.names[reader.title_rank] if reader else "",
        "pay_name": found.ranks.names[reader.pay_rank] if reader else "",
    }
    return render(request, "compensation/plan.html", context)

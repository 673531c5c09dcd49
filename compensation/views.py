"""The first page of a representative."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from compensation.models import MemberResult, Period
from compensation.selectors_pages import dashboard as selectors
from compensation.selectors_pages import downline, months, pictures, plans, statement
from compensation.views_shared import Visit, open_visit, representative_of
from sales.desk.suggested import first_of_today

JOBS_SHOWN = 5
"""Of the day's work so many stand on the first page; the rest is one step away."""


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show where the representative stands this month, or stood in a past one."""
    if representative_of(request) is None:
        if request.user.is_staff:
            return HttpResponseRedirect(reverse("admin:index"))
        return render(request, "compensation/no_representative.html")

    def url(period: Period) -> str:
        return f"{reverse('compensation:dashboard')}?month={period.label}"

    visit = open_visit(request, url=url, label=request.GET.get("month") or None)
    run, period = visit.run, visit.months.period
    recent = []
    if run is not None and period is not None:
        recent = selectors.list_recent(visit.periods, period, visit.viewer.pk)
    member = next((found for month, found in recent if month == period), None)
    context = visit.context()
    context["unpaid"] = selectors.count_unpaid_orders(visit.viewer.pk)
    if period is not None:
        context["days"] = months.days(period, now=visit.now, zone=visit.zone)
    if member is not None:
        context |= _standing(visit, member, recent)
    return render(request, "compensation/dashboard.html", context)


def _standing(
    visit: Visit, member: MemberResult, recent: list[tuple[Period, MemberResult]]
) -> dict[str, Any]:
    run, period = visit.run, visit.months.period
    assert run is not None
    assert period is not None
    today = months.days(period, now=visit.now, zone=visit.zone)
    plan = plans.get_plan(run.plan_version)
    earnings = selectors.list_earnings(run.pk, visit.viewer.pk)
    levels = selectors.points_by_level(earnings, plan, member)
    moved = selectors.moved_by_period(visit.viewer.pk)
    held = moved.get(period.pk, selectors.Moved())
    corrected = {"money": held.corrected_money, "points": held.corrected_points}
    totals = statement.totals(statement.list_lines(earnings, plan), corrected)
    last = months.latest_posted(visit.periods)
    if last is not None and visit.viewer.enrolled_on > last.last_day:
        last = None  # there was nobody yet whom it could be about
    is_current = visit.is_estimate and visit.now < period.ends_at
    return {
        "member": member,
        "plan": plan,
        "totals": totals,
        "state": downline.activity_state(member, plan),
        "activity": plan.activity,
        "levels": levels,
        "rsp_earned": sum(level["points"] for level in levels),
        "rings": pictures.rings([(level["points"], level["people"]) for level in levels]),
        "cash": plans.cash_value(plan, totals["points"]),
        "money_lines": selectors.money_lines(earnings, plan),
        "corrected": corrected,
        "rank": plans.rank_progress(plan, member, run.figure_names, get_language()),
        "history": selectors.volume_history(recent, period, plan),
        "waiting": selectors.count_waiting_orders(run, period) if visit.is_estimate else 0,
        "last_period": last,
        "last_title": months.title(last) if last else "",
        "last_amounts": moved.get(last.pk, selectors.Moved()) if last else None,
        "is_current": is_current,
        "jobs": first_of_today(visit.viewer, company=visit.company, now=visit.now, most=JOBS_SHOWN)
        if is_current
        else None,
        "ruler": pictures.ruler(today["day"], today["length"]),
    }

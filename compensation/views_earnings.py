"""Statements: the months, the lines of one, and the sales behind a line."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from compensation.engine.plan import Plan
from compensation.models import Earning, Period, StatementFrame
from compensation.selectors_pages import dashboard as figures
from compensation.selectors_pages import disputes, downline, held, months, parts, plans, year
from compensation.selectors_pages import sales_below as below
from compensation.selectors_pages import statement as selectors
from compensation.views_shared import Visit, open_visit, page_number


def _url(period: Period) -> str:
    return reverse("compensation:statement", args=[period.label])


@require_safe
def statements(request: HttpRequest) -> HttpResponse:
    """Show a year: its statements, newest first, and what each component paid by month."""
    visit = open_visit(request, url=_url)
    rows = selectors.list_statements(visit.periods, visit.viewer.pk)
    years = sorted({row["period"].first_day.year for row in rows}, reverse=True)
    asked = request.GET.get("year", "")
    chosen = int(asked) if asked.isdecimal() and len(asked) == 4 else None
    if chosen not in years:
        chosen = years[0] if years else None
    context = visit.context() | {
        "rows": [row for row in rows if row["period"].first_day.year == chosen],
        "years": years,
        "last": next((row for row in rows if row["is_posted"]), None),
        "year": year.get_year(chosen, rows, visit.viewer.pk) if chosen is not None else None,
    }
    return render(request, "compensation/statements.html", context)


@require_safe
def statement(request: HttpRequest, label: str) -> HttpResponse:
    """Show the lines of one month: final where it is posted, else an estimate."""
    visit = open_visit(request, url=_url, label=label)
    context = visit.context()
    period, run = visit.months.period, visit.run
    member = downline.get_member(run.pk, visit.viewer.pk) if run is not None else None
    if member is not None and run is not None and period is not None:
        plan = plans.get_plan(run.plan_version)
        earnings = figures.list_earnings(run.pk, visit.viewer.pk)
        lines = selectors.list_lines(earnings, plan)
        corrected = selectors.sum_corrections(period, visit.viewer.pk)
        # Most months have none, and listing them is the page's dearest question.
        corrections = (
            selectors.list_corrections(period, visit.viewer.pk) if corrected["count"] else []
        )
        context |= {
            "member": member,
            "plan": plan,
            "plan_version": run.plan_version,
            "lines": [line for line in lines if line.is_money],
            "point_lines": [line for line in lines if not line.is_money],
            "corrections": corrections,
            "left_out": corrected["count"] - len(corrections),
            "totals": selectors.totals(lines, corrected),
            "rank": downline.rank_name(plan, member.pay_rank),
            "title_rank": downline.rank_name(plan, member.title_rank),
            "state": downline.activity_state(member, plan),
            "title": months.title(period),
        }
        if visit.is_estimate:
            context["waiting"] = figures.count_waiting_orders(run, period)
        else:
            context["has_paper"] = StatementFrame.objects.filter(run_id=run.pk).exists()
            context["disputed"] = len(disputes.open_lines(visit.viewer.pk, run.pk))
            context["later"] = selectors.list_later_adjustments(period, visit.viewer.pk)
        context["compared"] = year.compare(period, _before(visit, period), visit.viewer.pk)
        context["money_standing"] = held.get_standing(visit.viewer, visit.now)
    return render(request, "compensation/statement.html", context)


def _before(visit: Visit, period: Period) -> Period | None:
    """Return the month before one, None for the first."""
    place = visit.periods.index(period)
    return visit.periods[place + 1] if place + 1 < len(visit.periods) else None


def _line(
    request: HttpRequest, label: str, key: str
) -> tuple[Visit, Plan, Earning, selectors.Line]:
    """Return the visit, the plan and the statement line of an address.

    :raises Http404: if the viewer's statement of that month has no such line.
    """
    visit = open_visit(request, url=_url, label=label)
    run = visit.run
    if run is None:
        raise Http404("no figures yet")
    earning = selectors.get_earning(run.pk, visit.viewer.pk, key)
    if earning is None:
        raise Http404("no such line")
    plan = plans.get_plan(run.plan_version)
    return visit, plan, earning, selectors.list_lines([earning], plan)[0]


@require_safe
def line(request: HttpRequest, label: str, key: str) -> HttpResponse:
    """Show what a line is made of: the rule, the people who sold, and that they add up."""
    visit, plan, earning, shown = _line(request, label, key)
    assert visit.run is not None
    sellers = parts.list_sellers(
        visit.run, earning, plan, viewer=visit.viewer, page=page_number(request)
    )
    context: dict[str, Any] = visit.context() | {
        "line": shown,
        "sellers": sellers,
        "label": label,
        "rule": plans.rule_text(plan, earning.component, earning.paid_level),
        "plan_version": visit.run.plan_version,
        "title": visit.months.chosen.label if visit.months.chosen else label,
    }
    if getattr(request, "htmx", False):
        return render(request, "compensation/_parts.html", context)
    return render(request, "compensation/line.html", context)


@require_safe
def line_orders(request: HttpRequest, label: str, key: str, code: str) -> HttpResponse:
    """Show the orders of one seller in a line: date, BV and RSP, never the customer."""
    visit, plan, earning, shown = _line(request, label, key)
    assert visit.run is not None
    orders = parts.list_seller_orders(
        visit.run, earning, plan, viewer=visit.viewer, code=code, page=page_number(request)
    )
    if orders is None:
        raise Http404("no such seller in this line")
    context = visit.context() | {
        "line": shown,
        "orders": orders,
        "label": label,
        "code": code,
        "viewer_code": visit.viewer.code,
        "title": visit.months.chosen.label if visit.months.chosen else label,
    }
    if getattr(request, "htmx", False):
        return render(request, "compensation/_orders.html", context)
    return render(request, "compensation/line_orders.html", context)


@require_safe
def sales_below(request: HttpRequest, label: str) -> HttpResponse:
    """Show the sales below that did not pay the viewer in a month, or all, each with the reason."""
    visit = open_visit(request, url=_sales_url, label=label)
    run, period = visit.run, visit.months.period
    query = request.GET.get("q", "").strip()[:150]
    # Whoever looks for one sale wants it, paid or not.
    wants_all = request.GET.get("show") == "all" or bool(query)
    context: dict[str, Any] = visit.context() | {"q": query, "wants_all": wants_all}
    if run is not None and period is not None:
        context["sales"] = below.list_sales(
            run,
            period,
            plans.get_plan(run.plan_version),
            visit.viewer,
            only_unpaid=not wants_all,
            search=query,
            page=page_number(request),
        )
    return render(request, "compensation/sales_below.html", context)


def _sales_url(period: Period) -> str:
    return reverse("compensation:sales_below", args=[period.label])

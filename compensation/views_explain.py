"""Where an order's points went and why not, and what any rank needs."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from compensation.models import Period, PeriodStatus
from compensation.selectors_pages import dashboard as figures
from compensation.selectors_pages import (
    downline,
    order_points,
    plan_glance,
    plan_prose,
    plans,
    ranks,
)
from compensation.views_paper import PERMISSION as STATEMENT_PERMISSION
from compensation.views_shared import Visit, open_visit
from representatives.models import Representative


def _rank_url(period: Period) -> str:
    return f"{reverse('compensation:rank')}?month={period.label}"


@require_safe
def points_of_order(request: HttpRequest, reference: str) -> HttpResponse:
    """Show for each component who was paid for an order and who was not, and why.

    The order is the viewer's own or of somebody below, now and in the month of the order; people
    above are not named.
    """
    visit = open_visit(request, url=_rank_url)
    order = order_points.find_order(reference)
    if order is None or not reference.isprintable():
        raise Http404("no such order")
    if not Representative.objects.visible_to(visit.viewer).filter(pk=order.seller_id).exists():
        raise Http404("no such order")
    period = next((one for one in visit.periods if order_points.counts_in(order, one)), None)
    context = visit.context() | {
        "order": order,
        "is_own": order.seller_id == visit.viewer.pk,
        "order_period": period,
    }
    run = period.visible_run if period is not None else None
    if run is not None and period is not None:
        run.period = period
        if not order_points.may_read(run, order, visit.viewer):
            raise Http404("not below then")
        context |= order_points.explain(
            run, order, viewer=visit.viewer, sees_money=_sees_money(request)
        )
        context |= _stamp(visit, period)
    template = "_order_points" if getattr(request, "htmx", False) else "order_points"
    return render(request, f"compensation/{template}.html", context)


def _sees_money(request: HttpRequest) -> bool:
    """Tell whether the person logged in reads what anybody is paid: staff with the permission."""
    user = request.user
    return user.is_staff and user.has_perm(STATEMENT_PERMISSION)


def _stamp(visit: Visit, period: Period) -> dict[str, Any]:
    """Say of which instant a month's figures are, while they may still change."""
    run = period.visible_run
    assert run is not None
    live = period.status != "posted"
    return {
        "is_estimate": live,
        "as_of": run.as_of.astimezone(visit.zone) if live and run.as_of else None,
        "waiting": figures.count_waiting_orders(run, period) if live else 0,
    }


@require_safe
def rank(request: HttpRequest) -> HttpResponse:
    """Show what any rank of the ladder needs, to advance and to be paid as it."""
    visit = open_visit(request, url=_rank_url, label=request.GET.get("month") or None)
    run, period = visit.run, visit.months.period
    context = visit.context()
    if run is not None and period is not None:
        plan = plans.get_plan(run.plan_version)
        chosen = _chosen(request, len(plan.ranks.ladder))
        card = ranks.get_card(run, plan, visit.viewer.pk, rank=chosen, language=get_language())
        member = downline.get_member(run.pk, visit.viewer.pk) if card is not None else None
        if card is not None and member is not None:
            reader = plan_glance.reader_of(run, plan, member)
            context |= {
                "card": card,
                "plan": plan,
                "ladder": plan_glance.ladder(plan, reader),
                "rank_sentences": plan_prose.rank_sentences(plan),
                "history": ranks.list_history(visit.periods, visit.viewer.pk),
                "can_plan": period.status == PeriodStatus.OPEN,
                **_stamp(visit, period),
            }
    return render(request, "compensation/rank.html", context)


@require_safe
def shortest_way(request: HttpRequest) -> HttpResponse:
    """Return the fewest sales that reach a rank; the page asks for it after it is shown."""
    visit = open_visit(request, url=_rank_url, label=request.GET.get("month") or None)
    run, period = visit.run, visit.months.period
    context = visit.context()
    member = downline.get_member(run.pk, visit.viewer.pk) if run is not None else None
    if run is not None and period is not None and member is not None:
        plan = plans.get_plan(run.plan_version)
        top = len(plan.ranks.ladder) - 1
        chosen = _chosen(request, top + 1)
        wanted = min(member.title_rank + 1, top) if chosen is None else chosen
        context |= ranks.describe_way(run, plan, visit.viewer, rank=wanted)
    template = "_way" if getattr(request, "htmx", False) else "way"
    return render(request, f"compensation/{template}.html", context)


def _chosen(request: HttpRequest, count: int) -> int | None:
    """Return the rank asked for, None where it is none of the ladder."""
    text = request.GET.get("rank", "")
    if not text.isdecimal() or len(text) > 3 or int(text) >= count:
        return None
    return int(text)

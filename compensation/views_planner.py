"""The planner: what if I sell this much more, by these customers. Nothing is written."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from compensation.comparing.facts import UnableToCompare
from compensation.comparing.slots import Kind, place_of
from compensation.comparing.what_if_own import OwnEffect, Wish, own_effect
from compensation.forms_planner import Asked, PlannerForm
from compensation.forms_what_if import NEW, OWN
from compensation.models import MemberResult, Period, PeriodStatus
from compensation.selectors_pages import downline, plans
from compensation.selectors_pages import planner as selectors
from compensation.views_shared import Visit, open_visit
from sales.models import Customer, Product
from sales.services import LineRequest

MOST_CUSTOMERS = 300
AT_ONCE_SECONDS = 60
"""So long at most nobody asks for a second computation while the first one runs."""


def _url(_period: Period) -> str:
    return reverse("compensation:planner")


@require_safe
def planner(request: HttpRequest) -> HttpResponse:
    """Show what some orders more would bring the viewer in the month that is open."""
    visit = open_visit(request, url=_url)
    run, period = visit.run, visit.months.period
    customers = list(
        Customer.objects.of(visit.viewer)
        .only("id", "name", "representative_id", "is_self")
        .order_by("sort_key", "pk")[:MOST_CUSTOMERS]
    )
    form = PlannerForm(
        request.GET if "product_1" in request.GET else None,
        products=Product.objects.filter(is_active=True).order_by("name", "pk"),
        customers=customers,
    )
    member = downline.get_member(run.pk, visit.viewer.pk) if run is not None else None
    is_open = period is not None and period.status == PeriodStatus.OPEN
    context: dict[str, Any] = visit.context() | {
        "form": form,
        "can_plan": member is not None and is_open,
    }
    if member is not None and is_open and form.is_bound and form.is_valid():
        wishes = _wishes(form.asked(), customers)
        context |= _tried(visit, member, form, wishes)
    template = "_planner_result" if getattr(request, "htmx", False) else "planner"
    return render(request, f"compensation/{template}.html", context)


def _wishes(asked: Sequence[Asked], customers: Sequence[Customer]) -> list[Wish]:
    """Put what one buyer buys into one order; each new customer has an order alone."""
    known = {str(one.pk): one for one in customers}
    lines: dict[str, list[LineRequest]] = {}
    wishes: list[Wish] = []
    for one in asked:
        line = LineRequest(one.product_id, one.pieces)
        if one.buyer == NEW:
            wishes += [Wish((line,))] * one.people
        else:
            lines.setdefault(one.buyer, []).append(line)
    for buyer, some in lines.items():
        wishes.append(Wish(tuple(some), own=buyer == OWN, customer=known.get(buyer)))
    return wishes


def _tried(
    visit: Visit, member: MemberResult, form: PlannerForm, wishes: Sequence[Wish]
) -> dict[str, Any]:
    """Work it out, unless the viewer has asked already and the answer is under way."""
    key = f"planner:{visit.viewer.pk}"
    mine = secrets.token_hex(8)
    if not cache.add(key, mine, AT_ONCE_SECONDS):
        form.add_refusal(None, _("Your last question is still being worked out."))
        return {}
    try:
        with place_of(Kind.PLANNER):
            effect = _effect(visit, member, wishes)
    except UnableToCompare as refusal:
        form.add_refusal(None, _refusal(refusal))
        return {}
    finally:
        if cache.get(key) == mine:  # else it ran out, and a later question has taken it
            cache.delete(key)
    assert visit.run is not None
    return selectors.describe(effect, plans.get_plan(visit.run.plan_version))


def _effect(visit: Visit, member: MemberResult, wishes: Sequence[Wish]) -> OwnEffect:
    run, period = visit.run, visit.months.period
    assert run is not None
    assert period is not None
    return own_effect(
        run=run,
        period=period,
        plan=plans.get_plan(run.plan_version),
        member=member,
        seller=visit.viewer,
        wishes=wishes,
        now=visit.now,
    )


def _refusal(refusal: UnableToCompare) -> str:
    if refusal.field == "size":
        return _(
            "So many people are below you that nobody would wait for two computations. The rank "
            "card and the shortest way hold for you as for everybody."
        )
    return refusal.message

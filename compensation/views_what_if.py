"""Pages on which staff try an order, a sponsor change or a plan draft; nothing is written.

Each computes with all facts of a month, which takes seconds in a large company: htmx asks for the
result and shows that it is at work; without it the whole page comes with the result. One is tried
at a time. As people and their pay are named, staff need the permission to read statements.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from compensation import selectors
from compensation.comparing import wording
from compensation.comparing.effects import Effect
from compensation.comparing.facts import UnableToCompare
from compensation.comparing.slots import Kind, NoPlace, place_of
from compensation.comparing.what_if_order import order_effect
from compensation.comparing.what_if_plan import (
    MOST_MONTHS,
    DraftRefused,
    get_months,
    months_for_drafts,
    plan_effect,
    read_draft,
)
from compensation.comparing.what_if_sponsor import sponsor_effect
from compensation.engine import Unit
from compensation.engine.plan import Plan
from compensation.explaining import words
from compensation.forms_what_if import (
    KNOWN,
    OWN,
    OrderTrialForm,
    PlanTrialForm,
    SponsorTrialForm,
    TrialForm,
)
from compensation.models import PeriodStatus
from compensation.plans import load_plan
from compensation.views_paper import PERMISSION
from representatives.clock import company_now, company_zone
from representatives.forms import SponsorForm
from representatives.models import Representative, User
from representatives.sponsor_seen import seen_mark
from representatives.views_shared import staff_only
from sales.models import Customer, Product
from sales.services import LineRequest


def _trial_page(view: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let staff in who may read statements: the pages name what people are paid."""

    @staff_only
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        return view(request)

    return wrapped


def _answer(
    request: HttpRequest, kind: str, form: TrialForm, found: dict[str, Any]
) -> HttpResponse:
    """Show the result alone to htmx, else on the page of its form."""
    is_part = bool(request.headers.get("HX-Request"))
    context = {"form": form, "kind": kind, "is_part": is_part, **found}
    name = "_what_if_result" if is_part else f"what_if_{kind}"
    return render(request, f"compensation/{name}.html", context)


def _found(form: TrialForm, field: str) -> Representative | None:
    """Return the person of a code; an unknown one is the form's error."""
    code = form.cleaned_data[field].strip()
    found = Representative.objects.filter(code__in={code, code.upper()}).first()
    if found is None:
        form.add_error(field, _("Nobody has this code."))
    return found


def _shown(effect: Effect, plan: Plan) -> dict[str, Any]:
    """Spell what the templates have no filter for; what the plan calls a component."""
    names = words.names_by_id(plan)
    return {
        "effect": effect,
        "currency": effect.currency,
        "ratio": wording.ratio(effect.after.payout_ratio),
        "ratio_before": wording.ratio(effect.before.payout_ratio),
        "change": wording.change(effect.change, Unit.MONEY, effect.currency),
        "components": [
            {
                "name": names.get(earned.id) or earned.id.replace("_", " ").capitalize(),
                "before": wording.amount(before, earned.unit, effect.currency),
                "after": wording.amount(after, earned.unit, effect.currency),
                "change": wording.change(after - before, earned.unit, effect.currency),
            }
            for earned, before, after in effect.components
        ],
        "gains": [
            {
                "gain": gain,
                "change": wording.change(gain.change, Unit.MONEY, effect.currency),
                "points": wording.change(gain.points_change, Unit.RSP, effect.currency),
            }
            for gain in effect.largest
        ],
    }


@_trial_page
@require_safe
def what_if_order(request: HttpRequest) -> HttpResponse:
    """Show what an order would pay, if it were placed and paid now."""
    products = Product.objects.filter(is_active=True).order_by("name", "pk")
    form = OrderTrialForm(request.GET if "seller" in request.GET else None, products=products)
    found: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        seller = _found(form, "seller")
        customer = _customer(form, seller)
        if seller is not None and not form.errors:
            try:
                with place_of(Kind.TRIAL):
                    tried = order_effect(
                        seller=seller,
                        own=form.cleaned_data["buyer"] == OWN,
                        customer=customer,
                        lines=[LineRequest(product, pieces) for product, pieces in form.lines()],
                        invoiced_to_customer=not form.cleaned_data["not_invoiced"],
                        now=company_now(),
                    )
                shown = _shown(tried.effect, load_plan(tried.plan.document))
                found = {"tried": tried, **shown}
            except UnableToCompare as refusal:
                form.add_refusal(refusal.field, refusal.message)
    return _answer(request, "order", form, found)


def _customer(form: OrderTrialForm, seller: Representative | None) -> Customer | None:
    if seller is None or form.cleaned_data["buyer"] != KNOWN:
        return None
    found = (
        Customer.objects.of(seller).filter(reference=form.cleaned_data["customer"].strip()).first()
    )
    if found is None:
        form.add_error("customer", _("The seller has no such customer."))
    return found


@_trial_page
@require_safe
def what_if_sponsor(request: HttpRequest) -> HttpResponse:
    """Show who would gain and who would lose by a sponsor change, before it is decided."""
    asked = "sponsor_code" in request.GET
    form = SponsorTrialForm(
        request.GET if asked else None, initial={"member": request.GET.get("member", "")}
    )
    found: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        member, target = _found(form, "member"), _found(form, "sponsor_code")
        if member is not None and target is not None:
            now = company_now()
            decide = {"decide_form": _decide_form(request, member, target, now), "member": member}
            try:
                with place_of(Kind.TRIAL):
                    tried = sponsor_effect(member=member, new_sponsor=target, now=now)
                shown = _shown(tried.effect, load_plan(tried.plan.document))
                found = {"tried": tried, **shown, **decide}
            except NoPlace as refusal:
                form.add_refusal(None, refusal.message)  # nothing was looked at
            except UnableToCompare as refusal:
                field = "sponsor_code" if refusal.field == "new_sponsor" else "member"
                form.add_refusal(field if refusal.field else None, refusal.message)
                # What can't be worked out can still be decided; what is refused can't.
                found = {} if refusal.field else decide
    return _answer(request, "sponsor", form, found)


def _decide_form(
    request: HttpRequest, member: Representative, target: Representative, now: datetime
) -> SponsorForm:
    """Return the form that decides on what was looked at; its mark says that it was.

    What the mark names is read before the effect is worked out: what changes meanwhile is told.
    """
    assert isinstance(request.user, User)
    seen = seen_mark(member, target, by=request.user, now=now, zone=company_zone())
    return SponsorForm(
        initial={"sponsor_code": target.code, "seen": seen},
        auto_id="decide_%s",
        action=reverse("representatives:staff_change_sponsor", args=[member.code]),
    )


@_trial_page
@require_http_methods(["GET", "HEAD", "POST"])
def what_if_plan(request: HttpRequest) -> HttpResponse:
    """Show what a plan draft would have cost over past months."""
    now = company_now()
    months = months_for_drafts(now)[:MOST_MONTHS]
    labels = [period.label for period in months]
    if request.method != "POST":
        posted = [one.label for one in months if one.status == PeriodStatus.POSTED]
        version = selectors.plan_version_for(months[0]) if months else None
        initial = {
            "document": version.document if version else "",
            "months": (posted or labels)[:1],
        }
        return _answer(request, "plan", PlanTrialForm(months=labels, initial=initial), {})
    form = PlanTrialForm(request.POST, request.FILES, months=labels)
    found: dict[str, Any] = {}
    if form.is_valid():
        try:
            draft = read_draft(form.cleaned_data["document"])
            chosen = get_months(form.cleaned_data["months"], now)
            with place_of(Kind.TRIAL):
                tried = plan_effect(draft=draft, months=chosen)
            rows = [
                {
                    "month": month,
                    "before": wording.ratio(month.before.payout_ratio),
                    "after": wording.ratio(month.after.payout_ratio),
                }
                for month in tried.months
            ]
            found = {"tried": tried, "rows": rows, **_shown(tried.effect, draft)}
        except DraftRefused as refusal:
            found = {"faults": refusal.faults}
        except UnableToCompare as refusal:
            form.add_refusal(refusal.field, refusal.message)
    return _answer(request, "plan", form, found)

"""The RSP bank of a representative: what is there, what it would bring, and converting it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from compensation import selectors_bank, services
from compensation.engine.conversion import Table, Target, table_of
from compensation.engine.lots import Bank
from compensation.forms_bank import TOKEN, CalculatorForm, ConfirmForm
from compensation.models import MemberResult, Period, RspConversion
from compensation.selectors_pages import bank as figures
from compensation.services.bank import priced
from compensation.views_shared import Visit, open_visit, page_number
from representatives import formatting

TARGETS = frozenset(one.value for one in Target)
REFUSED, CONFLICT = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT


def _url(period: Period) -> str:
    return reverse("compensation:statement", args=[period.label])


@dataclass(frozen=True, slots=True)
class Desk:
    """Who looks at which bank, and the plan whose rates hold; no table where it has no bank."""

    visit: Visit
    bank: Bank
    held: selectors_bank.Promise | None
    table: Table | None

    def context(self, text: str | None) -> dict[str, Any]:
        """Return what the calculator takes; ``text`` is what was typed, None for nothing."""
        form, calculation = _calculation(text, self.bank, self.table)
        return {
            "bank": self.bank,
            "form": form,
            "calculation": calculation,
            "table": self.table,
            "rate": None if self.held is None else self.held.plan.rsp_cash_rate,
            "currency": self.visit.company.currency,
            "token": figures.token_of(self.visit.viewer),
        }


def _open(request: HttpRequest) -> Desk:
    """Return the bank of who is logged in, as it is now."""
    visit = open_visit(request, url=_url)
    bank = selectors_bank.get_bank(visit.viewer.pk, now=visit.now, zone=visit.zone)
    held = selectors_bank.promise(visit.now)
    table = table_of(held.plan) if held is not None and held.plan.rsp_bank is not None else None
    return Desk(visit, bank, held, table)


@require_safe
def rsp_bank(request: HttpRequest) -> HttpResponse:
    """Show the bank; htmx asks for the calculation, or for a page of the movements, alone."""
    desk = _open(request)
    is_part = getattr(request, "htmx", False)
    if is_part and "page" in request.GET:
        context = {
            "page": figures.movements(desk.visit.viewer, page_number(request)),
            "currency": desk.visit.company.currency,
        }
        return render(request, "compensation/_rsp_movements.html", context)
    text = request.GET.get("points")
    if is_part:
        return render(request, "compensation/_rsp_calculation.html", desk.context(text))
    return _page(request, desk, text)


def _page(
    request: HttpRequest, desk: Desk, text: str | None, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    visit, bank = desk.visit, desk.bank
    rows = figures.lot_rows(bank.lots)
    context = visit.context() | {
        **desk.context(text),
        "states": figures.states(bank),
        "lots": [row for row in rows if row.lot.left],
        "lots_left": sum(row.lot.left for row in rows),
        "used_lots": [row for row in reversed(rows) if not row.lot.left],
        "next_ready": figures.next_ready(bank, visit.now),
        "coming": _coming(visit),
        "page": figures.movements(visit.viewer, page_number(request)),
    }
    expiry = bank.next_expiry
    if expiry is not None and expiry.expires_at < selectors_bank.NEVER:
        last = expiry.expires_at.astimezone(visit.zone).date()
        context |= {
            "expiry": expiry,
            "expiring": bank.expiring_with(expiry),
            "expiry_days": (last - context["today"]).days,
        }
    return render(request, "compensation/rsp.html", context, status=status)


def _coming(visit: Visit) -> int:
    """Return the points of the open month so far, which its posting will credit."""
    run = visit.run
    if run is None or not visit.is_estimate:
        return 0
    found = MemberResult.objects.filter(run_id=run.pk, representative_id=visit.viewer.pk)
    return found.values_list("rsp_total", flat=True).first() or 0


def _calculation(
    text: str | None, bank: Bank, table: Table | None
) -> tuple[CalculatorForm, figures.Calculation | None]:
    """Return the form, and what the points bring: all that are active unless others were typed.

    What can't be converted has the message alone, no offer.
    """
    if text is None:
        active = formatting.hundredths(bank.active, get_language())
        form = CalculatorForm(initial={"points": active})
        points = bank.active
    else:
        form = CalculatorForm({"points": text})
        if not form.is_valid():
            return form, None
        points = form.cleaned_data["points"]
    if table is None or (text is None and not points):
        return form, None
    try:
        priced(table, bank, points, Target.CASH)
    except services.UnableToConvert as refusal:
        if text is not None:
            form.add_error("points", refusal_text(refusal))
        return form, None
    return form, figures.calculate(table, bank, points)


@require_http_methods(["GET", "HEAD", "POST"])
def rsp_confirm(request: HttpRequest) -> HttpResponse:
    """Show a conversion with its figures fixed; convert when that is sent."""
    desk = _open(request)
    if request.method == "POST":
        return _convert(request, desk)
    form = CalculatorForm(request.GET)
    target = request.GET.get("target", "")
    if not form.is_valid() or target not in TARGETS or desk.held is None or desk.table is None:
        return redirect(_back(request))
    points = form.cleaned_data["points"]
    token = request.GET.get("token", "")
    if not TOKEN.fullmatch(token):
        token = figures.token_of(desk.visit.viewer)
    if done := desk.visit.viewer.conversions.filter(token=token).first():
        return _done_before(request, done, same=(done.asked, done.target) == (points, target))
    try:
        worth = priced(desk.table, desk.bank, points, Target(target))
    except services.UnableToConvert as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect(_back(request))
    confirm = ConfirmForm(
        initial={
            "points": worth.asked,
            "target": target,
            "cash": worth.cash,
            "bv": worth.bv,
            "token": token,
        }
    )
    context = desk.visit.context() | {
        "worth": worth,
        "form": confirm,
        "left": desk.bank.active - worth.points,
        "month": figures.month_title(desk.held.period.label),
        "back": _back(request),
    }
    return render(request, "compensation/rsp_confirm.html", context)


def _done_before(request: HttpRequest, done: RspConversion, *, same: bool) -> HttpResponse:
    """Lead who comes back to a step that was taken to what came of it."""
    if not same:
        messages.warning(request, _("Your balance has changed since you saw it. Look at it again."))
        return redirect("compensation:rsp")
    messages.info(request, _("This was converted before. Nothing was converted a second time."))
    return redirect("compensation:rsp_done", done.token)


def _back(request: HttpRequest) -> str:
    """Return the address of the calculator with what was typed."""
    query = request.GET.copy()
    for key in ("target", "token"):
        query.pop(key, None)
    address = reverse("compensation:rsp")
    return f"{address}?{query.urlencode()}" if query else address


def _convert(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _refused(request, desk, _("The form was not whole."), REFUSED)
    facts = form.cleaned_data
    viewer = desk.visit.viewer
    known = viewer.conversions.filter(token=facts["token"]).exists()
    try:
        done = services.convert_points(
            representative=viewer,
            points=facts["points"],
            target=facts["target"],
            token=facts["token"],
            by=request.user,  # type: ignore[arg-type]  # logged in: the middleware sees to it
            now=desk.visit.now,
            promised=(facts["cash"], facts["bv"]),
        )
    except services.UnableToConvert as refusal:
        status = CONFLICT if refusal.reason in ("bank_changed", "rate_changed") else REFUSED
        return _refused(request, desk, refusal_text(refusal), status)
    except services.Busy:
        return _refused(request, desk, _("Your bank is busy at the moment. Try again."), CONFLICT)
    if known:
        messages.info(request, _("This was converted before. Nothing was converted a second time."))
    return redirect("compensation:rsp_done", done.token)


def _refused(request: HttpRequest, desk: Desk, text: str, status: HTTPStatus) -> HttpResponse:
    """Show the bank as it is, with what was refused on top."""
    messages.error(request, text)
    return _page(request, desk, None, status)


@require_safe
def rsp_done(request: HttpRequest, token: str) -> HttpResponse:
    """Show one conversion of the representative's own: what was taken and what it brought."""
    visit = open_visit(request, url=_url)
    done = (
        RspConversion.objects.filter(representative=visit.viewer, token=token)
        .select_related("period", "journal")
        .first()
        if token.isprintable()
        else None
    )
    if done is None:
        raise Http404("no such conversion")
    context = visit.context() | {
        "done": done,
        "month": figures.month_title(done.period.label),
        "lots": done.token.split(":")[1] if done.target == "expiry" else "",
    }
    if context["lots"]:
        context["lots"] = figures.month_title(context["lots"])
    return render(request, "compensation/rsp_done.html", context)


def refusal_text(refusal: services.UnableToConvert) -> str:
    """Say in the reader's language why points can't be converted."""
    figure = {"figure": formatting.hundredths(refusal.points, get_language())}
    return {
        "no_bank": _("The plan in force has no RSP bank: points can’t be converted."),
        "no_period": _("No open month holds the present day. Try again later."),
        "membership": _("Points can be converted while you are enrolled. They stay in your bank."),
        "token": _("The form was not whole."),
        "not_positive": _("Enter a number of points above nought."),
        "too_few": _("At least %(figure)s RSP are needed for that.") % figure,
        "not_active": _("%(figure)s RSP are active; more can’t be converted today.") % figure,
        "no_bv": _("The plan gives no BV for points."),
        "worth_nothing": _("So few points bring no money."),
        "rate_changed": _("The figures have changed since you saw them. Look at them again."),
        "bank_changed": _("Your balance has changed since you saw it. Look at it again."),
    }.get(refusal.reason, refusal.message)

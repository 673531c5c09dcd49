"""The staff's page of a payee, in the frame of the admin: checks, holds, the last four digits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from compensation import payout_words, selectors_payouts, services
from compensation.models import Payee, PayeeEvent, PayeeEventKind
from compensation.selectors_pages.payouts import sharers
from compensation.views_payouts_staff import person, show
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import Representative, User

VIEW = "compensation.view_payee"
DECIDE = "compensation.decide_payee"
SEE = "compensation.see_bank_details"
PAGE = "admin:compensation_payee_page"
EVENTS_SHOWN = 50


@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show where a payee stands, what holds payouts, and what was decided."""
    viewer, now = person(request, VIEW), company_now()
    member = get_object_or_404(Representative, code=code)
    standing = selectors_payouts.standing(member, now)
    payee = standing.payee or Payee(representative=member)
    events = PayeeEvent.objects.filter(payee=payee.pk).select_related("done_by")
    return show(
        request,
        "payee",
        _("Payee %(name)s") % {"name": member.name},
        Payee,
        member=member,
        payee=payee,
        standing=standing,
        holds=[payout_words.hold_words(one, standing.currency) for one in standing.reasons],
        checks=_checks(payee),
        account=payee.iban if viewer.has_perm(SEE) else payout_words.masked(payee.iban),
        sharers=sharers(payee),
        events=events.order_by("-pk")[:EVENTS_SHOWN],
        may_decide=viewer.has_perm(DECIDE),
    )


def _checks(payee: Payee) -> list[dict[str, Any]]:
    return [
        {"kind": "kyc", "name": _("Identity"), "state": payout_words.CHECKS[payee.kyc_status]},
        {
            "kind": "tax_form",
            "name": _("Tax form"),
            "state": payout_words.CHECKS[payee.tax_form_status],
        },
    ]


def _check(kind: PayeeEventKind, *, approve: bool) -> Callable[..., Any]:
    def decide(*, representative: Representative, reason: str, by: User, now: datetime) -> Any:
        return services.decide_check(
            representative=representative,
            kind=kind,
            approve=approve,
            reason=reason,
            by=by,
            now=now,
        )

    return decide


ACTS: dict[str, Callable[..., Any]] = {
    "approve-kyc": _check(PayeeEventKind.KYC, approve=True),
    "refuse-kyc": _check(PayeeEventKind.KYC, approve=False),
    "approve-tax_form": _check(PayeeEventKind.TAX_FORM, approve=True),
    "refuse-tax_form": _check(PayeeEventKind.TAX_FORM, approve=False),
    "hold": services.hold_payee,
    "release": services.release_payee,
}


@require_POST
def act(request: HttpRequest, code: str) -> HttpResponse:
    """Decide one thing of a payee, with its reason, and go back to the page."""
    by = person(request, DECIDE)
    member = get_object_or_404(Representative, code=code)
    decide = ACTS.get(request.POST.get("act", ""))
    if decide is None:
        raise Http404("no such act")
    try:
        decide(
            representative=member,
            reason=request.POST.get("reason", ""),
            by=by,
            now=company_now(),
        )
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Noted, with your name and reason."))
    return redirect(PAGE, member.code)

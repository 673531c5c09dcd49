"""A representative's payouts: what is paid next and when, or why it is held; bank details."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from compensation import payout_words, selectors_payouts, services
from compensation.forms_payouts import BankAccountForm
from compensation.models import CheckStatus, Payee, PayeeEventKind, PayoutStatus
from compensation.selectors_payouts import PayoutStanding
from compensation.views_shared import representative_of
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import Representative, User
from representatives.views_shared import in_company_time

PAPERS = {"identity": PayeeEventKind.KYC, "tax-form": PayeeEventKind.TAX_FORM}
ICONS = {
    PayoutStatus.SETTLED: ("paid", ""),
    PayoutStatus.FAILED: ("stop", "arrow-return-left"),
    PayoutStatus.UNKNOWN: ("", "question-circle"),
    PayoutStatus.SENT: ("rank", "send"),
    PayoutStatus.RESERVED: ("", "hourglass-split"),
}


def _viewer(request: HttpRequest) -> Representative:
    viewer = representative_of(request)
    if viewer is None:
        raise Http404("no representative")
    return viewer


@require_safe
@in_company_time
def payouts(request: HttpRequest) -> HttpResponse:
    """Show what will be paid next, what holds it, where it goes, and what was paid."""
    viewer, now = _viewer(request), company_now()
    standing = selectors_payouts.standing(viewer, now)
    announced = selectors_payouts.announced_payout(viewer)
    context = {
        "standing": standing,
        "currency": standing.currency,
        "holds": [payout_words.hold_words(one, standing.currency) for one in standing.reasons],
        "announced": announced,
        "planned_on": announced.batch.execution_date
        if announced
        else selectors_payouts.next_payout_date(now),
        "account": payout_words.masked(standing.payee.iban) if standing.payee else "",
        "is_cooling": standing.payee is not None
        and standing.payee.usable_from is not None
        and standing.payee.usable_from > now,
        "papers": _papers(standing),
        "rows": [
            {
                "payout": one,
                "state": payout_words.payout_state(one),
                "kind": ICONS[PayoutStatus(one.status)][0],
                "icon": ICONS[PayoutStatus(one.status)][1],
                "account": payout_words.masked(one.iban),
            }
            for one in selectors_payouts.list_payouts(viewer)
        ],
    }
    return render(request, "compensation/payouts.html", context)


def _papers(standing: PayoutStanding) -> list[dict[str, Any]]:
    payee = standing.payee or Payee()
    return [
        {
            "what": what,
            "name": name,
            "state": payout_words.CHECKS[status],
            "status": status,
            "is_wanted": status in (CheckStatus.NONE, CheckStatus.REFUSED),
        }
        for what, name, status in (
            ("identity", _("Identity"), payee.kyc_status),
            ("tax-form", _("Tax form"), payee.tax_form_status),
        )
    ]


@require_POST
@in_company_time
def submit_papers(request: HttpRequest, what: str) -> HttpResponse:
    """Say that the papers for a check were sent."""
    viewer = _viewer(request)
    if what not in PAPERS:
        raise Http404("no such paper")
    assert isinstance(request.user, User)
    try:
        services.submit_check(
            representative=viewer, kind=PAPERS[what], by=request.user, now=company_now()
        )
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Thank you. We look at your papers and tell you here."))
    return redirect("compensation:payouts")


@sensitive_post_parameters("iban", "bic", "holder_name")
@require_http_methods(["GET", "HEAD", "POST"])
@in_company_time
def bank_account(request: HttpRequest) -> HttpResponse:
    """Let a representative enter bank details, after the password was typed once more."""
    viewer = _viewer(request)
    if not did_recently_reauthenticate(request):
        return _ask_for_password(request)
    form = BankAccountForm(
        request.POST if request.method == "POST" else None,
        action=reverse("compensation:bank_account"),
    )
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        try:
            services.change_bank_account(
                representative=viewer, by=request.user, now=company_now(), **form.cleaned_data
            )
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("Saved. We have told you by e-mail as well."))
            return redirect("compensation:payouts")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "compensation/bank_account.html", {"form": form}, status=status)


def _ask_for_password(request: HttpRequest) -> HttpResponse:
    """Lead to the password and back to an empty form.

    allauth's own decorator would keep what was posted, an account number, in the session's row.
    """
    if request.method == "POST":
        messages.info(request, _("Type your password first, then the bank details again."))
    back = urlencode({REDIRECT_FIELD_NAME: reverse("compensation:bank_account")})
    return redirect(f"{reverse('account_reauthenticate')}?{back}")

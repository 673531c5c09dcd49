"""The page behind a referral link: who recommends what, and a form to leave a contact.

It sets no cookie but the one that its visitor agrees to. Whatever comes of a form, the answer is
the same: nobody finds out here who is a customer or a representative.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import Company, Representative
from sales.models import Arrival, ReferralEvent, ReferralLink
from sales.referrals import guarding, selectors, services
from sales.referrals.codes import as_code
from sales.referrals.forms import ROBOT_FIELD, CodeForm, LetterForm
from sales.referrals.sealed import (
    REMEMBERED_FOR,
    Fault,
    Stamp,
    Touch,
    open_stamp,
    seal_stamp,
)
from sales.views_shared import REFUSED

Kind = ReferralEvent.Kind
Via = Arrival.Via


@guarding.public
@require_http_methods(["GET", "HEAD", "POST"])
def referral_start(request: HttpRequest) -> HttpResponse:
    """Open the page of the link that this device remembers, or of a code somebody types."""
    now = company_now()
    touch = guarding.remembered(request, now)
    if request.method != "POST" and isinstance(touch, Touch):
        link = selectors.find_link(touch.code)
        if link is not None:
            stamp = Stamp(link.code, touch.at, now, Via.REMEMBERED)
            return _landing(request, link, stamp, touch)
    form = CodeForm(
        request.POST if request.method == "POST" else None, action=reverse("sales:referral_start")
    )
    if request.method == "POST" and form.is_valid():
        limited: HttpResponse | None = ratelimit.consume_or_429(request, action="referral_code")
        if limited is not None:
            return limited
        code = as_code(form.cleaned_data["code"])
        if code and selectors.find_link(code) is not None:
            return redirect("sales:referral", code)
        form.add_error("code", _("No page has this code."))
    response = render(
        request,
        "sales/referrals/start.html",
        {"form": form, "csrf_token": ""},
        status=REFUSED if form.errors else HTTPStatus.OK,
    )
    _heed_fault(request, response, touch, now)
    return response


@guarding.public
@require_http_methods(["GET", "HEAD", "POST"])
def referral(request: HttpRequest, link_code: str) -> HttpResponse:
    """Show the page of a link; take the contact that is left on it."""
    now = company_now()
    link = _find(link_code)
    if link is None:
        return _ended(request)
    if request.method == "POST":
        return _receive(request, link, now)
    guarding.count_visit(request, link, now)
    touch = guarding.remembered(request, now)
    response = _landing(request, link, Stamp(link.code, now, now, Via.PAGE), touch)
    if isinstance(touch, Touch) and request.method == "GET" and not guarding.is_insider(request):
        guarding.remember(response, Touch(link.code, now))  # agreed to before: the last touch wins
    _heed_fault(request, response, touch, now, link)
    return response


@guarding.public
@require_safe
def referral_sent(request: HttpRequest, link_code: str) -> HttpResponse:
    """Say thank you for a message, whatever came of it."""
    link = _find(link_code)
    if link is None:
        return _ended(request)
    back = guarding.address(request, "sales:referral", link)
    return render(request, "sales/referrals/sent.html", {**_facts(link), "back": back})


@guarding.public
@require_POST
def referral_remember(request: HttpRequest, link_code: str) -> HttpResponse:
    """Let the device remember this link, or forget what it remembers, as its user says."""
    now = company_now()
    link = _find(link_code)
    if link is None:
        return _ended(request)
    response = redirect(guarding.address(request, "sales:referral", link))
    if guarding.is_foreign(request):
        guarding.log(request, Kind.FOREIGN, link, now)
    elif request.POST.get("answer") == "no":
        guarding.forget(response)
    elif open_stamp(request.POST.get("stamp", ""), code=link.code, now=now) is None:
        guarding.log(request, Kind.STALE, link, now)
    elif not guarding.is_insider(request):
        guarding.remember(response, Touch(link.code, now))
    return response


def _find(code: str) -> ReferralLink | None:
    clean = as_code(code)
    return selectors.find_link(clean) if clean else None


def _ended(request: HttpRequest) -> HttpResponse:
    """Say that a link leads nowhere; a closed one looks like one that never was."""
    return render(
        request, "sales/referrals/ended.html", {"csrf_token": ""}, status=HTTPStatus.NOT_FOUND
    )


def _facts(link: ReferralLink) -> dict[str, object]:
    owner = selectors.owner_of(link)
    assert owner is not None  # `find_link` gives no others
    return {
        "link": link,
        "owner": owner,
        "product": link.product if link.product and link.product.is_active else None,
        "is_personal": link.customer_id is not None,
        "csrf_token": "",  # asking for one would set a cookie
    }


def _consent_text(owner: Representative, company: Company) -> str:
    """Return the words agreed to, kept with the consent as they stand on the page."""
    words = {"name": owner.name, "company": company.name}
    return (
        _(
            "%(name)s may contact me about my message and about products of %(company)s, and keep"
            " what I wrote here for that. I can take this back at any time."
        )
        % words
    )


def _landing(
    request: HttpRequest,
    link: ReferralLink,
    stamp: Stamp,
    touch: Touch | Fault | None,
    *,
    form: LetterForm | None = None,
    notice: str = "",
) -> HttpResponse:
    company = Company.objects.get(pk=Company.ONLY_ID)
    request.company_row = company  # type: ignore[attr-defined]  # read by the template tag
    facts = _facts(link)
    owner = facts["owner"]
    assert isinstance(owner, Representative)
    form = form or LetterForm(
        action=guarding.address(request, "sales:referral", link),
        consent_text=_consent_text(owner, company),
    )
    sealed = seal_stamp(stamp)
    form.initial["stamp"] = sealed
    is_remembered = isinstance(touch, Touch) and request.method == "GET"
    return render(
        request,
        "sales/referrals/landing.html",
        {
            **facts,
            "form": form,
            "stamp": sealed,
            "notice": notice,
            "remember": guarding.address(request, "sales:referral_remember", link),
            "is_insider": guarding.is_insider(request),
            # On the link's own page the touch is this visit, on the start page the one remembered.
            "remembered_until": stamp.touched_at + REMEMBERED_FOR if is_remembered else None,
            "remembered_days": REMEMBERED_FOR.days,
            "months": company.unused_contact_months,
        },
        status=REFUSED if form.is_bound else HTTPStatus.OK,
    )


def _heed_fault(
    request: HttpRequest,
    response: HttpResponse,
    touch: Touch | Fault | None,
    now: datetime,
    link: ReferralLink | None = None,
) -> None:
    """Log a cookie that is tampered with, expired or of no use, and take it off the device."""
    if touch is None or guarding.is_insider(request):
        return
    if isinstance(touch, Touch):
        if link is not None or selectors.find_link(touch.code) is not None:
            return
        guarding.log(request, Kind.CLOSED, None, now)
    else:
        guarding.log(request, touch.value, link, now)
    guarding.forget(response)


def _receive(request: HttpRequest, link: ReferralLink, now: datetime) -> HttpResponse:
    sent = redirect(guarding.address(request, "sales:referral_sent", link))
    if guarding.is_foreign(request):
        guarding.log(request, Kind.FOREIGN, link, now)
        return redirect(guarding.address(request, "sales:referral", link))
    limited: HttpResponse | None = ratelimit.consume_or_429(request, action="referral_letter")
    if limited is not None:
        return limited
    if request.POST.get(ROBOT_FIELD):
        guarding.log(request, Kind.ROBOT, link, now)
        return sent
    company = Company.objects.get(pk=Company.ONLY_ID)
    owner = selectors.owner_of(link)
    assert owner is not None
    consent_text = _consent_text(owner, company)
    fresh = Stamp(link.code, now, now, Via.PAGE)
    stamp = open_stamp(request.POST.get("stamp", ""), code=link.code, now=now)
    data = request.POST.copy()
    data["stamp"] = seal_stamp(stamp or fresh)
    form = LetterForm(
        data, action=guarding.address(request, "sales:referral", link), consent_text=consent_text
    )
    if stamp is None:
        guarding.log(request, Kind.STALE, link, now)
        notice = _("This page was open for a long time. Please send your message again.")
        return _landing(request, link, fresh, None, form=form, notice=notice)
    if not form.is_valid():
        return _landing(request, link, stamp, None, form=form)
    letter = services.Letter(
        name=form.cleaned_data["name"],
        email=form.cleaned_data["email"],
        phone=form.cleaned_data["phone"],
        message=form.cleaned_data["message"],
        wants_to_join=form.cleaned_data["wants_to_join"],
        consent_text=consent_text,
        language=get_language() or "en",
    )
    try:
        services.receive_contact(
            link=link,
            letter=letter,
            touched_at=stamp.touched_at,
            via=stamp.via,
            now=now,
            sender=request.user if guarding.is_insider(request) else None,  # type: ignore[arg-type]
        )
    except services.UnableToReceive:
        return _ended(request)
    except UnableTo as refusal:
        if refusal.field not in form.fields:
            return sent  # what is wrong with somebody's list is nobody's business here
        form.add_error(refusal.field, refusal.message)
        return _landing(request, link, stamp, None, form=form)
    return sent

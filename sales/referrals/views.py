"""A representative's links: what each brought, its QR code, who came, and whom to thank."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from representatives.errors import UnableTo
from representatives.views_shared import place_of_links
from sales.models import Customer, ReferralLink
from sales.referrals import selectors, services
from sales.referrals.forms import LinkForm
from sales.referrals.qr import qr_svg
from sales.selectors import get_customer, list_products
from sales.views_shared import REFUSED, Desk, open_desk

SPANS = {"30": 30, "365": 365}
"""Days that the funnel can be looked at; all of them where none is chosen."""
PERSONAL_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
def referral_links(request: HttpRequest) -> HttpResponse:
    """Show all links with their funnels, whom to thank, and a form to make one."""
    desk = open_desk(request)
    form = LinkForm(
        request.POST if request.method == "POST" else None,
        products=list_products(),
        action=reverse("sales:referral_links"),
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_link(
                representative=desk.seller,
                product=form.cleaned_data["product"],
                campaign=form.cleaned_data["campaign"],
                now=desk.now,
            )
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("The link is ready to be shown and sent."))
            return redirect("sales:referral_link", made.pk)
    days, since = _span(request, desk)
    own = selectors.rows_of(selectors.list_links(desk.seller), since=since)
    personal = selectors.rows_of(
        selectors.list_personal_links(desk.seller)[:PERSONAL_SHOWN], since=since
    )
    return render(
        request,
        "sales/referrals/links.html",
        desk.context(
            form=form,
            days=days,
            links=own,
            personal=personal,
            total=selectors.funnel_of([desk.seller.pk], since=since),
            thanks=selectors.list_thanks(desk.seller),
            arrivals=selectors.list_arrivals(desk.seller, limit=10),
        ),
        status=REFUSED if form.errors else 200,
    )


def _span(request: HttpRequest, desk: Desk) -> tuple[str, date | None]:
    """Return the days chosen and the first of them."""
    chosen = request.GET.get("days", "")
    if chosen not in SPANS:
        return "", None
    today = desk.now.astimezone(desk.company.zone).date()
    return chosen, today - timedelta(days=SPANS[chosen] - 1)


@require_safe
def referral_link(request: HttpRequest, link_id: int) -> HttpResponse:
    """Show one link: its address and QR code to be passed on, its funnel, and who came by it."""
    desk = open_desk(request)
    link = _own_link(desk, link_id)
    days, since = _span(request, desk)
    return render(
        request,
        "sales/referrals/link.html",
        desk.context(
            **_link_facts(request, link),
            days=days,
            funnel=selectors.funnels_of([link.pk], since=since).get(link.pk, selectors.Funnel()),
            arrivals=selectors.list_arrivals(desk.seller, link=link),
        ),
    )


@require_safe
def referral_qr(request: HttpRequest, link_id: int) -> HttpResponse:
    """Give the QR code of a link as a drawing, to be shown or printed."""
    link = _own_link(open_desk(request), link_id)
    response = HttpResponse(qr_svg(_address(request, link)), content_type="image/svg+xml")
    kind = "attachment" if "download" in request.GET else "inline"
    response["Content-Disposition"] = f'{kind}; filename="link-{link.pk}.svg"'
    return response


@require_POST
def referral_close(request: HttpRequest, link_id: int) -> HttpResponse:
    """End a link."""
    desk = open_desk(request)
    link = services.close_link(link=_own_link(desk, link_id), now=desk.now)
    messages.success(request, _("The link is closed. Whoever opens it is told so."))
    if link.customer_id is not None:
        return redirect("sales:customer_link", link.customer_id)
    return redirect("sales:referral_links")


@require_http_methods(["GET", "HEAD", "POST"])
def customer_link(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show a customer's personal link, to be handed over; give one where there is none."""
    desk = open_desk(request)
    customer = get_customer(desk.seller, customer_id)
    if customer is None or not customer.is_alive:
        raise Http404("no such customer")
    if request.method == "POST":
        try:
            services.give_personal_link(customer=customer, now=desk.now)
        except UnableTo as refusal:
            messages.error(request, refusal.message)
        return redirect("sales:customer_link", customer.pk)
    link = selectors.get_personal_link(customer)
    return render(
        request,
        "sales/referrals/customer_link.html",
        desk.context(
            customer=customer,
            brought=selectors.brought_by(customer),
            may_write=customer.no_contact_at is None,
            **(_personal_facts(request, desk, customer, link) if link else {"link": None}),
        ),
    )


@require_POST
def arrival_invite(request: HttpRequest, arrival_id: int) -> HttpResponse:
    """Invite somebody who came by a link and asked how one becomes a representative."""
    desk = open_desk(request)
    arrival = selectors.get_arrival(desk.seller, arrival_id)
    if arrival is None:
        raise Http404("no such arrival")
    try:
        services.invite_arrival(arrival=arrival, place=place_of_links(request), now=desk.now)
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The invitation is on its way."))
    return redirect("sales:referral_link", arrival.link_id)


@require_safe
def thanks(request: HttpRequest, thanks_id: int) -> HttpResponse:
    """Propose words of thanks to a customer, which say nothing of who came and what was bought."""
    desk = open_desk(request)
    found = selectors.get_thanks(desk.seller, thanks_id)
    if found is None or found.referrer is None or not found.referrer.is_alive:
        raise Http404("no such thanks")
    customer = found.referrer
    with translation.override(customer.language or get_language()):
        places = {"name": customer.name.split()[0], "seller": desk.seller.name}
        words = _(
            "Hello %(name)s,\n\nthank you for recommending me. That you speak well of me means a"
            " lot to me.\n\nBest wishes\n%(seller)s"
        )
        subject = _("Thank you")
    return render(
        request,
        "sales/referrals/thanks.html",
        desk.context(
            thanks=found,
            customer=customer,
            subject=subject,
            letter=words % places,
            may_write=customer.no_contact_at is None,
        ),
    )


@require_POST
def thanks_done(request: HttpRequest, thanks_id: int) -> HttpResponse:
    """Note that a customer was thanked for a recommendation."""
    desk = open_desk(request)
    found = selectors.get_thanks(desk.seller, thanks_id)
    if found is None:
        raise Http404("no such thanks")
    services.mark_thanked(thanks=found, now=desk.now)
    messages.success(request, _("Noted: you have said thank you."))
    return redirect("sales:referral_links")


def _own_link(desk: Desk, link_id: int) -> ReferralLink:
    link = selectors.get_link(desk.seller, link_id)
    if link is None:
        raise Http404("no such link")
    return link


def _address(request: HttpRequest, link: ReferralLink) -> str:
    return request.build_absolute_uri(reverse("sales:referral", args=[link.code]))


def _link_facts(request: HttpRequest, link: ReferralLink) -> dict[str, object]:
    return {"link": link, "address": _address(request, link)}


def _personal_facts(
    request: HttpRequest, desk: Desk, customer: Customer, link: ReferralLink
) -> dict[str, object]:
    address = _address(request, link)
    with translation.override(customer.language or get_language()):
        said = _(
            "Thank you for recommending me. This is your own link: whoever comes by it, I know"
            " that it was you who passed it on."
        )
    return {
        **_link_facts(request, link),
        "funnel": selectors.funnels_of([link.pk]).get(link.pk, selectors.Funnel()),
        "letter": f"{said}\n{address}",
        "arrivals": selectors.list_arrivals(desk.seller, link=link),
    }

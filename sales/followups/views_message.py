"""The page of a message: a draft to change, and the ways to send it. Nothing is sent from here."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from representatives.toasts import leave_toast
from sales.contacts import services as contacts
from sales.followups import selectors, words
from sales.followups.forms import SentForm
from sales.followups.views import known_product, own_customer
from sales.followups.wording import Draft, message_for
from sales.models import Customer, FollowUp, Product
from sales.views_shared import Desk, next_address, number_of, open_desk


@dataclass(frozen=True, slots=True)
class Way:
    """A way to reach somebody: a link that opens a program of one's own."""

    channel: str
    label: str
    icon: str
    link: str


@dataclass(frozen=True, slots=True)
class About:
    """Whom a message goes to, and why."""

    customer: Customer
    product: Product | None
    occasion: str
    follow_up: FollowUp | None


@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest) -> HttpResponse:
    """Show the draft for a customer and an occasion; a POST notes that it was sent."""
    desk = open_desk(request)
    asked = request.POST if request.method == "POST" else request.GET
    if not (asked.get("customer") or asked.get("follow_up")):
        return redirect("sales:follow_ups")
    about = _about(request, desk)
    if request.method == "POST":
        return _sent(request, desk, about)
    draft = message_for(
        about.customer,
        occasion=about.occasion,
        product=about.product,
        language=_language(request),
    )
    ways = ways_of(draft, preferred=about.customer.channel)
    context = desk.context(
        about=about,
        customer=about.customer,
        draft=draft,
        ways=ways,
        languages=settings.LANGUAGES,
        choices=words.results(),
        may_write=about.customer.no_contact_at is None,
        next=request.GET.get("next", ""),
    )
    return render(request, "sales/followups/message.html", context)


def ways_of(draft: Draft, *, preferred: str) -> list[Way]:
    """Return the ways to reach a customer, the one they like best first."""
    ways = [
        Way("email", _("Write an e-mail"), "envelope", draft.mail_address),
        Way("message", _("Send a text message"), "chat-dots", draft.text_message),
        Way("phone", _("Call"), "telephone", draft.call),
    ]
    return sorted((way for way in ways if way.link), key=lambda way: way.channel != preferred)


def _sent(request: HttpRequest, desk: Desk, about: About) -> HttpResponse:
    form = SentForm(request.POST)
    if not form.is_valid() or about.customer.no_contact_at is not None:
        return redirect(_address(about), status=HTTPStatus.SEE_OTHER)
    contacts.note_talk(
        customer=about.customer,
        at=desk.now,
        now=desk.now,
        channel=form.cleaned_data["channel"],
    )
    leave_toast(request, _("Noted in the timeline: %(name)s") % {"name": about.customer.name})
    return redirect(next_address(request, reverse("sales:customer", args=[about.customer.pk])))


def _about(request: HttpRequest, desk: Desk) -> About:
    """Return whom the message goes to; a follow-up in the address says it all.

    :raises Http404: if there is no such customer of the representative.
    """
    asked = request.POST if request.method == "POST" else request.GET
    number = number_of(asked.get("follow_up"))
    row = selectors.get_follow_up(desk.seller, number) if number is not None else None
    if row is not None and row.customer is not None:
        kind = FollowUp.Kind(row.kind)
        customer = own_customer(desk, str(row.customer.pk))
        occasion = row.occasion or words.DEFAULT_OCCASIONS[kind]
        product = row.product
    else:
        row = None
        customer = own_customer(desk, asked.get("customer"))
        occasion = asked.get("occasion", "")
        product = known_product(asked.get("product"))
    if customer is None:
        raise Http404("no such customer")
    return About(customer, product, occasion, row if row and row.is_open else None)


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else ""


def _address(about: About) -> str:
    return f"{reverse('sales:message')}?customer={about.customer.pk}"

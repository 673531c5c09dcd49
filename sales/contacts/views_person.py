"""What is kept of a person, by which right, and at whose wish: told, agreed, left alone, erased."""

from __future__ import annotations

from datetime import datetime, time
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from representatives.errors import UnableTo
from representatives.looking_middleware import only_oneself
from representatives.toasts import leave_toast
from sales.contacts import exports, legal, segments, selectors, services
from sales.contacts.forms import ConsentForm, NeedForm
from sales.contacts.views import BIGINT, own_person
from sales.models import Consent, Customer, Order
from sales.views_shared import REFUSED, Desk, open_desk


@require_safe
def person_data(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show what is kept of a person, why, and what the person said to it."""
    desk = open_desk(request)
    return _data_page(request, desk, own_person(desk, customer_id))


@require_safe
@only_oneself
def person_file(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Hand out all that is kept of a person, to be given to that person."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    answer = JsonResponse(
        exports.all_of_person(person, desk.company),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    answer["Content-Disposition"] = f'attachment; filename="{person.reference}.json"'
    answer["Cache-Control"] = "no-store, private"
    return answer


@require_POST
def notice_given(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Note that the person was told what is kept."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    services.give_notice(customer=person, now=desk.now)
    leave_toast(request, _("Noted that the person knows"))
    return redirect("sales:customer_data", person.pk)


@require_POST
def consent_given(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Record a consent."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    form = ConsentForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            services.give_consent(
                customer=person,
                kind=told["kind"],
                text=told["text"],
                given_at=_moment(desk, told["given_on"]),
                now=desk.now,
            )
        except UnableTo as refusal:
            field = "given_on" if refusal.field == "given_at" else refusal.field
            form.add_refusal(field, refusal.message)
        else:
            leave_toast(request, _("The consent is recorded"))
            return redirect("sales:customer_data", person.pk)
    return _data_page(request, desk, person, consent_form=form)


@require_POST
def consent_withdrawn(request: HttpRequest, customer_id: int, kind: str) -> HttpResponse:
    """Record that a consent is withdrawn."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    if kind not in Consent.Kind.values:
        raise Http404("no such consent")
    services.withdraw_consent(customer=person, kind=kind, now=desk.now)
    leave_toast(request, _("The consent is withdrawn"))
    return redirect("sales:customer_data", person.pk)


@require_POST
def contact_wish(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Leave a person alone from now on, or no longer, as the person wishes."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    if request.POST.get("wish") == "contact":
        services.allow_contact(customer=person, now=desk.now)
        leave_toast(request, _("You may be in touch again"))
    else:
        services.stop_contact(customer=person, now=desk.now)
        leave_toast(request, _("Nobody is asked to contact this person any more"))
    return redirect("sales:customer_data", person.pk)


@require_POST
def keep(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Keep a contact that would be deleted as unused."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    services.keep_contact(customer=person, now=desk.now)
    leave_toast(request, _("%(name)s stays in your list") % {"name": person.name})
    back = request.POST.get("next", "")
    return redirect(
        "sales:customers_all" if back == "list" else "sales:customer_data",
        *([] if back == "list" else [person.pk]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def needs(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show what a person is doing, planning and would like, and add to it."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    form = NeedForm(request.POST or None, products=segments.products_sold())
    if request.method == "POST" and form.is_valid():
        try:
            services.add_need(
                customer=person,
                kind=form.cleaned_data["kind"],
                text=form.cleaned_data["text"],
                products=form.chosen(),
                now=desk.now,
            )
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            leave_toast(request, _("Noted"))
            return redirect("sales:customer_needs", person.pk)
    return render(
        request,
        "sales/contacts/needs.html",
        desk.context(customer=person, needs=selectors.list_needs(person), form=form),
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


@require_POST
def need_remove(request: HttpRequest, customer_id: int, need_id: int) -> HttpResponse:
    """Remove a need that no longer holds."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    need = person.needs.filter(pk=need_id).first() if need_id <= BIGINT else None
    if need is None:
        raise Http404("no such need")
    services.remove_need(need=need)
    leave_toast(request, _("Removed"))
    return redirect("sales:customer_needs", person.pk)


@require_POST
def talk_remove(request: HttpRequest, customer_id: int, talk_id: int) -> HttpResponse:
    """Remove a talk from the timeline."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    talk = person.talks.filter(pk=talk_id).first() if talk_id <= BIGINT else None
    if talk is None:
        raise Http404("no such talk")
    services.remove_talk(talk=talk)
    leave_toast(request, _("Removed"))
    return redirect("sales:customer", person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Erase a person at that person's wish, once it is confirmed with the name."""
    desk = open_desk(request)
    person = own_person(desk, customer_id)
    wrong = False
    if request.method == "POST":
        typed = " ".join(request.POST.get("name", "").split())
        if typed.casefold() == person.name.casefold():
            gone = services.erase_customer(customer=person, now=desk.now)
            messages.success(
                request,
                _("All data of the person are deleted.")
                if gone
                else _("The name and all else are erased; the orders stay without them."),
            )
            return redirect("sales:customers_all")
        wrong = True
    return render(
        request,
        "sales/contacts/erase.html",
        desk.context(
            customer=person,
            orders=Order.objects.filter(customer=person).count(),
            wrong=wrong,
        ),
        status=REFUSED if wrong else HTTPStatus.OK,
    )


def _data_page(
    request: HttpRequest, desk: Desk, person: Customer, *, consent_form: ConsentForm | None = None
) -> HttpResponse:
    today = desk.now.astimezone(desk.company.zone).date()
    has_ordered = Order.objects.filter(customer=person).exists()
    context: dict[str, Any] = {
        "customer": person,
        "bases": legal.bases(has_ordered=has_ordered),
        "notice": legal.notice(person, desk.seller, desk.company),
        "consents": selectors.list_consents(person),
        "form": consent_form or ConsentForm(initial={"given_on": today}),
        "leaves_on": None if has_ordered else segments.leaves_on(person, desk.company),
    }
    return render(
        request,
        "sales/contacts/data.html",
        desk.context(**context),
        status=REFUSED if consent_form else HTTPStatus.OK,
    )


def _moment(desk: Desk, day: Any) -> datetime:
    """Return an instant of a day: now where it is today, else its noon."""
    if day == desk.now.astimezone(desk.company.zone).date():
        return desk.now
    return datetime.combine(day, time(12), tzinfo=desk.company.zone)

"""What the buttons of the desk do, and the page for a call: whom, why, and how it went."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from representatives.errors import UnableTo
from representatives.toasts import leave_toast
from sales.contacts import services as contacts
from sales.desk import services, words
from sales.desk.acts import link
from sales.desk.call_sheet import get_call_sheet
from sales.desk.forms import CallForm
from sales.desk.services import Handled
from sales.followups.selectors import get_follow_up
from sales.forecast.selectors import day_of
from sales.models import Customer, FollowUp
from sales.views_shared import REFUSED, Desk, open_desk

BIGINT = 2**63 - 1
LATER_DAYS = {"later": 7, "snooze": 7, "tomorrow": 1}


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do what a button of a row says, and go back to the page it stood on."""
    desk = open_desk(request)
    back = safe_next(request)
    chosen = request.POST.get("act", "")
    try:
        if chosen == "undo":
            _undo(request, desk)
        elif chosen in LATER_DAYS:
            _later(request, desk, LATER_DAYS[chosen])
        elif chosen == "done":
            _done(request, desk)
        elif chosen == "refuse":
            _refuse(request, desk)
        else:
            raise Http404("no such act")
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    return redirect(back)


def safe_next(request: HttpRequest) -> str:
    """Return the page that a form came from; the customers page where it names no page of ours."""
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return back
    return reverse("sales:customers")


def own_customer(desk: Desk, number: str | int) -> Customer:
    """Return one of the seller's people.

    :raises Http404: if there is none of this number among them.
    """
    text = str(number)
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) > BIGINT:
        raise Http404("no such customer")
    found = Customer.objects.of(desk.seller).select_related("referred_by").filter(pk=int(text))
    customer = found.first()
    if customer is None:
        raise Http404("no such customer")
    return customer


def own_task(desk: Desk, number: str) -> FollowUp | None:
    """Return one of the seller's follow-ups; None without a number.

    :raises Http404: if there is none of this number among them.
    """
    if not number:
        return None
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:
        raise Http404("no such follow-up")
    task = get_follow_up(desk.seller, int(number))
    if task is None:
        raise Http404("no such follow-up")
    return task


def _key(request: HttpRequest) -> str:
    return request.POST.get("key", "")[:120].replace("\x00", "")


def _later(request: HttpRequest, desk: Desk, days: int) -> None:
    number = request.POST.get("customer", "")
    customer = own_customer(desk, number) if number else None
    task = own_task(desk, request.POST.get("task", ""))
    handled = services.put_off(
        seller=desk.seller, now=desk.now, days=days, customer=customer, key=_key(request), task=task
    )
    today = day_of(desk.now)
    day = words.weekday(today.fromordinal(today.toordinal() + days))
    if customer is not None:
        text = _("%(name)s is back on the list on %(day)s") % {"name": customer.name, "day": day}
    else:
        text = _("Back on the list on %(day)s") % {"day": day}
    _leave(request, text, handled)


def _done(request: HttpRequest, desk: Desk) -> None:
    task = own_task(desk, request.POST.get("task", ""))
    handled = services.mark_done(seller=desk.seller, now=desk.now, key=_key(request), task=task)
    _leave(request, _("Done"), handled)


def _refuse(request: HttpRequest, desk: Desk) -> None:
    reason = request.POST.get("reason", "")
    handled = services.refuse(seller=desk.seller, key=_key(request), reason=reason, now=desk.now)
    _leave(request, _("Thank you: suggestions learn from it"), handled)


def _undo(request: HttpRequest, desk: Desk) -> None:
    fields = (request.POST.get(name, "") for name in ("keys", "tasks", "talk"))
    services.take_back(seller=desk.seller, handled=Handled.of_fields(*fields), now=desk.now)
    leave_toast(request, _("Taken back"))


def _leave(request: HttpRequest, text: str, handled: Handled) -> None:
    leave_toast(request, text, undo=reverse("sales:desk_act"), act="undo", **handled.as_fields())


# -- The call --------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show the number and what to talk about; then note how the call went."""
    desk = open_desk(request)
    customer = own_customer(desk, customer_id)
    asked = request.POST if request.method == "POST" else request.GET
    task = own_task(desk, asked.get("task", ""))
    if task is not None and task.customer_id != customer.pk:
        raise Http404("no follow-up on this customer")
    form = CallForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and customer.no_contact_at is None and form.is_valid():
        try:
            return _called(request, desk, customer, task, form)
        except UnableTo as refusal:
            form.add_error("result" if refusal.field == "result" else None, refusal.message)
    key = asked.get("key", "")[:120].replace("\x00", "")
    sheet = get_call_sheet(desk.seller, customer, key=key, task=task, now=desk.now)
    return render(
        request,
        "sales/desk/call.html",
        desk.context(
            customer=customer,
            sheet=sheet,
            form=form,
            key=key,
            task=task,
            product=asked.get("product", ""),
            today=day_of(desk.now),
        ),
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


def _called(
    request: HttpRequest, desk: Desk, customer: Customer, task: FollowUp | None, form: CallForm
) -> HttpResponse:
    result = form.cleaned_data["result"]
    if result == CallForm.STOP:
        contacts.stop_contact(customer=customer, now=desk.now)
        messages.success(
            request,
            _("%(name)s is not suggested or reminded of any more.") % {"name": customer.name},
        )
        return redirect("sales:customer", customer.pk)
    open_task = task if task is not None and task.is_open else None
    handled = services.record_call(
        seller=desk.seller,
        customer=customer,
        result=result,
        note=form.cleaned_data["note"],
        now=desk.now,
        key=_key(request),
        task=open_task,
    )
    if result == FollowUp.Result.ORDERED:
        product = request.POST.get("product", "")
        return redirect(link("order_new", customer=customer.pk, product=product))
    text = _("The call with %(name)s is noted")
    if result == FollowUp.Result.NO_ANSWER:
        text = _("%(name)s is back on the list tomorrow")
    _leave(request, text % {"name": customer.name}, handled)
    return redirect("sales:today")

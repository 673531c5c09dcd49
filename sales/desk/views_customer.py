"""The page of one customer: what is next, what they use, what happened so far."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from representatives.errors import UnableTo
from sales.contacts import services as contacts
from sales.desk import ranges, words
from sales.desk.forms import TalkForm
from sales.desk.person import get_person, merged_into
from sales.desk.timeline import get_timeline
from sales.desk.views_acts import own_customer
from sales.forecast.selectors import day_of
from sales.models import Customer, RefusalReason
from sales.selectors import sum_of_customer
from sales.views_shared import REFUSED, Desk, open_desk


@require_safe
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show a customer; by htmx only the next entries of the timeline.

    The page of a row that was merged leads to the row that was kept.
    """
    desk = open_desk(request)
    try:
        shown = own_customer(desk, customer_id)
    except Http404:
        kept = merged_into(desk.seller, customer_id)
        if kept is None:
            raise
        return redirect("sales:customer", kept)
    before = _moment(request.GET.get("before", ""))
    if request.htmx:  # type: ignore[attr-defined]
        timeline = get_timeline(desk.seller, shown, before=before)
        return render(
            request,
            "sales/desk/_entries.html",
            desk.context(customer=shown, timeline=timeline, today=day_of(desk.now)),
        )
    return _page(request, desk, shown, before=before)


@require_POST
def note_talk(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Note a talk on the timeline."""
    desk = open_desk(request)
    shown = own_customer(desk, customer_id)
    form = TalkForm(request.POST)
    if form.is_valid():
        try:
            contacts.note_talk(customer=shown, at=desk.now, now=desk.now, **form.cleaned_data)
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("Noted."))
            return redirect("sales:customer", shown.pk)
    return _page(request, desk, shown, form=form)


def _page(
    request: HttpRequest,
    desk: Desk,
    shown: Customer,
    *,
    before: datetime | None = None,
    form: TalkForm | None = None,
) -> HttpResponse:
    today = day_of(desk.now)
    first, last = ranges.axis_days(today)
    return render(
        request,
        "sales/desk/customer.html",
        desk.context(
            customer=shown,
            person=get_person(desk.seller, shown, now=desk.now, today=today),
            timeline=get_timeline(desk.seller, shown, before=before),
            sums=sum_of_customer(shown),
            form=form or TalkForm(),
            today=today,
            axis_first=words.day(first),
            axis_last=words.day(last),
            refusals=RefusalReason.choices,
            back=request.path,
        ),
        status=REFUSED if form is not None else HTTPStatus.OK,
    )


def _moment(text: str) -> datetime | None:
    """Return the moment before which entries are asked for, or None if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None

"""Pages of follow-ups: the list, planning, doing and putting off. Others' rows are 404."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from representatives.models import Representative
from representatives.toasts import leave_toast
from sales.followups import selectors, services, words
from sales.followups.forms import FollowUpForm, MoveForm, ResultForm
from sales.models import Customer, FollowUp, Product
from sales.selectors import page_of
from sales.views_shared import (
    REFUSED,
    Desk,
    next_address,
    number_of,
    open_desk,
    page_number,
    search_text,
)


@require_safe
def follow_up_list(request: HttpRequest) -> HttpResponse:
    """Show what is to be done, overdue first, or what has been done."""
    desk = open_desk(request)
    today = desk.today
    is_closed = request.GET.get("show") == "done"
    rows = (
        selectors.closed_follow_ups(desk.seller)
        if is_closed
        else selectors.open_follow_ups(desk.seller)
    )
    page = page_of(rows, page_number(request))
    told = selectors.told(desk.seller, page.rows, today=today)
    counts = selectors.count_open(desk.seller, today=today)
    context = desk.context(
        page=page,
        rows=told,
        groups=[] if is_closed else selectors.grouped(told, today=today),
        counts=counts,
        heading=_heading(counts),
        today=today,
        day=words.weekday(today),
        is_closed=is_closed,
        tomorrow=today + timedelta(1),
    )
    return render(request, "sales/followups/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_new(request: HttpRequest) -> HttpResponse:
    """Plan something: for a customer or member named in the address, or a task of one's own."""
    desk = open_desk(request)
    customer, member, product = _asked_for(request, desk)
    about = "customer" if customer else "member" if member else "nobody"
    kind = request.GET.get("kind", "")
    kinds = dict(words.kinds_of_customers())
    form = FollowUpForm(
        request.POST or None,
        about=about,
        initial={
            "kind": kind if kind in kinds else FollowUp.Kind.OWN,
            "due_on": _day(request) or desk.today + timedelta(1),
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            planned = services.plan_follow_up(
                representative=desk.seller,
                kind=form.cleaned_data.get("kind")
                or (FollowUp.Kind.MEMBER if member else FollowUp.Kind.OWN),
                due_on=form.cleaned_data["due_on"],
                now=desk.now,
                customer=customer,
                member=member,
                text=form.cleaned_data["text"],
                product=product,
            )
        except services.UnableToFollowUp as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            text = _("Planned for %(day)s.") % {"day": words.weekday(planned.due_on)}
            leave_toast(request, text, undo=reverse("sales:follow_up_cancel", args=[planned.pk]))
            return redirect(next_address(request, reverse("sales:follow_ups")))
    search = search_text(request)
    found = selectors.find_customers(desk.seller, search) if search else []
    is_fragment = bool(getattr(request, "htmx", False)) and request.method == "GET"
    return render(
        request,
        "sales/followups/_found.html" if is_fragment else "sales/followups/new.html",
        desk.context(
            form=form,
            customer=customer,
            member=member,
            product=product,
            q=search,
            found=found,
            next=request.POST.get("next") or request.GET.get("next", ""),
        ),
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


def _day(request: HttpRequest) -> date | None:
    """Return the day that a link proposes, None if it is none."""
    try:
        return date.fromisoformat(request.GET.get("due_on", ""))
    except ValueError:
        return None


@require_safe
def follow_up(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Show one follow-up: how it went, another day, or off the list."""
    desk = open_desk(request)
    return _shown(request, desk, _own(desk, follow_up_id), ResultForm(), MoveForm())


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_done(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Note how it went; a GET shows the page that asks."""
    desk = open_desk(request)
    row = _own(desk, follow_up_id)
    if request.method != "POST":
        return _shown(request, desk, row, ResultForm(), MoveForm())
    data = request.POST.copy()
    went_well = data.get("result") == "well"
    if went_well:
        data["result"] = FollowUp.Result.TALKED
    form = ResultForm(data)
    if form.is_valid():
        try:
            services.finish_follow_up(
                follow_up=row, now=desk.now, went_well=went_well, **form.cleaned_data
            )
        except services.UnableToFollowUp as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            leave_toast(
                request,
                _("Done: %(title)s") % {"title": _title(desk, row)},
                undo=reverse("sales:follow_up_reopen", args=[row.pk]),
            )
            return redirect(next_address(request, reverse("sales:follow_ups")))
    return _shown(request, desk, row, form, MoveForm(), status=REFUSED)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_move(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Put it off: by `days` from today, or to the day `due_on`; a GET shows the page that asks."""
    desk = open_desk(request)
    row = _own(desk, follow_up_id)
    if request.method != "POST":
        return _shown(request, desk, row, ResultForm(), MoveForm())
    form = MoveForm(request.POST)
    day = _chosen_day(form, desk.today)
    if day is None:
        if not form.errors:
            form.add_error("due_on", _("Choose a day."))
        return _shown(request, desk, row, ResultForm(), form, status=REFUSED)
    try:
        services.move_follow_up(follow_up=row, due_on=day, now=desk.now)
    except services.UnableToFollowUp as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _shown(request, desk, row, ResultForm(), form, status=REFUSED)
    leave_toast(
        request,
        _("Put off to %(day)s: %(title)s")
        % {"day": words.day(day, today=desk.today), "title": _title(desk, row)},
        undo=reverse("sales:follow_up_reopen", args=[row.pk]),
        due_on=row.due_on.isoformat(),
    )
    return redirect(next_address(request, reverse("sales:follow_ups")))


@require_POST
def follow_up_cancel(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Take it off the list."""
    desk = open_desk(request)
    row = _own(desk, follow_up_id)
    try:
        services.cancel_follow_up(follow_up=row, now=desk.now)
    except services.UnableToFollowUp as refusal:
        leave_toast(request, str(refusal))
    else:
        leave_toast(
            request,
            _("Off the list: %(title)s") % {"title": _title(desk, row)},
            undo=reverse("sales:follow_up_reopen", args=[row.pk]),
        )
    return redirect(next_address(request, reverse("sales:follow_ups")))


@require_POST
def follow_up_reopen(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Undo: put it back on the list, with `due_on` on the day where it was."""
    desk = open_desk(request)
    row = _own(desk, follow_up_id)
    form = MoveForm(request.POST)
    was = form.cleaned_data["due_on"] if form.is_valid() else None
    try:
        services.reopen_follow_up(follow_up=row, now=desk.now, due_on=was)
    except services.UnableToFollowUp as refusal:
        leave_toast(request, str(refusal))
    else:
        leave_toast(request, _("Back on the list: %(title)s") % {"title": _title(desk, row)})
    return redirect(next_address(request, reverse("sales:follow_ups")))


def own_customer(desk: Desk, text: str | None) -> Customer | None:
    """Return the customer of a number in an address, None without one.

    :raises Http404: if it is none of the representative's, or no longer there.
    """
    if not text:
        return None
    number = number_of(text)
    found = (
        Customer.objects.alive()
        .filter(pk=number, representative=desk.seller)
        .select_related("representative__user")
        .first()
        if number is not None
        else None
    )
    if found is None:
        raise Http404("no such customer")
    return found


def known_product(text: str | None) -> Product | None:
    """Return the product of a number in an address, None without one."""
    number = number_of(text)
    return Product.objects.filter(pk=number).first() if number is not None else None


def _asked_for(
    request: HttpRequest, desk: Desk
) -> tuple[Customer | None, Representative | None, Product | None]:
    asked = request.POST if request.method == "POST" else request.GET
    customer = own_customer(desk, asked.get("customer"))
    member = None
    if customer is None and asked.get("member"):
        people = Representative.objects.downline_of(desk.seller)
        text = asked["member"]
        number = number_of(text)
        member = people.filter(pk=number).first() if number is not None else None
        member = member or people.filter(code=text[:32]).first()
        if member is None:
            raise Http404("no such member")
    return customer, member, known_product(asked.get("product")) if customer else None


def _own(desk: Desk, follow_up_id: int) -> FollowUp:
    found = selectors.get_follow_up(desk.seller, follow_up_id) if follow_up_id < 2**63 else None
    if found is None:
        raise Http404("no such follow-up")
    return found


def _shown(
    request: HttpRequest,
    desk: Desk,
    row: FollowUp,
    result: ResultForm,
    move: MoveForm,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    [told] = selectors.told(desk.seller, [row], today=desk.today)
    context: dict[str, Any] = desk.context(
        row=told,
        follow_up=row,
        result_form=result,
        move_form=move,
        result=words.result_of(row),
        due=words.weekday(row.due_on),
        choices=words.results(),
        tomorrow=desk.today + timedelta(1),
        today=desk.today,
        next=request.POST.get("next") or request.GET.get("next", ""),
    )
    return render(request, "sales/followups/follow_up.html", context, status=status)


def _title(desk: Desk, row: FollowUp) -> str:
    [told] = selectors.told(desk.seller, [row], today=desk.today)
    return told.title


def _chosen_day(form: MoveForm, today: date) -> date | None:
    if not form.is_valid():
        return None
    days = form.cleaned_data["days"]
    if days is not None:
        return today + timedelta(days)
    day: date | None = form.cleaned_data["due_on"]
    return day


def _heading(counts: selectors.Counts) -> str:
    if counts.overdue:
        return _("Overdue: %(overdue)s, for today: %(today)s") % {
            "overdue": counts.overdue,
            "today": counts.today,
        }
    if counts.today:
        return _("For today: %(today)s") % {"today": counts.today}
    return _("Nothing left for today")

"""What a representative does with suggestions, and what was decided so far."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from representatives.errors import UnableTo
from representatives.toasts import leave_toast
from sales.models import SuggestionAct
from sales.selectors import page_of
from sales.suggestions import selectors, services
from sales.suggestions.forms import RefusalForm, WorkDayForm
from sales.suggestions.kinds import OCCASIONS, Key
from sales.views_shared import REFUSED, open_desk, page_number


@require_safe
def decision_list(request: HttpRequest) -> HttpResponse:
    """Show what was put off or refused, with a way to take it back."""
    desk = open_desk(request)
    page = page_of(selectors.list_decisions(desk.seller), page_number(request))
    return render(
        request,
        "sales/suggestions/_decisions.html" if request.htmx else "sales/suggestions/decisions.html",  # type: ignore[attr-defined]
        desk.context(page=page),
    )


@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    """Make a suggestion an order, a message or a follow-up, and go there."""
    desk = open_desk(request)
    key = request.POST.get("key", "")
    act = request.POST.get("act", "")
    try:
        decided = services.accept(seller=desk.seller, key=key, act=act, now=desk.now)
    except UnableTo as refusal:
        return _refused(request, refusal)
    if act == SuggestionAct.TASK:
        assert decided.follow_up is not None
        text = _("Planned for tomorrow.")
    elif act == SuggestionAct.ORDER:
        text = _("Taken from the list while you write the order.")
    else:
        text = _("Taken from the list while you write the message.")
    _tell(request, text, key)
    return redirect(_place_of(decided.key, act) or _next_of(request))


@require_POST
def snooze(request: HttpRequest) -> HttpResponse:
    """Put a suggestion off for some days, a week if none are named."""
    desk = open_desk(request)
    key = request.POST.get("key", "")
    text = request.POST.get("days", "")
    days = int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else 0
    try:
        services.snooze(
            seller=desk.seller,
            key=key,
            days=days if text else services.SNOOZE_DAYS,
            now=desk.now,
        )
    except services.UnableToDecide as refusal:
        return _refused(request, refusal)
    _tell(request, _("Put off. It comes back later."), key)
    return redirect(_next_of(request))


@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: HttpRequest) -> HttpResponse:
    """Ask why a suggestion is refused, and refuse it."""
    desk = open_desk(request)
    stated = request.POST if request.method == "POST" else request.GET
    subject = selectors.subject_of(desk.seller, stated.get("key", ""))
    if subject is None:
        raise Http404("no such suggestion")
    back = _next_of(request)
    # A button elsewhere that names no reason opens the form; what that says is checked.
    said = request.method == "POST" and ("send" in request.POST or "reason" in request.POST)
    form = RefusalForm(
        request.POST if said else None,
        initial={"key": stated.get("key", ""), "next": back},
        action=reverse("sales:suggestion_refuse"),
        back=back,
    )
    if said and form.is_valid():
        try:
            services.refuse(
                seller=desk.seller,
                key=form.cleaned_data["key"],
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
                now=desk.now,
            )
        except services.UnableToDecide as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            _tell(request, _("Refused. Suggestions learn from it."), form.cleaned_data["key"])
            return redirect(back)
    return render(
        request,
        "sales/suggestions/refuse.html",
        desk.context(form=form, subject=subject),
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take the latest decision on a suggestion back."""
    desk = open_desk(request)
    try:
        services.undo(seller=desk.seller, key=request.POST.get("key", ""), now=desk.now)
    except services.UnableToDecide as refusal:
        return _refused(request, refusal)
    messages.success(request, _("Taken back: it is suggested again."))
    return redirect(_next_of(request))


@require_http_methods(["GET", "HEAD", "POST"])
def work_day(request: HttpRequest) -> HttpResponse:
    """Say how many people a day are looked after."""
    desk = open_desk(request)
    back = _next_of(request)
    form = WorkDayForm(
        request.POST or None,
        initial={"jobs": selectors.capacity_of(desk.seller), "next": back},
        action=reverse("sales:work_day"),
        back=back,
    )
    if request.method == "POST" and form.is_valid():
        services.set_capacity(seller=desk.seller, jobs=form.cleaned_data["jobs"])
        messages.success(request, _("Saved."))
        return redirect(back)
    return render(
        request,
        "sales/suggestions/work_day.html",
        desk.context(form=form),
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


def _refused(request: HttpRequest, refusal: UnableTo) -> HttpResponse:
    messages.error(request, refusal.message)
    return redirect(_next_of(request))


def _tell(request: HttpRequest, text: str, key: str) -> None:
    leave_toast(request, text, undo=reverse("sales:suggestion_undo"), key=key)


def _next_of(request: HttpRequest) -> str:
    """Return where a page wants to go on, if that is a page of ours."""
    stated = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(
        stated, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return stated
    return reverse("sales:customers")


def _place_of(key: Key, act: str) -> str:
    """Return the page on which an accepted suggestion goes on; empty for where one was."""
    product = {"product": key.product_id} if key.product_id else {}
    if act == SuggestionAct.ORDER:
        return f"{reverse('sales:order_new')}?{urlencode({'customer': key.customer_id, **product})}"
    if act == SuggestionAct.MESSAGE:
        asked = {
            "customer": key.customer_id,
            "occasion": OCCASIONS[key.kind].value,
            **product,
        }
        return f"{reverse('sales:message')}?{urlencode(asked)}"
    return ""

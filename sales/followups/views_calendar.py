"""The calendar's address, for the representative in person, and the file behind it."""

from __future__ import annotations

from http import HTTPStatus

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from representatives.clock import company_now
from representatives.looking_middleware import only_oneself
from representatives.toasts import leave_toast
from sales.followups import calendar
from sales.models import CalendarFeed
from sales.views_shared import open_desk

ACTION = "calendar_feed"
"""The rate in the settings: a secret can't be guessed, but nobody need hammer on it."""


@only_oneself
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_page(request: HttpRequest) -> HttpResponse:
    """Show the secret address; make, renew or remove it, and choose whether names stand in it."""
    desk = open_desk(request)
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act in ("make", "renew"):
            calendar.make_feed(representative=desk.seller, now=desk.now)
            is_new = act == "renew"
            leave_toast(request, _("The address is new.") if is_new else _("Here is the address."))
        elif act == "remove":
            calendar.remove_feed(representative=desk.seller)
            leave_toast(request, _("The address is gone."))
        elif act == "names":
            calendar.show_names(
                representative=desk.seller, shows_names=request.POST.get("names") == "yes"
            )
            leave_toast(request, _("Saved."))
        return redirect("sales:calendar")
    feed = CalendarFeed.objects.filter(representative=desk.seller).first()
    address = calendar.address_of(feed) if feed else ""
    return render(
        request,
        "sales/followups/calendar.html",
        desk.context(
            feed=feed,
            address=address,
            subscription="webcal://" + address.partition("://")[2] if address else "",
        ),
    )


@login_not_required
@never_cache
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a calendar program with the follow-ups behind a secret; nothing tells a wrong one."""
    refusal = ratelimit.consume_or_429(request, action=ACTION, key=token, limit_get=True)
    if refusal is not None:
        return refusal
    feed = calendar.find_feed(token)
    if feed is None:
        response: HttpResponse = HttpResponse(
            status=HTTPStatus.NOT_FOUND, content_type="text/plain"
        )
    else:
        response = HttpResponse(
            calendar.file_of(feed, now=company_now()), content_type="text/calendar; charset=utf-8"
        )
        response["Content-Disposition"] = 'inline; filename="follow-ups.ics"'
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response

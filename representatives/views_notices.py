"""The list of notices: what happened, the newest first; read one by one or all together."""

from __future__ import annotations

from http import HTTPStatus

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from representatives import notices
from representatives.clock import company_now
from representatives.models import User
from representatives.notice_words import tell
from representatives.views_shared import in_company_time

PER_PAGE = 30


@require_safe
@in_company_time
def notice_list(request: HttpRequest) -> HttpResponse:
    """Show the reader's own notices, all or the unread ones."""
    user = _user(request)
    is_unread = request.GET.get("show") == "unread"
    pages = Paginator(notices.list_notices(user, is_unread=is_unread), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    rows = tell(page.object_list)
    pager = {
        "has_previous": page.has_previous(),
        "has_next": page.has_next(),
        "previous_number": page.number - 1,
        "next_number": page.number + 1,
    }
    shown = _("%(first)s to %(last)s of %(all)s")
    numbers = {"first": page.start_index(), "last": page.end_index(), "all": pages.count}
    unread = notices.count_unread(user)
    request.unread_notices = unread  # type: ignore[attr-defined]  # the bell shows it too
    context = {
        "rows": rows,
        "page": pager,
        "shown": shown % numbers if pages.num_pages > 1 else "",
        "is_unread": is_unread,
        "newest": rows[0].notice.pk if rows else 0,
        "unread_count": unread,
    }
    return render(request, "representatives/notices.html", context)


@require_POST
def notice_read(request: HttpRequest, number: int) -> HttpResponse:
    """Note that the reader has read a notice; a script that follows its link needs no page."""
    if not notices.mark_read(user=_user(request), notice_id=number, now=company_now()):
        raise Http404
    if request.POST.get("quiet"):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return redirect(_list_address(request))


@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Note that the reader has read everything up to the newest one shown."""
    up_to = request.POST.get("up_to", "")
    if not (up_to.isascii() and up_to.isdigit() and len(up_to) < 19):
        raise Http404
    notices.mark_all_read(user=_user(request), up_to=int(up_to), now=company_now())
    return redirect(_list_address(request))


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the middleware lets nobody else in
    return request.user


def _list_address(request: HttpRequest) -> str:
    address = reverse("representatives:notices")
    return f"{address}?show=unread" if request.POST.get("show") == "unread" else address

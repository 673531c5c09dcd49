"""Show pages as a member sees them, and let nothing be written meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.db import connection, transaction
from django.db.utils import InternalError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone

from representatives.looking import end_look, find_look
from representatives.models import MemberLook, User

SESSION_KEY = "look"
SAFE = ("GET", "HEAD", "OPTIONS")
# What may be sent during a look: each ends it.
ENDING_ROUTES = frozenset({"representatives:end_look", "account_logout", "admin:logout"})
READ_ONLY = "25006"  # PostgreSQL: read_only_sql_transaction
SHOWN_APPS = frozenset({"compensation", "sales", "representatives"})
# What belongs to staff is their own in every case; nobody sees another one's secrets.
OWN_PREFIXES = ("/admin/", "/staff/", "/static/", "/logo/", "/healthz")

View = Callable[[HttpRequest], HttpResponse]


def only_oneself(view: Any) -> Any:
    """Mark a view that only the member in person may open: secrets, sessions, exports."""
    view.only_oneself = True
    return view


class LookMiddleware:
    """While a look lasts, pages of members are shown as the member's, in a read-only transaction.

    It stands innermost: sessions, log-in and limits outside of it are those of staff. Every method
    that may write is refused on every page, the staff's own included, but for the buttons that end
    the look and log out. Whatever a page would write on being shown, the database refuses.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as the member would be answered, or refuse."""
        look = _find(request)
        if look is None:
            return self.get_response(request)
        if request.method not in SAFE:
            if _route(request)[0] in ENDING_ROUTES:
                return self.get_response(request)
            return _refusal(request, look)
        if request.path.startswith(OWN_PREFIXES):
            request.look = look  # type: ignore[attr-defined]
            return self.get_response(request)
        if not _may_be_shown(request):
            return _refusal(request, look, is_closed=True)
        return self._shown(request, look)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Refuse a page that tries to write on being shown."""
        if getattr(request, "look", None) is None or not _is_read_only(exception):
            return None
        # The transaction is spoiled: the page that says so is made once it is rolled back.
        request.wrote = True  # type: ignore[attr-defined]
        return HttpResponse(status=HTTPStatus.FORBIDDEN)

    def _shown(self, request: HttpRequest, look: MemberLook) -> HttpResponse:
        staff = request.user
        request.look = look  # type: ignore[attr-defined]
        request.user = look.representative.user  # type: ignore[assignment]
        try:
            with _nothing_written():
                response = self.get_response(request)
        finally:
            request.user = staff
        if getattr(request, "wrote", False):
            return _refusal(request, look)
        response["Cache-Control"] = "no-store, private, max-age=0"
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = _read_only(response.streaming_content)
        return response


def forget_look(request: HttpRequest) -> None:
    """End the look of a session, if it has one, while the request's user is the person of staff."""
    session = getattr(request, "session", None)
    number = None if session is None else session.pop(SESSION_KEY, None)
    if number is None:
        return
    look = MemberLook.objects.filter(pk=number, staff_id=request.user.pk).first()
    if look is not None:
        end_look(look=look, now=timezone.now())


def forget_look_at_log_out(sender: Any, *, request: HttpRequest, **facts: Any) -> None:
    """End the look of who logs out, or is logged out."""
    forget_look(request)


def _find(request: HttpRequest) -> MemberLook | None:
    """Return the look of this session, and forget one that has ended."""
    session = getattr(request, "session", None)
    number = None if session is None else session.get(SESSION_KEY)
    if number is None or not isinstance(request.user, User):
        return None
    look = find_look(number=number, by=request.user, now=timezone.now())
    if look is None:
        del request.session[SESSION_KEY]
    return look


def _route(request: HttpRequest) -> tuple[str, Any]:
    try:
        match = resolve(request.path_info)
    except (Resolver404, Http404):
        return "", None
    return match.view_name, match.func


def _may_be_shown(request: HttpRequest) -> bool:
    """Whether an address is a page of members, or of nobody (which is answered as such)."""
    name, view = _route(request)
    if view is None:
        return True
    return name.split(":")[0] in SHOWN_APPS and not getattr(view, "only_oneself", False)


def _refusal(request: HttpRequest, look: MemberLook, *, is_closed: bool = False) -> HttpResponse:
    request.look = look  # type: ignore[attr-defined]
    return render(
        request,
        "representatives/look_refused.html",
        {"is_closed": is_closed},
        status=HTTPStatus.FORBIDDEN,
    )


@contextmanager
def _nothing_written() -> Iterator[None]:
    """Let the database refuse every write inside, and take back whatever else was asked for.

    Rolled back, a transaction forgets what it would have told workers; a savepoint also forgets
    that it was read-only.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield
        transaction.set_rollback(True)


def _read_only(content: Any) -> Iterator[bytes]:
    """Give what is written while it is sent, as an export is, the same guard."""
    with _nothing_written():
        yield from content


def _is_read_only(exception: BaseException | None) -> bool:
    while exception is not None:
        cause = exception.__cause__
        if isinstance(exception, InternalError) and getattr(cause, "sqlstate", "") == READ_ONLY:
            return True
        exception = cause or exception.__context__
    return False

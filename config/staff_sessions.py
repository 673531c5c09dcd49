"""What sessions of staff need beyond a password: a second factor, and to be in use."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

KEY = "staff_session"
REFRESH_SECONDS = 60
# What staff reach without a second factor: the way to one, the own profile, and the way out.
WITHOUT_TWO_FACTOR = (
    *("account_", "mfa_", "usersessions_", "profile:"),
    *("admin:logout", "admin:jsi18n"),
)
# What pages ask by themselves: it keeps no session alive that nobody uses.
UNATTENDED = frozenset({"admin:compensation_period_progress"})


class StaffSessionMiddleware:
    """End sessions of staff that are idle or old, and ask staff for a second factor.

    A view that needs no log-in is left alone; for a representative's session nothing is asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; the work is done once the view is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Return where staff must go first, None where nothing is in the way."""
        if not getattr(view, "login_required", True):
            return None
        user = request.user
        if not (user.is_authenticated and user.is_staff):
            return None
        if _is_over(request):
            logout(request)
            messages.warning(
                request, _("You were logged out because nothing was done here for a while.")
            )
            return _send(request, reverse("account_login"))
        if settings.STAFF_TWO_FACTOR and not _may_pass_without(request):
            return _ask_for_second_factor(request)
        return None


def _is_over(request: HttpRequest) -> bool:
    """Say whether the session was idle too long or is too old; else note that it is in use."""
    now = int(time.time())
    times = request.session.get(KEY) or {"since": now, "seen": 0}
    if times["seen"] and (
        now - times["seen"] > settings.STAFF_IDLE_SECONDS
        or now - times["since"] > settings.STAFF_SESSION_SECONDS
    ):
        return True
    match = request.resolver_match
    if match is not None and match.view_name in UNATTENDED:
        return False
    if now - times["seen"] > REFRESH_SECONDS:
        request.session[KEY] = {**times, "seen": now}
    return False


def _may_pass_without(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name.startswith(WITHOUT_TWO_FACTOR)


def _ask_for_second_factor(request: HttpRequest) -> HttpResponse | None:
    from allauth.mfa.models import Authenticator  # needs loaded apps
    from allauth.mfa.utils import is_mfa_enabled

    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    if not is_mfa_enabled(request.user, kinds):
        messages.warning(request, _("Staff log in with two factors. Set up the second one first."))
        return _send(request, reverse("mfa_index"), with_next=False)
    records = get_authentication_records(request, request.user)
    if any(record.get("method") == "mfa" for record in records):
        return None
    return _send(request, reverse("mfa_reauthenticate"))


def _send(request: HttpRequest, address: str, *, with_next: bool = True) -> HttpResponse:
    """Go to an address and, if it was a page that was asked for, back to it afterwards."""
    is_part = request.headers.get("HX-Request") == "true"
    if with_next and request.method in ("GET", "HEAD") and not is_part:
        address = f"{address}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}"
    if is_part:
        # A part of a page can't show another page: htmx takes the whole window there.
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def remember_second_factor(sender: Any, **facts: Any) -> None:
    """Count the factor that was just set up as shown in this session: its code was typed."""
    authenticator = facts["authenticator"]
    if authenticator.type != authenticator.Type.RECOVERY_CODES:
        record_authentication(
            facts["request"],
            facts["user"],
            "mfa",
            id=authenticator.pk,
            type=authenticator.type,
        )

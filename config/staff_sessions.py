"""What sessions need beyond a password: a second factor; those of staff also to be in use."""

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
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from representatives.looking_middleware import SESSION_KEY as LOOK
from representatives.looking_middleware import forget_look

KEY = "staff_session"
REFRESH_SECONDS = 60
# What staff reach who have no second factor yet: the way to one, the own profile, the way out.
WITHOUT_TWO_FACTOR = (
    *("account_", "mfa_", "usersessions_", "profile:"),
    *("admin:logout", "admin:jsi18n"),
)
# Where anybody's log-in is changed or its secrets are read.
LOG_IN_PAGES = ("account_", "mfa_", "usersessions_")
# All that a session reaches which has not shown the second factor that its user has.
TO_SECOND_FACTOR_OR_OUT = frozenset(
    {
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "account_logout",
        "admin:logout",
        "admin:jsi18n",
    }
)
# What pages ask by themselves: it keeps no session alive that nobody uses.
UNATTENDED = frozenset({"admin:compensation_period_progress"})


class StaffSessionMiddleware:
    """End sessions of staff that are idle or old, and ask for the second factor.

    Staff need one for every page. Whoever has one needs it where the log-in is changed: a password
    alone neither reads recovery codes nor removes a factor. A view that needs no log-in is left
    alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; the work is done once the view is known.

        But for a look: it puts the member in the place of staff before the view is known, and lets
        nothing be written, so that staff are checked out here.
        """
        if request.session.get(LOOK) is not None:
            first = _before_look(request)
            if first is not None:
                return first
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Return where the person must go first, None where nothing is in the way."""
        if getattr(request, "session_is_checked", False):
            return None
        match = request.resolver_match
        return _first(request, view, "" if match is None else match.view_name)


def _before_look(request: HttpRequest) -> HttpResponse | None:
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    first = _first(request, match.func, match.view_name)
    request.session_is_checked = True  # type: ignore[attr-defined]
    return first


def _first(request: HttpRequest, view: Any, name: str) -> HttpResponse | None:
    """Return where the person must go before this view is shown, None if nowhere."""
    user = request.user
    if not getattr(view, "login_required", True) or not user.is_authenticated:
        return None
    if user.is_staff and _is_over(request, name):
        with_next = LOOK not in request.session  # a page of a member leads staff nowhere
        logout(request)
        messages.warning(
            request, _("You were logged out because nothing was done here for a while.")
        )
        return _send(request, reverse("account_login"), with_next=with_next)
    if name in TO_SECOND_FACTOR_OR_OUT:
        return None
    if user.is_staff and settings.STAFF_TWO_FACTOR:
        return _ask_for_second_factor(request, name, is_needed=True)
    if name.startswith(LOG_IN_PAGES):
        return _ask_for_second_factor(request, name, is_needed=False)
    return None


def _is_over(request: HttpRequest, name: str) -> bool:
    """Say whether the session was idle too long or is too old; else note that it is in use."""
    now = int(time.time())
    times = request.session.get(KEY) or {"since": now, "seen": 0}
    if times["seen"] and (
        now - times["seen"] > settings.STAFF_IDLE_SECONDS
        or now - times["since"] > settings.STAFF_SESSION_SECONDS
    ):
        return True
    if name in UNATTENDED:
        return False
    if now - times["seen"] > REFRESH_SECONDS:
        request.session[KEY] = {**times, "seen": now}
    return False


def _ask_for_second_factor(
    request: HttpRequest, name: str, *, is_needed: bool
) -> HttpResponse | None:
    """Ask whoever has a second factor to show it, and for one to be set up where it is needed."""
    if not has_second_factor(request.user):
        if not is_needed or name.startswith(WITHOUT_TWO_FACTOR):
            return None
        forget_look(request)
        messages.warning(request, _("Staff log in with two factors. Set up the second one first."))
        return _send(request, reverse("mfa_index"), with_next=False)
    records = get_authentication_records(request, request.user)
    if any(record.get("method") == "mfa" for record in records):
        return None
    address = reverse("mfa_reauthenticate")
    if name == "account_reauthenticate":  # the password does not do; what comes after it stays
        query = request.GET.urlencode()
        return _send(request, f"{address}?{query}" if query else address, with_next=False)
    with_next = LOOK not in request.session
    forget_look(request)
    return _send(request, address, with_next=with_next)


def has_second_factor(user: Any, *, but: int | None = None) -> bool:
    """Say whether a person has an app or a passkey, other than the one with a number."""
    from allauth.mfa.models import Authenticator  # needs loaded apps

    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    found = Authenticator.objects.filter(user_id=user.pk, type__in=kinds)
    return bool(found.exclude(pk=but).exists())


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
    """Count the factor that was just set up as shown in this session: its code was typed.

    With the first one all other sessions end: nobody has shown a second factor in them.
    """
    from representatives import log_ins  # needs loaded apps

    authenticator = facts["authenticator"]
    if authenticator.type == authenticator.Type.RECOVERY_CODES:
        return
    request, user = facts["request"], facts["user"]
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    if not has_second_factor(user, but=authenticator.pk):
        log_ins.end_sessions(user=user, but=request.session.session_key)

"""What guards the public pages: headers, rates, robots, and the cookie that remembers a link."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.core import ratelimit
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from representatives.clock import company_zone
from representatives.views_shared import in_company_time
from sales.models import ReferralLink
from sales.referrals import services
from sales.referrals.sealed import REMEMBERED_FOR, Fault, Touch, open_touch, seal_touch

BODY_LIMIT = 16 * 1024
SAME_VISIT_SECONDS = 1800
View = Callable[..., HttpResponse]
_ROBOTS = re.compile(
    r"bot\b|crawl|spider|slurp|preview|fetch|monitor|scan|curl|wget|python|java/"
    r"|facebookexternalhit|whatsapp|telegram|embedly|go-http|okhttp",
    re.IGNORECASE,
)


def public(view: View) -> View:
    """Make a page of everybody: no log-in, cache, index or referrer, a rate, a size.

    Its forms carry no CSRF token, which would need a cookie before anybody agreed to one: they
    act for nobody, and `is_foreign` refuses what another site sends.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = _limited(request)
        if response is None:
            with translation.override(asked_language(request) or translation.get_language()):
                response = in_company_time(view)(request, *args, **kwargs)
                response["Content-Language"] = translation.get_language() or "en"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return csrf_exempt(login_not_required(never_cache(wrapped)))


def asked_language(request: HttpRequest) -> str:
    """Return the language that the page's address asks for, "" where it asks for none of ours."""
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else ""


def address(request: HttpRequest, name: str, link: ReferralLink) -> str:
    """Return where a page of a link is, in the language that was asked for."""
    language = asked_language(request)
    return reverse(name, args=[link.code]) + (f"?language={language}" if language else "")


def _limited(request: HttpRequest) -> HttpResponse | None:
    limited: HttpResponse | None = ratelimit.consume_or_429(
        request, action="referral_page", limit_get=True
    )
    if limited is not None:
        return limited
    try:
        size = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        size = 0
    if size > BODY_LIMIT:
        return render(
            request,
            "sales/referrals/ended.html",
            {"csrf_token": ""},
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    return None


def is_insider(request: HttpRequest) -> bool:
    """Say whether somebody of the portal looks: that counts for nothing."""
    return bool(request.user.is_authenticated)


def is_foreign(request: HttpRequest) -> bool:
    """Say whether another site sent this, by what browsers say and pages can't change."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"


def is_robot(request: HttpRequest) -> bool:
    """Say whether a page is fetched by a machine, or ahead of time."""
    agent = request.headers.get("User-Agent", "")
    ahead = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    return not agent or "prefetch" in ahead or _ROBOTS.search(agent) is not None


def log(request: HttpRequest, kind: str, link: ReferralLink | None, now: datetime) -> None:
    """Log what was tried in vain; not during a look, and not without end from one address."""
    if getattr(request, "look", None) is not None:
        return
    if ratelimit.consume_or_429(request, action="referral_event", limit_get=True) is None:
        services.log_event(kind=kind, link=link, now=now)


def count_visit(request: HttpRequest, link: ReferralLink, now: datetime) -> None:
    """Count that somebody opened a link, once in half an hour from one browser.

    What tells browsers apart is a keyed digest, kept for that half hour and nowhere else.
    """
    if request.method != "GET" or is_insider(request) or is_robot(request):
        return
    agent = request.headers.get("User-Agent", "")
    browser = f"{get_ip(request)} {agent} {link.pk} {now:%Y%m%d}"
    key = salted_hmac("sales.referrals.visit", browser, algorithm="sha256").hexdigest()
    if cache.add(f"referral-visit:{key}", 1, SAME_VISIT_SECONDS):
        services.count_visit(link=link, day=now.astimezone(company_zone()).date())


def remembered(request: HttpRequest, now: datetime) -> Touch | Fault | None:
    """Return the link this device remembers, what is wrong with its cookie, or None."""
    text = request.COOKIES.get(settings.REFERRAL_COOKIE_NAME)
    return None if text is None else open_touch(text, now=now)


def remember(response: HttpResponse, touch: Touch) -> None:
    """Let the device remember a link; only after its user said yes."""
    response.set_cookie(
        settings.REFERRAL_COOKIE_NAME,
        seal_touch(touch),
        max_age=REMEMBERED_FOR,
        path=reverse("sales:referral_start"),
        secure=settings.REFERRAL_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Let the device forget."""
    response.delete_cookie(
        settings.REFERRAL_COOKIE_NAME, path=reverse("sales:referral_start"), samesite="Lax"
    )

"""The page behind a shared link: open to whoever has it, and silent about the customer.

It sets no cookie and names no customer. It tells an opening only by a POST: with the reader's yes,
or by itself where a recorded consent stands. Those POSTs carry no CSRF token: the link's secret is
the whole authority, a page without referrer sends no origin, and a token would need a cookie.
"""

from __future__ import annotations

from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.decorators import rate_limit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from representatives.clock import company_now
from representatives.models import Representative
from sales.guides import selectors, services
from sales.guides.words import html_of
from sales.models import GuideShare

ACTION = "shared_guide"
"""The rate in the settings: a link can't be guessed, but nobody need hammer on it."""


def _quiet(view: Any) -> Any:
    """Keep a page out of search engines, caches and referrers, and limit its rate."""
    limited = rate_limit(action=ACTION, limit_get=True)(view)

    @wraps(view)
    def wrapped(request: HttpRequest, share_token: str) -> HttpResponse:
        response: HttpResponse = limited(request, share_token)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return login_not_required(never_cache(wrapped))


@_quiet
@require_safe
def shared_guide(request: HttpRequest, share_token: str) -> HttpResponse:
    """Show the guide of a link, in its language or, by `?language=`, another of the guide."""
    share = selectors.find_shared(share_token)
    if share is None:
        return render(request, "sales/guides/public_ended.html", status=HTTPStatus.NOT_FOUND)
    languages = selectors.list_languages(share.guide)
    asked = request.GET.get("language", "")
    text = selectors.get_text(share.guide, language=asked if asked in languages else share.language)
    is_insider, is_told = _is_insider(request), selectors.is_told(share)
    tells_itself = not (is_insider or is_told) and selectors.standing_consent(share) is not None
    with translation.override(text.language):
        response = render(
            request,
            "sales/guides/public.html",
            {
                "share": share,
                "text": text,
                "body": html_of(text.body_md),
                "languages": languages,
                "sender": _sender(share),
                "is_insider": is_insider,
                "is_told": is_told,
                "tells_itself": tells_itself,
            },
        )
    response["Content-Language"] = text.language
    return response


@csrf_exempt
@_quiet
@require_POST
def shared_guide_opened(request: HttpRequest, share_token: str) -> HttpResponse:
    """Take the reader's answer: yes, no, or seen where a recorded consent stands."""
    share = selectors.find_shared(share_token)
    if share is None:
        return render(request, "sales/guides/public_ended.html", status=HTTPStatus.NOT_FOUND)
    answer = request.POST.get("answer", "")
    if not _is_insider(request):
        if answer == "no":
            services.forget_opening(share=share, now=company_now())
        elif answer in ("yes", "seen"):
            services.record_opening(share=share, says_yes=answer == "yes", now=company_now())
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return redirect("sales:shared_guide", share_token)


def _is_insider(request: HttpRequest) -> bool:
    """Say whether somebody of the portal looks: that is no opening by the customer."""
    return bool(request.user.is_authenticated)


def _sender(share: GuideShare) -> Representative | None:
    """Return who shared it, unless the person has left."""
    sender = share.representative
    return sender if sender.status == Representative.Status.ENROLLED else None

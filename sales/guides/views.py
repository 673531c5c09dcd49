"""Pages of guides: what there is to read, one guide, and what was shared with whom."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from representatives.toasts import leave_toast
from sales import selectors as sales_selectors
from sales.guides import selectors, services
from sales.guides.letters import write_letter
from sales.guides.words import html_of
from sales.models import Customer, Guide, GuideShare, Product
from sales.views_shared import Desk, number_of, open_desk, page_number, search_text

BIGINT = 2**63 - 1
LATELY = timedelta(days=180)
LATEST = 5
"""Shares that the list of guides shows beside it."""


def _language() -> str:
    return get_language() or "en"


@require_safe
def guide_list(request: HttpRequest) -> HttpResponse:
    """Show the reading lists and all guides."""
    desk = open_desk(request)
    search = search_text(request)
    product = _product(request)
    guides = selectors.list_guides(
        desk.seller, language=_language(), search=search, product=product
    )
    context = desk.context(
        page=sales_selectors.page_of(guides, page_number(request)), q=search, product=product
    )
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "sales/guides/_guides.html", context)
    shares = selectors.with_titles(selectors.list_shares(desk.seller), _language())
    context |= {
        "reading_lists": selectors.list_reading_lists(
            desk.seller, language=_language(), today=timezone.localdate(desk.now)
        ),
        "shares": list(shares[:LATEST]),
    }
    return render(request, "sales/guides/guides.html", context)


@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a guide; `?language=` asks for it in another of its languages."""
    desk = open_desk(request)
    shown = _guide(desk, slug)
    languages = selectors.list_languages(shown)
    asked = request.GET.get("language", "")
    text = selectors.get_text(shown, language=asked if asked in languages else _language())
    return render(
        request,
        "sales/guides/guide.html",
        desk.context(
            guide=shown,
            text=text,
            body=html_of(text.body_md),
            languages=languages,
            customer=_customer(desk, request.GET.get("customer", "")),
            may_be_shared=shown.audience == Guide.Audience.EVERYBODY,
        ),
    )


@require_POST
def guide_read(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep that the reader has read a guide, or take it back."""
    desk = open_desk(request)
    shown = _guide(desk, slug)
    if request.POST.get("unread"):
        services.mark_unread(guide=shown, representative=desk.seller)
    else:
        services.mark_read(guide=shown, representative=desk.seller, now=desk.now)
        leave_toast(
            request,
            _("Read: %(title)s.") % {"title": shown.title},  # type: ignore[attr-defined]
            undo=reverse("sales:guide_read", args=[shown.slug]),
            unread="1",
        )
    return redirect("sales:guide", shown.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def guide_share(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose with whom a guide is shared; POST makes the link.

    A POST without a customer makes a link for anybody.
    """
    desk = open_desk(request)
    shown = _guide(desk, slug)
    if shown.audience != Guide.Audience.EVERYBODY:
        raise Http404("a guide for members only")
    if request.method == "POST":
        return _share(request, desk, shown)
    search, page = search_text(request), page_number(request)
    people = selectors.list_receivers(desk.seller, shown, search=search)
    context = desk.context(guide=shown, page=sales_selectors.page_of(people, page), q=search)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "sales/guides/_receivers.html", context)
    if not search and page == 1:
        context["buyers"] = selectors.list_buyers(desk.seller, shown, since=desk.now - LATELY)
    return render(request, "sales/guides/share_with.html", context)


def _share(request: HttpRequest, desk: Desk, shown: Guide) -> HttpResponse:
    number = request.POST.get("customer", "")
    customer = _customer(desk, number)
    if number and customer is None:
        raise Http404("no such customer")
    try:
        made = services.share_guide(
            guide=shown,
            representative=desk.seller,
            customer=customer,
            language=_language(),
            now=desk.now,
        )
    except services.UnableToShareGuide as refusal:
        messages.error(request, refusal.message)
        return redirect("sales:guide_share", shown.slug)
    return redirect("sales:guide_link", made.pk)


@require_safe
def share_list(request: HttpRequest) -> HttpResponse:
    """Show what was shared with whom."""
    desk = open_desk(request)
    shares = selectors.with_titles(selectors.list_shares(desk.seller), _language())
    return render(
        request,
        "sales/guides/_shares.html" if request.htmx else "sales/guides/shares.html",  # type: ignore[attr-defined]
        desk.context(page=sales_selectors.page_of(shares, page_number(request))),
    )


@require_safe
def share(request: HttpRequest, share_id: int) -> HttpResponse:
    """Show a link with words to send it, and whether it was opened."""
    desk = open_desk(request)
    shown = _own_share(desk, share_id)
    address = request.build_absolute_uri(reverse("sales:shared_guide", args=[shown.token]))
    return render(
        request,
        "sales/guides/link.html",
        desk.context(
            share=shown,
            customer=shown.customer,
            address=address,
            letter=write_letter(shown, address=address),
        ),
    )


@require_POST
def share_end(request: HttpRequest, share_id: int) -> HttpResponse:
    """End a link."""
    desk = open_desk(request)
    ended = services.withdraw_share(share=_own_share(desk, share_id), now=desk.now)
    messages.success(request, _("The link has ended. Whoever opens it now is told so."))
    return redirect("sales:guide_link", ended.pk)


def _guide(desk: Desk, slug: str) -> Guide:
    found = selectors.get_guide(desk.seller, slug, language=_language())
    if found is None:
        raise Http404("no such guide")
    return found


def _own_share(desk: Desk, share_id: int) -> GuideShare:
    found = None
    if share_id <= BIGINT:
        found = selectors.get_share(desk.seller, share_id, language=_language())
    if found is None:
        raise Http404("no such share")
    return found


def _customer(desk: Desk, text: str) -> Customer | None:
    """Return the seller's customer of that number, None for anybody else."""
    number = number_of(text)
    if number is None:
        return None
    return Customer.objects.of(desk.seller).filter(pk=number).first()


def _product(request: HttpRequest) -> Product | None:
    number = number_of(request.GET.get("product", ""))
    return None if number is None else Product.objects.filter(pk=number).first()

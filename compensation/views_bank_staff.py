"""A representative's RSP bank as staff see it, in the frame of the admin: read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from compensation import selectors_bank
from compensation.models import PlanVersion, RspConversion
from compensation.selectors_pages import bank as figures
from compensation.selectors_pages.plans import get_plan
from representatives.clock import company_now
from representatives.models import Company, Representative

VIEW = "compensation.view_rspconversion"
PAGE = "admin:compensation_rspconversion_bank"


@require_safe
def bank(request: HttpRequest) -> HttpResponse:
    """Show the bank of the representative whose code is asked for."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    code = request.GET.get("code", "").replace("\x00", "").strip()
    member = Representative.objects.filter(code__in={code, code.upper()}).first() if code else None
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("RSP bank of %(name)s") % {"name": member.name} if member else _("RSP bank"),
        "opts": RspConversion._meta,
        "code": code,
        "member": member,
    }
    if member is not None:
        context |= _facts(member)
    return render(request, "admin/compensation/rspconversion/bank.html", context)


def currency_of(version: PlanVersion) -> str:
    """Return the currency in which a plan pays."""
    return get_plan(version).currency


def _facts(member: Representative) -> dict[str, Any]:
    company = Company.objects.get(pk=Company.ONLY_ID)
    timezone.activate(company.zone)
    now = company_now()
    found = selectors_bank.get_bank(member.pk, now=now, zone=company.zone)
    return {
        "bank": found,
        "states": figures.states(found),
        "lots": figures.lot_rows(found.lots),
        "expiry": found.next_expiry,
        "conversions": selectors_bank.list_conversions(member.pk)[: figures.PER_PAGE],
        "currency": company.currency,
    }

"""What all pages of this app begin with: whose desk it is, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from representatives.models import Company, Representative

REFUSED = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Desk:
    """A representative at work at an instant of the company's clock."""

    seller: Representative
    company: Company
    now: datetime

    @property
    def today(self) -> date:
        """Return the day of the company's clock, in its zone."""
        return self.now.astimezone(self.company.zone).date()

    def context(self, **values: Any) -> dict[str, Any]:
        """Return what a page's template takes."""
        return {"seller": self.seller, "currency": self.company.currency, **values}


def open_desk(request: HttpRequest) -> Desk:
    """Return whose desk it is; dates of the answer are in the company's zone.

    :raises Http404: if the user is no representative.
    """
    seller = getattr(request.user, "representative", None)
    if seller is None:
        raise Http404("no representative")
    company = Company.objects.get(pk=Company.ONLY_ID)
    request.company_row = company  # type: ignore[attr-defined]  # read by the template tag
    timezone.activate(company.zone)
    return Desk(seller, company, company.now(real_time=datetime.now(UTC)))


def page_number(request: HttpRequest) -> int:
    """Return the page asked for, 1 where it is not a sensible number."""
    text = request.GET.get("page", "")
    sensible = text.isascii() and text.isdecimal() and len(text) <= 6 and int(text)
    return int(text) if sensible else 1


def search_text(request: HttpRequest) -> str:
    """Return what was searched for, without what the database can't hold."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:100]


def next_address(request: HttpRequest, default: str) -> str:
    """Return where a form asked to go back to, if that is on this portal; else the default."""
    asked = request.POST.get("next", "")
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours else default


def number_of(text: str | None) -> int | None:
    """Return a row's number as it came in an address or a form; None if it can't be one."""
    sensible = bool(text) and text is not None and text.isascii() and text.isdecimal()
    return int(text) if sensible and text is not None and len(text) <= 18 else None

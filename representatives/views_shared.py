"""What views on people share: company time, the staff's door, what was posted."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from representatives import mail
from representatives.clock import company_zone

View = Callable[..., HttpResponse]
REFUSED = HTTPStatus.UNPROCESSABLE_ENTITY


def in_company_time(view: View) -> View:
    """Show dates on the page, and in e-mails sent from it, in the company's time zone."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(company_zone()):
            return view(request, *args, **kwargs)

    return wrapped


def staff_only(view: View) -> View:
    """Answer everybody but staff as if the page did not exist."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (request.user.is_authenticated and request.user.is_staff):
            raise Http404
        return in_company_time(view)(request, *args, **kwargs)

    return wrapped


def posted(request: HttpRequest) -> Any:
    """Return what was posted, even if that is nothing; None when a form is only asked for."""
    return request.POST if request.method == "POST" else None


def place_of_links(request: HttpRequest) -> mail.Place:
    """Return where the links of an e-mail lead that this request asks for."""
    return mail.Place(request.build_absolute_uri("/").rstrip("/"), get_language() or "en")

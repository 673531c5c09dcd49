"""Middleware of the whole portal."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.defaults import bad_request


class NoStoreMiddleware:
    """Keep pages of logged-in people out of every cache, the browser's own included.

    It stands outside the session middleware, so that it sees the response as it leaves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add "no-store" where the request has a logged-in user."""
        response = self.get_response(request)
        user = getattr(request, "user", None)
        # An error page is complete as it is; asking who is there might raise the error again.
        if response.status_code < 500 and user is not None and user.is_authenticated:
            response["Cache-Control"] = "no-store, private, max-age=0"
        return response


class NoNulMiddleware:
    """Refuse addresses and cookies with a NUL, which no text of the database can hold.

    Fields of forms refuse it by themselves. It stands outside of whatever reads addresses, and so
    finds the language of the page by itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 400 where a NUL came along."""
        query = request.META.get("QUERY_STRING", "")
        texts = (request.path, query, *request.COOKIES.values())
        if not any("\0" in text for text in texts) and "%00" not in query:
            return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            return bad_request(request, BadRequest("a NUL in the address or a cookie"))

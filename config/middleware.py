"""Middleware of the whole portal."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.defaults import bad_request

from config import encodings


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
    """Refuse what no text can be made of: a NUL in an address or a cookie, and odd encodings.

    Fields of forms refuse a NUL by themselves. A request may name any codec that Python knows for
    its texts, "base64" for one, which are not all of texts: browsers send UTF-8. It stands outside
    of whatever reads addresses, and so finds the language of the page by itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 400 where a NUL or another encoding came along."""
        reason = self._reason(request)
        if not reason:
            return self.get_response(request)
        request.encoding = "utf-8"  # the page of the error reads the address as well
        with translation.override(translation.get_language_from_request(request)):
            return bad_request(request, BadRequest(reason))

    @staticmethod
    def _reason(request: HttpRequest) -> str:
        query = request.META.get("QUERY_STRING", "")
        texts = (request.path, query, *request.COOKIES.values())
        if any("\0" in text for text in texts) or "%00" in query:
            return "a NUL in the address or a cookie"
        charset = (request.content_params or {}).get("charset", "utf-8")
        return "" if charset.lower() in encodings.ACCEPTED else "an encoding other than UTF-8"

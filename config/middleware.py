"""Middleware of the whole portal."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


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

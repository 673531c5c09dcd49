"""The language of the pages: the profile's, else the browser's."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.views.decorators.http import require_POST
from django.views.i18n import set_language


def is_offered(language: str) -> bool:
    """Say whether the portal speaks a language."""
    return language in dict(settings.LANGUAGES)


class ProfileLanguageMiddleware:
    """Speak the language that the logged-in person has chosen, on whatever device.

    It stands behind the log-in's middleware; who sends no session is not looked up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the profile's language where there is one."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            language = getattr(request.user, "language", "")
            if language and is_offered(language):
                translation.activate(language)
                request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language in this browser, and in the profile of whoever is logged in."""
    from representatives import profiles  # needs loaded apps
    from representatives.models import User

    language = request.POST.get("language", "")
    if isinstance(request.user, User) and is_offered(language):
        profiles.choose_language(user=request.user, language=language)
    return set_language(request)

"""How allauth's doors behave here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: people are enrolled by staff or come by an invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: the sign-up page says that enrolment goes another way."""
        return False

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Leave the e-mail to the outbox; the token made for `context` is not used.

        A mail server that is slow or away shows nobody by the answer's time which addresses are
        known here, and the link's token is made when it is sent, so that none is stored.
        """
        from representatives import mail  # needs loaded apps

        origin = allauth_context.request.build_absolute_uri("/").rstrip("/")
        place = mail.Place(origin, get_language() or "en")
        with transaction.atomic():
            mail.queue_password_reset(user, to=email, place=place, now=timezone.now())

"""How allauth's doors behave here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: people are enrolled by staff or come by an invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: the sign-up page says that enrolment goes another way."""
        return False

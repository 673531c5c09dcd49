"""A membership's status as a word within a sentence, in the language of the reader."""

from django.utils.translation import pgettext

from representatives.models import Representative


def status_word(status: str) -> str:
    """Return what a status is called, such as "suspended"."""
    return pgettext("staff", str(Representative.Status(status).label)).lower()

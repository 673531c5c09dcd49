"""Help for who has lost phone and recovery codes: staff remove the second factors."""

from __future__ import annotations

import secrets

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from representatives import outbox
from representatives.errors import UnableTo
from representatives.models import User
from representatives.selectors import get_company


class UnableToRemoveSecondFactors(UnableTo):
    """The second factors stay."""


@transaction.atomic
def remove_second_factors(*, user: User, by: User) -> None:
    """Take all second factors from a log-in, end its sessions and tell its owner by e-mail.

    :raises UnableToRemoveSecondFactors: if it has none, or it is the own log-in.
    """
    if user.pk == by.pk:
        raise UnableToRemoveSecondFactors(_("Remove your own in your profile."))
    found = Authenticator.objects.select_for_update().filter(user=user)
    if not found:
        raise UnableToRemoveSecondFactors(_("This log-in has no second factor."))
    found.delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    with override(user.language or settings.LANGUAGE_CODE):
        outbox.send_mail(
            key=f"account:two_factor_removed:{user.pk}:{secrets.token_hex(8)}",
            to=user.email,
            subject=_("Your second factors at %(company)s were removed")
            % {"company": get_company().name},
            text=_(
                "Staff have removed the passkeys, the app and the recovery codes of your log-in,"
                " and ended its sessions. You log in with the password alone until you set up new"
                " ones in your profile.\n\n"
                "If you did not ask for it, set a new password at once and tell the staff.\n"
            ),
        )

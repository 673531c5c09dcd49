"""What is done to log-ins: end sessions, remove lost second factors, tell of another address."""

from __future__ import annotations

import secrets

from allauth.account.models import EmailAddress
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


def end_sessions(*, user: User, but: str | None = None) -> None:
    """Log a person out in every browser but the one with this session."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=but or ""):
        session.end()


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
    end_sessions(user=user)
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


@transaction.atomic
def follow_new_address(*, user: User, old: str) -> None:
    """Let nothing go by the old log-in address any more, and tell both of the change.

    The password can be set anew by e-mail: an address that is left behind must not open that door.
    """
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    stamp = secrets.token_hex(8)
    with override(user.language or settings.LANGUAGE_CODE):
        subject = _("Your log-in at %(company)s has another address") % {
            "company": get_company().name
        }
        text = _(
            "Staff have changed the address you log in with from %(old)s to %(new)s.\n\n"
            "If you did not ask for it, tell the staff at once.\n"
        ) % {"old": old, "new": user.email}
    for number, address in enumerate((old, user.email)):
        outbox.send_mail(
            key=f"account:address_changed:{user.pk}:{stamp}:{number}",
            to=address,
            subject=subject,
            text=text,
        )

"""What people change of themselves: contact, language, notices, who may read the contact."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from representatives.errors import UnableTo
from representatives.models import Representative, User
from representatives.notice_kinds import CHOOSABLE
from representatives.services import clean_contact


class UnableToChoose(UnableTo):
    """What was chosen is not on offer."""


def choose_language(*, user: User, language: str) -> None:
    """Keep the language of a person's pages and e-mails.

    :raises UnableToChoose: if the portal does not speak it.
    """
    if language not in dict(settings.LANGUAGES):
        raise UnableToChoose(_("The portal does not speak this language."), field="language")
    if user.language != language:
        User.objects.filter(pk=user.pk).update(language=language)
        user.language = language


def choose_notices(*, user: User, email_notices: str, muted: Collection[str]) -> None:
    """Keep when notices are e-mailed and of which kinds none is.

    :raises UnableToChoose: if a time or a kind is not on offer, or can't be muted.
    """
    if email_notices not in User.EmailNotices.values:
        raise UnableToChoose(_("Choose one of the times on offer."), field="email_notices")
    if not set(muted) <= set(CHOOSABLE):
        raise UnableToChoose(_("One of these kinds can’t be switched off."), field="kinds")
    ordered = [kind.value for kind in CHOOSABLE if kind in muted]
    User.objects.filter(pk=user.pk).update(email_notices=email_notices, muted_notices=ordered)
    user.email_notices, user.muted_notices = email_notices, ordered


def choose_contact_sharing(*, representative: Representative, shared_with: str) -> None:
    """Keep who of those above a person may read e-mail and phone.

    :raises UnableToChoose: if the choice is not on offer.
    """
    if shared_with not in Representative.ContactSharing.values:
        raise UnableToChoose(_("Choose one of the answers on offer."), field="contact_shared_with")
    Representative.objects.filter(pk=representative.pk).update(contact_shared_with=shared_with)
    representative.contact_shared_with = shared_with


def change_contact(*, representative: Representative, email: str, phone: str) -> Representative:
    """Change the own contact e-mail and phone; name and log-in address are for staff to change.

    :raises representatives.services.UnableToUpdateProfile: naming the field at fault.
    """
    contact = clean_contact(name=representative.name, email=email, phone=phone)
    with transaction.atomic():
        member = Representative.objects.select_for_update().get(pk=representative.pk)
        member.email, member.phone = contact.email, contact.phone
        member.save(update_fields=["email", "phone"])
    return member

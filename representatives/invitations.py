"""Invitations by e-mail: a signed link, single use, that expires. Only a digest is stored.

The link's secret is made of a random seed with the portal's key. The seed waits in the outbox
until the e-mail is sent and is erased then; without the key it opens nothing.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Least
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.locks import acquire_tree_lock
from representatives.mail import Place, queue_invitation
from representatives.models import Invitation, Representative
from representatives.newcomers import enrol_newcomer
from representatives.outbox import NotDeliveredError
from representatives.services import UnableToUpdateProfile, clean_contact
from representatives.status_words import status_word

VALID_FOR = timedelta(days=14)
MOST_PER_DAY = 50

_SALT = "representatives.invitation"


class UnableToInvite(UnableTo):
    """The invitation is refused."""


class UnableToAccept(UnableTo):
    """The link leads nowhere; `reason` is unknown, expired, accepted or closed."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def create_invitation(
    *, sponsor: Representative, email: str, name: str, place: Place, now: datetime
) -> Invitation:
    """Invite a person to enrol under a representative; the e-mail goes out with the commit.

    Whether the address is known here makes no difference, so that nobody finds out by inviting.

    :raises UnableToInvite: naming the field; also beyond MOST_PER_DAY in 24 hours.
    """
    try:
        contact = clean_contact(name=name, email=email)
    except UnableToUpdateProfile as fault:
        raise UnableToInvite(fault.message, field=fault.field) from None
    if not contact.email:
        raise UnableToInvite(gettext("An e-mail address is needed."), field="email")
    seed = secrets.token_urlsafe(32)
    with transaction.atomic():
        inviter = Representative.objects.select_for_update().get(pk=sponsor.pk)
        if inviter.status != Representative.Status.ENROLLED:
            raise UnableToInvite(
                gettext("You are %(status)s and can't invite anybody.")
                % {"status": status_word(inviter.status)}
            )
        recent = Invitation.objects.filter(
            sponsor=inviter, created_at__gt=now - timedelta(days=1)
        ).count()
        if recent >= MOST_PER_DAY:
            raise UnableToInvite(
                gettext("At most %(most_per_day)s invitations in 24 hours.")
                % {"most_per_day": MOST_PER_DAY}
            )
        invitation = Invitation.objects.create(
            sponsor=inviter,
            email=contact.email,
            name=contact.name,
            token_digest=_digest(_secret(seed, settings.SECRET_KEY)),
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        queue_invitation(invitation, seed=seed, place=place)
    return invitation


def token_of(invitation: Invitation, *, seed: str) -> str:
    """Return the token of an invitation's link, which is nowhere else.

    :raises NotDeliveredError: if the seed is another one, or the key has been changed since.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        secret = _secret(seed, key)
        if constant_time_compare(_digest(secret), invitation.token_digest):
            return _signer().sign(secret)
    raise NotDeliveredError("the portal's key is not the one the invitation was made with")


def is_open(invitation: Invitation, *, now: datetime) -> bool:
    """Tell whether the invitation's link would still be taken."""
    try:
        _check_open(invitation, now)
    except UnableToAccept:
        return False
    return True


def find_invitation(*, token: str, now: datetime) -> Invitation:
    """Return the open invitation of a link.

    :raises UnableToAccept: if it was tampered with, has expired or is used, or if the inviter
        can't sponsor any more.
    """
    try:
        secret = _signer().unsign(token)
        invitation = Invitation.objects.select_related("sponsor").get(token_digest=_digest(secret))
    except (BadSignature, Invitation.DoesNotExist):
        raise UnableToAccept("unknown", gettext("This invitation does not exist.")) from None
    _check_open(invitation, now)
    return invitation


def _check_open(invitation: Invitation, now: datetime) -> None:
    state = invitation.state(now=now)
    if state == "accepted":
        raise UnableToAccept("accepted", gettext("This invitation is used already."))
    if state == "expired":
        raise UnableToAccept("expired", gettext("This invitation has expired."))
    if invitation.sponsor.status != Representative.Status.ENROLLED:
        raise UnableToAccept("closed", gettext("This invitation is not valid any more."))


def accept_invitation(
    *, token: str, name: str, phone: str, password: str, now: datetime, zone: ZoneInfo
) -> Representative:
    """Enrol the invited person under the inviter, with a log-in; once.

    :raises UnableToAccept: as `find_invitation`.
    :raises UnableToEnrol: naming the field at fault; the invitation stays open then.
    """
    invitation = find_invitation(token=token, now=now)
    # Hashing takes a tenth of a second on purpose: not under the lock.
    password_hash = make_password(password)
    with transaction.atomic():
        acquire_tree_lock()
        invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        _check_open(invitation, now)
        member = enrol_newcomer(
            sponsor=invitation.sponsor,
            name=name,
            email=invitation.email,
            phone=phone,
            enrolled_on=now.astimezone(zone).date(),
            now=now,
            password_hash=password_hash,
        )
        invitation.accepted_at = now
        invitation.representative = member
        invitation.save(update_fields=["accepted_at", "representative"])
    return member


def forget_invited(*, invitation_ids: Collection[int], now: datetime) -> int:
    """Take name and address out of invitations that nobody accepted, and close them.

    For people who ask that nothing is kept of them; whoever accepted is a member. Returns how many.
    """
    return Invitation.objects.filter(pk__in=invitation_ids, accepted_at__isnull=True).update(
        name="",
        email="",
        expires_at=Greatest(
            F("created_at") + timedelta(microseconds=1), Least("expires_at", Value(now))
        ),
    )


def _signer() -> Signer:
    return Signer(salt=_SALT)


def _secret(seed: str, key: str) -> str:
    return salted_hmac(_SALT, seed, secret=key, algorithm="sha256").hexdigest()


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()

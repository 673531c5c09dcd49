"""As a member sees it: staff look at a representative's pages, read-only, with a reason, logged."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from representatives.errors import UnableTo
from representatives.models import MemberLook, Representative, User
from representatives.models_looking import REASON_LENGTH

LASTS = timedelta(minutes=30)
PERMISSION = "representatives.look_as_member"


class UnableToLook(UnableTo):
    """The look is refused."""


def begin_look(
    *, representative: Representative, reason: str, by: User, now: datetime
) -> MemberLook:
    """Begin a look and end the person's earlier ones; `now` is real time, as all of the log.

    :raises UnableToLook: naming the field, if there is no reason, the person may not, or the
        member has no log-in, belongs to staff, or is the person.
    """
    reason = " ".join(reason.split())
    if not may_look(by):
        raise UnableToLook(_("You have no right to look at the portal as a member sees it."))
    if not reason:
        raise UnableToLook(_("Say why."), "reason")
    if len(reason) > REASON_LENGTH or not reason.isprintable():
        raise UnableToLook(_("Say why in a few words."), "reason")
    user = representative.user
    if user is None:
        raise UnableToLook(_("This member has no log-in and sees nothing."))
    if user.is_staff or user.is_superuser:
        raise UnableToLook(_("Nobody looks as a person of staff sees it."))
    with transaction.atomic():
        # One look at a time: two requests of the same person wait for each other.
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
        for earlier in _open_looks(by, now):
            _end(earlier, now)
        return MemberLook.objects.create(
            staff=by,
            representative=representative,
            reason=reason,
            began_at=now,
            ends_at=now + LASTS,
        )


def end_look(*, look: MemberLook, now: datetime) -> MemberLook:
    """End a look before its time; ended again changes nothing."""
    with transaction.atomic():
        locked = MemberLook.objects.select_for_update().get(pk=look.pk)
        if locked.ended_at is None and now < locked.ends_at:
            _end(locked, now)
    return locked


def find_look(*, number: int, by: User, now: datetime) -> MemberLook | None:
    """Return a look that lasts and that this person may still have, with its member and user."""
    look = (
        MemberLook.objects.filter(pk=number, staff_id=by.pk, ended_at__isnull=True)
        .filter(began_at__lte=now, ends_at__gt=now)
        .select_related("representative__user")
        .first()
    )
    if look is None or not may_look(by):
        return None
    user = look.representative.user
    return None if user is None or user.is_staff or user.is_superuser else look


def may_look(user: User) -> bool:
    """Return whether a person is staff with the permission."""
    return user.is_active and user.is_staff and user.has_perm(PERMISSION)


def _open_looks(by: User, now: datetime) -> list[MemberLook]:
    return list(MemberLook.objects.filter(staff=by, ended_at__isnull=True, ends_at__gt=now))


def _end(look: MemberLook, now: datetime) -> None:
    look.ended_at = max(now, look.began_at)
    look.save(update_fields=["ended_at"])

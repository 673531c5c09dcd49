"""Membership status: terminated, suspended, reinstated."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.locks import acquire_tree_lock
from representatives.models import (
    Representative,
    StatusChange,
    User,
)
from representatives.status_words import status_word


class UnableToChangeStatus(UnableTo):
    """The change of membership status is refused."""


def terminate_representative(
    *, representative: Representative, reason: str, decided_by: User, now: datetime
) -> StatusChange:
    """End a membership for good: the place in the tree stays, the log-in is closed.

    :raises UnableToChangeStatus: if it has ended already or no reason is given.
    """
    return _change_status(representative, Representative.Status.TERMINATED, reason, decided_by, now)


def suspend_representative(
    *, representative: Representative, reason: str, decided_by: User, now: datetime
) -> StatusChange:
    """Suspend a membership: never active while it lasts, log-in closed.

    :raises UnableToChangeStatus: unless the member is enrolled, or if no reason is given.
    """
    return _change_status(representative, Representative.Status.SUSPENDED, reason, decided_by, now)


def reinstate_representative(
    *, representative: Representative, reason: str, decided_by: User, now: datetime
) -> StatusChange:
    """Lift a suspension.

    :raises UnableToChangeStatus: unless the member is suspended, or if no reason is given.
    """
    return _change_status(representative, Representative.Status.ENROLLED, reason, decided_by, now)


_ALLOWED_FROM = {
    Representative.Status.ENROLLED: (Representative.Status.SUSPENDED,),
    Representative.Status.SUSPENDED: (Representative.Status.ENROLLED,),
    Representative.Status.TERMINATED: (
        Representative.Status.ENROLLED,
        Representative.Status.SUSPENDED,
    ),
}


def _change_status(
    representative: Representative,
    new_status: Representative.Status,
    reason: str,
    decided_by: User,
    now: datetime,
) -> StatusChange:
    reason = reason.strip()
    if not reason:
        raise UnableToChangeStatus(gettext("A reason is needed."), field="reason")
    with transaction.atomic():
        acquire_tree_lock()
        member = Representative.objects.select_for_update().get(pk=representative.pk)
        if member.status not in _ALLOWED_FROM[new_status]:
            raise UnableToChangeStatus(
                gettext("%(member)s is %(status)s and can't become %(new_status)s.")
                % {
                    "member": member,
                    "status": status_word(member.status),
                    "new_status": status_word(new_status),
                },
                field="status",
            )
        change = StatusChange.objects.create(
            representative=member,
            old_status=member.status,
            new_status=new_status,
            effective_at=now,
            reason=reason,
            decided_by=decided_by,
        )
        member.status = new_status
        member.save(update_fields=["status"])
        if member.user_id is not None:
            # A member who is staff as well keeps the staff's door.
            User.objects.filter(pk=member.user_id, is_staff=False).update(
                is_active=new_status == Representative.Status.ENROLLED
            )
        return change

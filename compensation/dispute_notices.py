"""Who is told that a dispute was opened: whoever asked by a notice, staff by e-mail."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Permission
from django.db.models import Q

from compensation import event_notices
from compensation.models import Dispute
from representatives import outbox
from representatives.clock import company_zone
from representatives.models import User


def tell_opened(dispute: Dispute, *, now: datetime) -> None:
    """Confirm a dispute to the representative, and tell those of staff who may answer."""
    event_notices.tell_dispute(dispute, turn=0, now=now)
    number = f"{dispute.period.label}-{dispute.representative.code}"
    due = dispute.due_at.astimezone(company_zone()).date()
    for user in _staff_to_tell():
        outbox.send_mail(
            key=f"dispute:{dispute.pk}:staff:{user.pk}",
            to=user.email,
            subject=f"Dispute {dispute.pk} on statement {number}",
            text=f"Dispute {dispute.pk} on statement {number} is to be answered by {due}.\n",
        )


def _staff_to_tell() -> list[User]:
    permission = Permission.objects.filter(
        content_type__app_label="compensation", codename="change_dispute"
    )
    allowed = (
        Q(is_superuser=True)
        | Q(user_permissions__in=permission)
        | Q(groups__permissions__in=permission)
    )
    people = User.objects.filter(allowed, is_active=True, is_staff=True)
    return list(people.distinct().order_by("pk"))

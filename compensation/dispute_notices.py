"""What people are told about disputes by e-mail, written with the change itself."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from compensation.models import Dispute, DisputeStatus
from compensation.statements.wording import words_of
from representatives import outbox
from representatives.clock import company_zone
from representatives.models import User


def tell_opened(dispute: Dispute) -> None:
    """Confirm a dispute to the representative, and tell those of staff who may answer."""
    number = f"{dispute.period.label}-{dispute.representative.code}"
    due = dispute.due_at.astimezone(company_zone()).date()
    with translation.override(dispute.language):
        _to_representative(
            dispute,
            "opened",
            _("Your question on statement %(number)s") % {"number": number},
            _(
                "We have your question on a line of statement %(number)s."
                "\n\nA person looks at it and answers by %(day)s. You find its state on the page"
                " “Disputes” of the portal."
            )
            % {"number": number, "day": words_of(dispute.language).day(due)},
        )
    for user in _staff_to_tell():
        outbox.send_mail(
            key=f"dispute:{dispute.pk}:staff:{user.pk}",
            to=user.email,
            subject=f"Dispute {dispute.pk} on statement {number}",
            text=f"Dispute {dispute.pk} on statement {number} is to be answered by {due}.\n",
        )


def tell_answered(dispute: Dispute, *, turn: int) -> None:
    """Tell the representative the answer; ``turn`` tells a later answer from an earlier one."""
    number = f"{dispute.period.label}-{dispute.representative.code}"
    with translation.override(dispute.language):
        if dispute.status == DisputeStatus.ACCEPTED:
            outcome = _(
                "You are right, and the line is to be corrected. A second person checks the"
                " correction; once granted it stands on the statement of the open month."
            )
        else:
            outcome = _("We have looked at the line, and it stays as it is.")
        _to_representative(
            dispute,
            f"answered:{turn}",
            _("The answer to your question on statement %(number)s") % {"number": number},
            f"{outcome}\n\n{dispute.answer}",
        )


def _to_representative(dispute: Dispute, what: str, subject: str, text: str) -> None:
    address = dispute.opened_by.email
    outbox.send_mail(
        key=f"dispute:{dispute.pk}:{what}", to=address, subject=subject, text=f"{text}\n"
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

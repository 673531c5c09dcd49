"""What people are told of: the kinds of notices, with label and explanation for the choices.

Every notice stands in the portal's list. The choices of a user decide on e-mails alone:
`User.email_notices` when they come, `User.muted_notices` of which kinds none comes. What guards an
account (`ALWAYS`) can't be muted and is e-mailed at once.
"""

from __future__ import annotations

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class NoticeKind(models.TextChoices):
    """Kinds of notices, in the order in which the choices list them."""

    STATEMENT = "statement", _("Statement published")
    RANK = "rank", _("Rank reached")
    PAYOUT_SENT = "payout_sent", _("Payout sent")
    PAYOUT_FAILED = "payout_failed", _("Payout failed")
    PAYOUT_HELD = "payout_held", _("Payouts held")
    ADJUSTMENT = "adjustment", _("Adjustment")
    DISPUTE = "dispute", _("Dispute answered")
    MEMBER = "member", _("New member in your front line")
    POINTS = "points", _("RSP about to expire")
    FOLLOW_UPS = "follow_ups", _("Follow-ups of the day")
    BANK_DETAILS = "bank_details", _("Bank details changed")


EXPLANATIONS: dict[NoticeKind, str | Promise] = {
    NoticeKind.STATEMENT: _("A month is closed and your statement can be read."),
    NoticeKind.RANK: _("A closed month brought you a rank you have not held before."),
    NoticeKind.PAYOUT_SENT: _("A payment to you went to the bank."),
    NoticeKind.PAYOUT_FAILED: _("The bank could not pay you; the amount is yours again."),
    NoticeKind.PAYOUT_HELD: _("Your payouts are held or free again, and why."),
    NoticeKind.ADJUSTMENT: _("Money or points were added or taken by hand, with the reason."),
    NoticeKind.DISPUTE: _("Your question on a line of a statement was received or answered."),
    NoticeKind.MEMBER: _("A person you sponsor has joined."),
    NoticeKind.POINTS: _("Points in your RSP bank expire within a month."),
    NoticeKind.FOLLOW_UPS: _("Each morning on which something is due: how many follow-ups wait."),
    NoticeKind.BANK_DETAILS: _("The account your payouts go to was changed."),
}

ALWAYS = frozenset({NoticeKind.BANK_DETAILS})
CHOOSABLE = tuple(kind for kind in NoticeKind if kind not in ALWAYS)
"""What a person may mute."""


def explanation(kind: NoticeKind) -> str:
    """Return one sentence on when a notice of this kind comes, in the language of the moment."""
    return str(EXPLANATIONS[kind])

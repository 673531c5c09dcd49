"""What a close found worth asking about, and who said that it is all right."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from compensation.models.periods import Run


class CheckCode(models.TextChoices):
    """What every close is checked for, in the order in which people are told."""

    PAYOUT_RATIO = "payout_ratio", "Payout ratio"
    TOTAL_MOVED = "total_moved", "Total against last month"
    TOP_MOVERS = "top_movers", "Top movers"
    ZERO_AFTER_PAY = "zero_after_pay", "Nothing after pay"
    CAP_HIT = "cap_hit", "Caps that cut"
    PROMOTIONS = "promotions", "Promotions"
    DEMOTIONS = "demotions", "Demotions"
    UNPAID_ORDERS = "unpaid_orders", "Unpaid orders"


class Finding(models.Model):
    """Something in a computed close that a person must acknowledge before it is approved.

    Of each code the row with ordinal 0 says what and how much; those that follow name whom, the
    largest first and no more than `services.gate.MOST_NAMED`. Written by the verify step alone,
    in its transaction, and never changed. ``figures`` are whole numbers in minor units and
    hundredths; ``text`` is what was acknowledged, in English and with codes for names.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="findings")
    code = models.CharField(max_length=20, choices=CheckCode.choices)
    ordinal = models.PositiveIntegerField()
    subject = models.ForeignKey(
        "representatives.Representative", models.PROTECT, null=True, blank=True, related_name="+"
    )
    figures = models.JSONField(default=dict)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "code", "ordinal"], name="finding_once"),
            models.CheckConstraint(
                condition=Q(code__in=CheckCode.values), name="finding_code_known"
            ),
            models.CheckConstraint(
                condition=Q(ordinal__gt=0) | Q(subject__isnull=True),
                name="finding_summary_names_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.ordinal}: {self.text}"


class Acknowledgement(models.Model):
    """A person's word, with a reason, that a finding of a computed close is all right.

    Written by ``services.acknowledge`` while the run is computed, once for each code, and never
    changed. A trigger refuses the move of a run to approved while a finding has none.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="acknowledgements")
    code = models.CharField(max_length=20, choices=CheckCode.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "code"], name="acknowledgement_once"),
            models.CheckConstraint(
                condition=Q(code__in=CheckCode.values), name="acknowledgement_code_known"
            ),
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S{2}"), name="acknowledgement_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} by {self.by_id}"

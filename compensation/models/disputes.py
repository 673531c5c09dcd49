"""Disputes: a representative says that a statement line is wrong, and staff answer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from compensation.models.adjustments import AdjustmentStatus, StatementLineKey
from compensation.models.periods import Period, Run
from compensation.models.results import EarningUnit

TEXT_LENGTH = 2000


def length_at_most(field: str, most: int) -> LessThanOrEqual:
    """Return the condition that a text is no longer than so many characters."""
    return LessThanOrEqual(Length(field), most)


class DisputeStatus(models.TextChoices):
    """States of a dispute. An accepted one is open again if its adjustment is refused."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"


class Dispute(models.Model):
    """A line of a posted statement that its receiver holds to be wrong, and the answer.

    What was said at the opening, the evidence with it, never changes; the answer may move only as
    ``DisputeStatus`` says, and each move leaves a `DisputeEvent` (triggers of migration 0013).
    Amounts are minor units where ``unit`` is money and hundredths where it is RSP. Only
    ``services.disputes`` writes here.
    """

    representative = models.ForeignKey(
        "representatives.Representative", models.PROTECT, related_name="disputes"
    )
    period = models.ForeignKey(Period, models.PROTECT, related_name="disputes")
    run = models.ForeignKey(Run, models.PROTECT, related_name="disputes")
    component = models.SmallIntegerField()
    paid_level = models.SmallIntegerField()
    rate_num = models.BigIntegerField()
    rate_den = models.BigIntegerField()
    unit = models.SmallIntegerField(choices=EarningUnit.choices)
    amount = models.BigIntegerField()
    expected_minor = models.BigIntegerField()
    text = models.TextField(max_length=TEXT_LENGTH)
    language = models.CharField(max_length=2, default="en")
    evidence = models.JSONField()
    evidence_digest = models.CharField(max_length=64)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    status = models.CharField(
        max_length=8, choices=DisputeStatus.choices, default=DisputeStatus.OPEN
    )
    answer = models.TextField(max_length=TEXT_LENGTH, blank=True, default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    adjustment = models.OneToOneField(
        "compensation.Adjustment", models.PROTECT, null=True, blank=True, related_name="dispute"
    )

    class Meta:
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "representative", "component", "paid_level", "rate_num", "rate_den"],
                condition=Q(status="open"),
                name="dispute_one_open_per_line",
            ),
            models.CheckConstraint(
                condition=Q(status__in=DisputeStatus.values), name="dispute_status_known"
            ),
            models.CheckConstraint(
                condition=Q(unit__in=EarningUnit.values), name="dispute_unit_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    status="open",
                    answer="",
                    answered_by__isnull=True,
                    answered_at__isnull=True,
                    adjustment__isnull=True,
                )
                | Q(
                    ~Q(answer=""),
                    status="accepted",
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                    adjustment__isnull=False,
                )
                | Q(
                    ~Q(answer=""),
                    status="refused",
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                    adjustment__isnull=True,
                ),
                name="dispute_answer_whole",
            ),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("opened_by")),
                name="dispute_answered_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("opened_at")), name="dispute_due_after_opening"
            ),
            models.CheckConstraint(
                condition=~Q(expected_minor=F("amount")), name="dispute_expects_another_amount"
            ),
            models.CheckConstraint(
                condition=Q(evidence_digest__regex="^[0-9a-f]{64}$"),
                name="dispute_evidence_digest_form",
            ),
            models.CheckConstraint(
                condition=~Q(text="") & Q(length_at_most("text", TEXT_LENGTH)),
                name="dispute_says_why",
            ),
            models.CheckConstraint(
                condition=length_at_most("answer", TEXT_LENGTH), name="dispute_answer_length"
            ),
        ]
        indexes = [
            models.Index(fields=["representative", "-opened_at"], name="dispute_of_person"),
            models.Index(fields=["due_at", "id"], condition=Q(status="open"), name="dispute_queue"),
        ]

    def __str__(self) -> str:
        return f"dispute {self.pk}"

    @property
    def line(self) -> StatementLineKey:
        """The statement line that it is about."""
        return StatementLineKey(
            run_id=self.run_id,
            receiver_id=self.representative_id,
            component=self.component,
            paid_level=self.paid_level,
            rate_num=self.rate_num,
            rate_den=self.rate_den,
        )

    @property
    def is_sent_back(self) -> bool:
        """Whether the second person refused the adjustment, so that it is answered anew."""
        adjustment = self.adjustment
        return adjustment is not None and adjustment.status == AdjustmentStatus.REFUSED


class DisputeEvent(models.Model):
    """A step in the life of a dispute: opened, answered, open again. Append-only.

    Written by a trigger of the database alone, so that no dispute moves without a trace.
    """

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="events", db_index=False)
    ordinal = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=8, choices=DisputeStatus.choices)
    text = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    adjustment = models.ForeignKey(
        "compensation.Adjustment", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["dispute", "ordinal"], name="disputeevent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.ordinal} {self.status}"

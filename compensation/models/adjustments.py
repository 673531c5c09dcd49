"""Adjustments: money or points that one person asks for and another one grants."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from compensation.models.ledger import Journal
from compensation.models.periods import Period, Run

LINE_FIELDS = ("run_id", "component", "paid_level", "rate_num", "rate_den")


@dataclass(frozen=True, slots=True)
class StatementLineKey:
    """What names one line of a posted statement, for ever: the key of `Earning`."""

    run_id: int
    receiver_id: int
    component: int
    paid_level: int
    rate_num: int
    rate_den: int


class AdjustmentStatus(models.TextChoices):
    """What became of a request."""

    REQUESTED = "requested", "Requested"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"


class Adjustment(models.Model):
    """A correction by hand: asked for by one person, decided by another, posted when approved.

    ``money_minor`` and ``rsp`` (hundredths) are what the representative gains; negative takes
    back. It is about a statement line of a posted run (all of run, component, paid_level and rate)
    or about the member. Only ``compensation.services`` writes here; what was asked for never
    changes, and a decision is made once.
    """

    representative = models.ForeignKey(
        "representatives.Representative", models.PROTECT, related_name="adjustments"
    )
    money_minor = models.BigIntegerField(default=0)
    rsp = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=500)
    key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  (unique if given)
    run = models.ForeignKey(
        Run, models.PROTECT, null=True, blank=True, related_name="adjustments", db_index=False
    )
    component = models.SmallIntegerField(null=True, blank=True)
    paid_level = models.SmallIntegerField(null=True, blank=True)
    rate_num = models.BigIntegerField(null=True, blank=True)
    rate_den = models.BigIntegerField(null=True, blank=True)
    related_period = models.ForeignKey(
        Period, models.PROTECT, null=True, blank=True, related_name="related_adjustments"
    )
    status = models.CharField(
        max_length=9, choices=AdjustmentStatus.choices, default=AdjustmentStatus.REQUESTED
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=500, blank=True, default="")
    journal = models.OneToOneField(
        Journal,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="adjustment",
        db_constraint=False,
    )

    class Meta:
        permissions = [("approve_adjustment", "Can approve or refuse adjustments")]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="adjustment_key_once"),
            models.CheckConstraint(
                condition=~Q(money_minor=0) | ~Q(rsp=0), name="adjustment_not_nought"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_has_a_reason"),
            models.CheckConstraint(
                condition=Q(**{f"{name}__isnull": True for name in LINE_FIELDS})
                | Q(**{f"{name}__isnull": False for name in LINE_FIELDS}),
                name="adjustment_line_whole",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("requested_by")),
                name="adjustment_decided_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(
                    status=AdjustmentStatus.REQUESTED,
                    decided_by__isnull=True,
                    decided_at__isnull=True,
                    decision_reason="",
                    journal__isnull=True,
                )
                | Q(
                    status=AdjustmentStatus.APPROVED,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    journal__isnull=False,
                )
                | (
                    Q(
                        status=AdjustmentStatus.REFUSED,
                        decided_by__isnull=False,
                        decided_at__isnull=False,
                        journal__isnull=True,
                    )
                    & ~Q(decision_reason="")
                ),
                name="adjustment_decided_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"adjustment {self.pk}"

    @property
    def line(self) -> StatementLineKey | None:
        """The statement line that it is about, or None."""
        if self.run_id is None:
            return None
        assert self.component is not None
        assert self.paid_level is not None
        assert self.rate_num is not None
        assert self.rate_den is not None
        return StatementLineKey(
            run_id=self.run_id,
            receiver_id=self.representative_id,
            component=self.component,
            paid_level=self.paid_level,
            rate_num=self.rate_num,
            rate_den=self.rate_den,
        )

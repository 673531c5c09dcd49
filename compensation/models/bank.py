"""Conversions of points: what was taken out of the RSP bank, and what it brought."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from compensation.models.ledger import Journal
from compensation.models.periods import Period, PlanVersion

TOKEN_LENGTH = 64


class ConversionTarget(models.TextChoices):
    """What points were converted to."""

    CASH = "cash", "Cash"
    BV = "bv", "BV"
    EXPIRY = "expiry", "Cash at expiry"


class RspConversion(models.Model):
    """A conversion of a representative's points, with the figures as they were promised.

    Append-only; only ``compensation.services.bank`` writes here, in the transaction that posts the
    journal, and the database compares the two. ``asked`` and ``points`` are hundredths of RSP
    (``points`` were taken; fewer than asked where a rest stays in the bank), ``cash_minor`` is
    minor units, ``bv`` hundredths. ``token`` names the act, so that a repeat of it finds it: of an
    expiry it is the month of the lots. ``bv`` counts in ``period`` for ranks alone.
    """

    representative = models.ForeignKey(
        "representatives.Representative", models.PROTECT, related_name="conversions"
    )
    token = models.CharField(max_length=TOKEN_LENGTH)
    target = models.CharField(max_length=6, choices=ConversionTarget.choices)
    asked = models.BigIntegerField()
    points = models.BigIntegerField()
    cash_minor = models.BigIntegerField(default=0)
    bv = models.BigIntegerField(default=0)
    decomposition = models.JSONField(default=dict)
    plan_version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="conversions")
    period = models.ForeignKey(Period, models.PROTECT, related_name="conversions")
    journal = models.OneToOneField(Journal, models.PROTECT, related_name="conversion")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    converted_at = models.DateTimeField()

    class Meta:
        verbose_name = "conversion of points"
        verbose_name_plural = "conversions of points"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["representative", "token"], name="rspconversion_token_once"
            ),
            models.CheckConstraint(
                condition=Q(target__in=ConversionTarget.values), name="rspconversion_target_known"
            ),
            models.CheckConstraint(
                condition=Q(points__gt=0, asked__gte=models.F("points")) & ~Q(token=""),
                name="rspconversion_takes_points",
            ),
            models.CheckConstraint(
                condition=Q(target="cash", cash_minor__gt=0, bv=0)
                | Q(target="bv", cash_minor__gte=0, bv__gt=0)
                | Q(target="expiry", cash_minor__gte=0, bv=0),
                name="rspconversion_brings_what_it_says",
            ),
        ]
        indexes = [
            models.Index(
                fields=["period", "representative"],
                condition=Q(bv__gt=0),
                name="rspconversion_bought_bv",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_target_display()} {self.points} ({self.token})"


class ExpirySweep(models.Model):
    """Up to where points past their date have been cashed: one row, of the last complete sweep.

    ``due`` names the months that were due, ``batch`` is the ledger's last batch at its beginning:
    unless another month falls due or something is posted into a due one since, nobody has anything
    left in them. Only ``services.expiry`` writes here; without the row a sweep looks at everybody.
    """

    ONLY_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ID, editable=False)
    due = models.TextField()
    batch = models.BigIntegerField()
    swept_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="expirysweep_only_one"),
        ]

    def __str__(self) -> str:
        return f"swept up to batch {self.batch}"

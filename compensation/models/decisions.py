"""What staff decide about single people: pay ranks, and coupons of rankings."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from compensation.models.periods import Period


class OverrideKind(models.TextChoices):
    """How a decided rank bounds the pay rank."""

    AT_LEAST = "at_least", "At least"
    AT_MOST = "at_most", "At most"
    EXACTLY = "exactly", "Exactly"


class RankOverride(models.Model):
    """A pay rank that staff decided on, for whole periods; the title stays what was earned.

    In force in every period between ``first_day`` and ``last_day`` (None: until it is ended), both
    the bounds of periods. Written by ``services.grant_rank_override`` and ended by
    ``services.end_rank_override``, never deleted: the rows are the history. The database refuses
    two that bound a person's rank from the same side at once.
    """

    representative = models.ForeignKey(
        "representatives.Representative", models.PROTECT, related_name="rank_overrides"
    )
    kind = models.CharField(max_length=8, choices=OverrideKind.choices)
    rank = models.CharField(max_length=100)
    reason = models.CharField(max_length=500)
    first_day = models.DateField("from the period that begins on")
    last_day = models.DateField("to the period that ends on", null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=OverrideKind.values), name="rankoverride_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(rank="") & ~Q(reason=""), name="rankoverride_rank_and_reason"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                | (
                    Q(ended_at__isnull=False, ended_by__isnull=False, last_day__isnull=False)
                    & ~Q(end_reason="")
                ),
                name="rankoverride_end_has_an_author",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display().lower()} {self.rank}"


class CouponKind(models.TextChoices):
    """What an entry of coupons says."""

    GRANTED = "granted", "Granted"
    WISH = "wish", "To be used"


class CouponEntry(models.Model):
    """Coupons that a person was granted for a ranking, or wishes to use in a period of it.

    Grants of a period add up and are held on top of what the period before left; of wishes the
    latest counts. A log: rows are added by ``services.grant_coupons`` and
    ``services.wish_coupons`` and never changed.
    """

    representative = models.ForeignKey(
        "representatives.Representative", models.PROTECT, related_name="coupon_entries"
    )
    period = models.ForeignKey(Period, models.PROTECT, related_name="coupon_entries")
    ranking = models.CharField(max_length=40)
    kind = models.CharField(max_length=7, choices=CouponKind.choices)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=500, blank=True, default="")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "coupon entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=CouponKind.values), name="couponentry_kind_known"
            ),
            models.CheckConstraint(
                condition=(Q(kind="granted") & ~Q(amount=0)) | Q(kind="wish", amount__gte=0),
                name="couponentry_amount_fits_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display().lower()} {self.amount} ({self.ranking})"

"""Pieces that come back: asked for, accepted or refused."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from sales.models.import_batches import ImportBatch
from sales.models.orders import OrderLine


class Return(models.Model):
    """Pieces of a paid line taken back, or asked to be.

    A representative requests; staff or an import accept or refuse. Accepted returns are facts:
    `counted_at` decides the period, the amounts are the returned part of the line's.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="returns")
    quantity = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    gross_minor = models.BigIntegerField("amount", default=0)
    tax_minor = models.BigIntegerField("tax", default=0)
    bv = models.BigIntegerField("BV", default=0)
    rsp = models.BigIntegerField("RSP", default=0)
    margin_minor = models.BigIntegerField("retail profit", default=0, db_default=0)
    reference = models.CharField(max_length=80, unique=True, null=True, blank=True)
    external_ref = models.CharField(
        "external reference", max_length=64, blank=True, default="", db_index=True
    )
    import_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    returned_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    decision = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["counted_at"],
                condition=Q(counted_at__isnull=False),
                name="return_counted",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["requested", "accepted", "refused"]),
                name="return_status_known",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_quantity_positive"),
            models.CheckConstraint(
                condition=Q(
                    status="accepted",
                    returned_at__isnull=False,
                    counted_at__isnull=False,
                )
                | (~Q(status="accepted") & Q(returned_at__isnull=True, counted_at__isnull=True)),
                name="return_accepted_has_dates",
            ),
            models.CheckConstraint(
                condition=Q(status="requested")
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                | Q(batch__isnull=False),
                name="return_decision_has_an_author",
            ),
            models.CheckConstraint(
                condition=Q(gross_minor__gte=0, tax_minor__gte=0, bv__gte=0, rsp__gte=0),
                name="return_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(margin_minor__gte=0), name="return_margin_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.reference or f"return {self.pk}"

"""What is sold."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Product(models.Model):
    """An article of the catalogue with its prices (gross, tax included), volumes and points.

    Orders copy what they need from here, so that a change of a product never reaches back.
    Written by the services `add_product` and `edit_product`.
    """

    sku = models.CharField("SKU", max_length=64, unique=True)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=100, blank=True, default="")
    repeat = models.BooleanField(
        "repeat product",
        default=False,
        help_text="Used up and bought regularly: only repeat products carry RSP.",
    )
    bv = models.BigIntegerField("BV", default=0, help_text="Hundredths of a BV per piece.")
    rsp = models.BigIntegerField("RSP", default=0, help_text="Hundredths of an RSP per piece.")
    retail_price_minor = models.BigIntegerField(
        "retail price", help_text="Minor units, tax included."
    )
    ir_price_minor = models.BigIntegerField("IR price", help_text="Minor units, tax included.")
    tax_rate_bp = models.PositiveIntegerField(
        "tax rate", default=0, help_text="Basis points: 2300 is 23 %."
    )
    pack_days = models.PositiveSmallIntegerField(
        "pack lasts",
        null=True,
        blank=True,
        help_text="Days that one pack lasts in daily use.",
    )
    uses = models.TextField(
        "menu of uses",
        blank=True,
        default="",
        help_text="What it is good for, one use a line.",
    )
    companions = models.ManyToManyField(
        "self", blank=True, help_text="Products that go well with this one."
    )
    larger_size = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="smaller_sizes",
        help_text=(
            "The same in a larger pack. Suggested where a day of it costs the customer no more"
            " and brings no less BV and RSP."
        ),
    )
    is_active = models.BooleanField("on sale", default=True)

    class Meta:
        indexes = [models.Index(fields=["category", "name", "id"], name="product_listing")]
        constraints = [
            models.CheckConstraint(condition=~Q(sku=""), name="product_has_a_sku"),
            models.CheckConstraint(
                condition=Q(retail_price_minor__gte=0, ir_price_minor__gte=0),
                name="product_price_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(bv__gte=0, rsp__gte=0), name="product_volume_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(tax_rate_bp__lte=10_000), name="product_tax_at_most_whole"
            ),
            models.CheckConstraint(
                condition=Q(pack_days__isnull=True) | Q(pack_days__gt=0),
                name="product_pack_lasts_a_day",
            ),
            models.CheckConstraint(
                condition=Q(larger_size__isnull=True)
                | (~Q(larger_size=F("id")) & Q(pack_days__isnull=False)),
                name="product_larger_size_of_a_pack",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"

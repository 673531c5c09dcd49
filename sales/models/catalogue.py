"""What is sold, and to whom."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from representatives.models import Representative
from representatives.text import SORT_KEY_LENGTH


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
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"


class Customer(models.Model):
    """Somebody who buys from one representative; a representative is also his own customer.

    Only that representative and staff may see the row. The own customer (`is_self`) is made by
    `services.self_customer` at the first own purchase.
    """

    representative = models.ForeignKey(
        Representative,
        on_delete=models.PROTECT,
        related_name="customers",
        db_index=False,
    )
    reference = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=SORT_KEY_LENGTH, db_collation="C", editable=False)
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    note = models.TextField(blank=True, default="")
    is_self = models.BooleanField("own purchases", default=False)
    referred_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="referrals",
    )
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["representative", "sort_key", "id"], name="customer_listing")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["representative", "reference"], name="customer_reference_once"
            ),
            models.UniqueConstraint(
                fields=["representative"],
                condition=Q(is_self=True),
                name="customer_self_once",
            ),
            models.CheckConstraint(
                condition=~Q(reference="") & ~Q(name=""), name="customer_has_a_name"
            ),
            models.CheckConstraint(
                condition=Q(referred_by__isnull=True) | ~Q(referred_by=F("id")),
                name="customer_not_referred_by_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerTransfer(models.Model):
    """The record that a customer passed from a terminated representative to another, and when.

    Written by `services.pass_on_customers` alone and never changed. Orders stay with who sold them.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="transfers")
    old_representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="+"
    )
    new_representative = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="+"
    )
    old_reference = models.CharField(max_length=64)
    passed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(old_representative=F("new_representative")),
                name="customertransfer_to_another",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.old_representative_id} to {self.new_representative_id}"

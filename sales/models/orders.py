"""The facts of selling: orders, their lines and payments."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from representatives.models import Representative
from sales.models.catalogue import Product
from sales.models.import_batches import ImportBatch
from sales.models.people import Customer
from sales.models.tax import tax_is_of_its_rate


class Order(models.Model):
    """A sale of one representative to one customer, or to himself.

    Totals are kept here, so that a close loads orders and not lines. The database refuses any
    change once the order is paid or cancelled, and that totals differ from the lines.
    """

    class Status(models.TextChoices):
        PLACED = "placed", "Placed"
        PAID = "paid", "Paid"
        CANCELLED = "cancelled", "Cancelled"

    # Collation C: ties between orders are settled here and in Python alike.
    reference = models.CharField(max_length=32, unique=True, db_collation="C")
    external_ref = models.CharField(
        "external reference", max_length=64, unique=True, null=True, blank=True
    )
    import_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    seller = models.ForeignKey(
        Representative, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    written_for = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        editable=False,
        help_text="Whom it was written for, where that customer was merged into another since.",
    )
    own = models.BooleanField("own purchase", default=False)
    invoiced_to_customer = models.BooleanField(
        "invoiced to the customer",
        default=False,
        db_default=False,
        help_text="The company invoices the customer; the retail profit is then the seller's.",
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PLACED)
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField("total", default=0)
    tax_minor = models.BigIntegerField("tax", default=0)
    bv = models.BigIntegerField("BV", default=0)
    rsp = models.BigIntegerField("RSP", default=0, help_text="Of repeat products only.")
    rsp_all = models.BigIntegerField("RSP of all lines", default=0)
    rsp_repeat = models.BigIntegerField(
        "RSP of repeat sales",
        default=0,
        db_default=0,
        help_text="Of repeat products that the customer bought again; set when it is paid.",
    )
    margin_minor = models.BigIntegerField(
        "retail profit",
        default=0,
        db_default=0,
        help_text="What the customer paid over the IR price, without tax.",
    )
    units = models.PositiveIntegerField("pieces", default=0, db_default=0)
    line_count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["seller", "-placed_at", "-id"], name="order_of_seller"),
            models.Index(fields=["customer", "paid_at", "reference"], name="order_history"),
            models.Index(
                fields=["counted_at", "seller"],
                condition=Q(counted_at__isnull=False),
                name="order_counted",
            ),
            # Few of all orders: what a close tells of the month's unpaid ones.
            models.Index(fields=["placed_at"], condition=Q(status="placed"), name="order_placed"),
            models.Index(
                fields=["written_for"],
                condition=Q(written_for__isnull=False),
                name="order_written_for",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["placed", "paid", "cancelled"]),
                name="order_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="paid", paid_at__isnull=False, counted_at__isnull=False)
                | (~Q(status="paid") & Q(paid_at__isnull=True, counted_at__isnull=True)),
                name="order_paid_has_dates",
            ),
            models.CheckConstraint(
                condition=Q(paid_at__isnull=True) | Q(paid_at__lte=F("counted_at")),
                name="order_counts_when_paid_or_after",
            ),
            models.CheckConstraint(
                condition=Q(
                    gross_minor__gte=0,
                    tax_minor__gte=0,
                    tax_minor__lte=F("gross_minor"),
                ),
                name="order_money_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(bv__gte=0, rsp__gte=0, rsp__lte=F("rsp_all")),
                name="order_volume_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(rsp_repeat=0)
                | Q(status="paid", rsp_repeat__gt=0, rsp_repeat__lte=F("rsp")),
                name="order_repeat_points_once_paid",
            ),
            models.CheckConstraint(
                condition=Q(invoiced_to_customer=False, margin_minor=0)
                | Q(
                    invoiced_to_customer=True,
                    own=False,
                    margin_minor__gte=0,
                    margin_minor__lte=F("gross_minor") - F("tax_minor"),
                ),
                name="order_margin_of_invoiced_only",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def net_minor(self) -> int:
        """Return the total without tax, in minor units."""
        return self.gross_minor - self.tax_minor

    @property
    def is_placed(self) -> bool:
        """Return whether the order still waits for its payment."""
        return self.status == self.Status.PLACED

    @property
    def is_paid(self) -> bool:
        """Return whether the order is paid."""
        return self.status == self.Status.PAID


class LineClass(models.TextChoices):
    """What kind of sale a line is; set once, when its order is paid."""

    REFERRAL = "referral", "Referral sale"
    FIRST = "first", "First sale"
    REPEAT = "repeat", "Repeat sale"
    ADD_ON = "add_on", "Add-on sale"


class OrderLine(models.Model):
    """Some pieces of one product in an order, with everything frozen that pays or is paid."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines", db_index=False)
    number = models.PositiveSmallIntegerField()
    # Without an index: products are taken off sale and not deleted, and nothing looks up by it.
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.PositiveIntegerField()
    unit_price_minor = models.BigIntegerField("unit price")
    gross_minor = models.BigIntegerField("amount")
    tax_minor = models.BigIntegerField("tax")
    tax_rate_bp = models.PositiveIntegerField("tax rate")
    unit_bv = models.BigIntegerField("BV a piece")
    unit_rsp = models.BigIntegerField("RSP a piece")
    bv = models.BigIntegerField("BV")
    rsp = models.BigIntegerField("RSP")
    margin_minor = models.BigIntegerField("retail profit", default=0, db_default=0)
    repeat = models.BooleanField("repeat product")
    line_class = models.CharField(  # noqa: DJ001  (null until paid: the guards tell it apart)
        max_length=8, choices=LineClass.choices, null=True, blank=True
    )
    within_add_on_days = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="orderline_number_once"),
            models.CheckConstraint(
                condition=Q(number__gt=0, quantity__gt=0),
                name="orderline_quantity_positive",
            ),
            models.CheckConstraint(
                condition=Q(
                    unit_price_minor__gte=0,
                    gross_minor=F("unit_price_minor") * F("quantity"),
                    tax_minor__gte=0,
                    tax_minor__lte=F("gross_minor"),
                ),
                name="orderline_money_adds_up",
            ),
            models.CheckConstraint(
                condition=tax_is_of_its_rate(), name="orderline_tax_of_its_rate"
            ),
            models.CheckConstraint(
                condition=Q(
                    unit_bv__gte=0,
                    unit_rsp__gte=0,
                    bv=F("unit_bv") * F("quantity"),
                    rsp=F("unit_rsp") * F("quantity"),
                ),
                name="orderline_volume_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    margin_minor__gte=0, margin_minor__lte=F("gross_minor") - F("tax_minor")
                ),
                name="orderline_margin_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(line_class__isnull=True) | Q(line_class__in=LineClass.values),
                name="orderline_class_known",
            ),
            models.CheckConstraint(
                condition=Q(line_class__isnull=True, within_add_on_days__isnull=True)
                | Q(line_class="add_on", line_class__isnull=False, within_add_on_days__isnull=False)
                | (
                    Q(line_class__in=["referral", "first", "repeat"])
                    & Q(within_add_on_days__isnull=True)
                ),
                name="orderline_flag_on_add_ons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"

    @property
    def net_minor(self) -> int:
        """Return the amount without tax, in minor units."""
        return self.gross_minor - self.tax_minor


class Payment(models.Model):
    """The record that an order was paid, by a member of staff or by an import. Never changed."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="payment")
    reference = models.CharField(max_length=100)
    amount_minor = models.BigIntegerField("amount")
    paid_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reference=""), name="payment_has_a_reference"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="payment_not_negative"),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=False) | Q(batch__isnull=False),
                name="payment_has_a_recorder",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

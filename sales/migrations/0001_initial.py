"""The tables of catalogue, customers, orders and returns."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("representatives", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("kind", models.CharField(default="orders", max_length=32)),
                ("file_name", models.CharField(max_length=255)),
                ("file_digest", models.CharField(max_length=64)),
                ("line_count", models.PositiveIntegerField(default=0)),
                (
                    "order_count",
                    models.PositiveIntegerField(default=0, verbose_name="orders added"),
                ),
                (
                    "return_count",
                    models.PositiveIntegerField(default=0, verbose_name="returns added"),
                ),
                (
                    "customer_count",
                    models.PositiveIntegerField(default=0, verbose_name="customers added"),
                ),
                (
                    "known_count",
                    models.PositiveIntegerField(default=0, verbose_name="already there"),
                ),
                (
                    "rejected_count",
                    models.PositiveIntegerField(default=0, verbose_name="rejected"),
                ),
                (
                    "conflict_count",
                    models.PositiveIntegerField(default=0, verbose_name="conflicts"),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "import batches",
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("reference", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("sort_key", models.CharField(db_collation="C", editable=False, max_length=200)),
                ("email", models.EmailField(blank=True, default="", max_length=254)),
                ("phone", models.CharField(blank=True, default="", max_length=40)),
                ("note", models.TextField(blank=True, default="")),
                (
                    "is_self",
                    models.BooleanField(default=False, verbose_name="own purchases"),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "referred_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="sales.customer",
                    ),
                ),
                (
                    "representative",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="representatives.representative",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("reference", models.CharField(db_collation="C", max_length=32, unique=True)),
                (
                    "external_ref",
                    models.CharField(
                        blank=True,
                        max_length=64,
                        null=True,
                        unique=True,
                        verbose_name="external reference",
                    ),
                ),
                (
                    "import_digest",
                    models.CharField(blank=True, default="", editable=False, max_length=64),
                ),
                (
                    "own",
                    models.BooleanField(default=False, verbose_name="own purchase"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("placed", "Placed"),
                            ("paid", "Paid"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="placed",
                        max_length=10,
                    ),
                ),
                ("placed_at", models.DateTimeField()),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                ("currency", models.CharField(max_length=3)),
                (
                    "gross_minor",
                    models.BigIntegerField(default=0, verbose_name="total"),
                ),
                ("tax_minor", models.BigIntegerField(default=0, verbose_name="tax")),
                ("bv", models.BigIntegerField(default=0, verbose_name="BV")),
                (
                    "rsp",
                    models.BigIntegerField(
                        default=0,
                        help_text="Of repeat products only.",
                        verbose_name="RSP",
                    ),
                ),
                (
                    "rsp_all",
                    models.BigIntegerField(default=0, verbose_name="RSP of all lines"),
                ),
                ("line_count", models.PositiveIntegerField(default=0)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="sales.customer",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="representatives.representative",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("reference", models.CharField(max_length=100)),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("paid_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.importbatch",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payment",
                        to="sales.order",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "sku",
                    models.CharField(max_length=64, unique=True, verbose_name="SKU"),
                ),
                ("name", models.CharField(max_length=200)),
                ("category", models.CharField(blank=True, default="", max_length=100)),
                (
                    "repeat",
                    models.BooleanField(
                        default=False,
                        help_text="Used up and bought regularly: only repeat products carry RSP.",
                        verbose_name="repeat product",
                    ),
                ),
                (
                    "bv",
                    models.BigIntegerField(
                        default=0,
                        help_text="Hundredths of a BV per piece.",
                        verbose_name="BV",
                    ),
                ),
                (
                    "rsp",
                    models.BigIntegerField(
                        default=0,
                        help_text="Hundredths of an RSP per piece.",
                        verbose_name="RSP",
                    ),
                ),
                (
                    "retail_price_minor",
                    models.BigIntegerField(
                        help_text="Minor units, tax included.",
                        verbose_name="retail price",
                    ),
                ),
                (
                    "ir_price_minor",
                    models.BigIntegerField(
                        help_text="Minor units, tax included.", verbose_name="IR price"
                    ),
                ),
                (
                    "tax_rate_bp",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Basis points: 2300 is 23 %.",
                        verbose_name="tax rate",
                    ),
                ),
                (
                    "pack_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Days that one pack lasts in daily use.",
                        null=True,
                        verbose_name="pack lasts",
                    ),
                ),
                (
                    "uses",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="What it is good for, one use a line.",
                        verbose_name="menu of uses",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(default=True, verbose_name="on sale"),
                ),
                (
                    "companions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Products that go well with this one.",
                        to="sales.product",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("quantity", models.PositiveIntegerField()),
                ("unit_price_minor", models.BigIntegerField(verbose_name="unit price")),
                ("gross_minor", models.BigIntegerField(verbose_name="amount")),
                ("tax_minor", models.BigIntegerField(verbose_name="tax")),
                ("tax_rate_bp", models.PositiveIntegerField(verbose_name="tax rate")),
                ("unit_bv", models.BigIntegerField(verbose_name="BV a piece")),
                ("unit_rsp", models.BigIntegerField(verbose_name="RSP a piece")),
                ("bv", models.BigIntegerField(verbose_name="BV")),
                ("rsp", models.BigIntegerField(verbose_name="RSP")),
                ("repeat", models.BooleanField(verbose_name="repeat product")),
                (
                    "line_class",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("referral", "Referral sale"),
                            ("first", "First sale"),
                            ("repeat", "Repeat sale"),
                            ("add_on", "Add-on sale"),
                        ],
                        max_length=8,
                        null=True,
                    ),
                ),
                ("within_add_on_days", models.BooleanField(blank=True, null=True)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="sales.order",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                        ],
                        default="requested",
                        max_length=10,
                    ),
                ),
                (
                    "gross_minor",
                    models.BigIntegerField(default=0, verbose_name="amount"),
                ),
                ("tax_minor", models.BigIntegerField(default=0, verbose_name="tax")),
                ("bv", models.BigIntegerField(default=0, verbose_name="BV")),
                ("rsp", models.BigIntegerField(default=0, verbose_name="RSP")),
                (
                    "reference",
                    models.CharField(blank=True, max_length=80, null=True, unique=True),
                ),
                (
                    "external_ref",
                    models.CharField(blank=True, db_index=True, default="", max_length=64, verbose_name="external reference"),
                ),
                (
                    "import_digest",
                    models.CharField(blank=True, default="", editable=False, max_length=64),
                ),
                ("requested_at", models.DateTimeField()),
                ("returned_at", models.DateTimeField(blank=True, null=True)),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("decision", models.CharField(blank=True, default="", max_length=500)),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.importbatch",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="returns",
                        to="sales.orderline",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                fields=["representative", "sort_key", "id"], name="customer_listing"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                fields=("representative", "reference"), name="customer_reference_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_self", True)),
                fields=("representative",),
                name="customer_self_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reference", ""), _negated=True),
                    models.Q(("name", ""), _negated=True),
                ),
                name="customer_has_a_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("referred_by__isnull", True),
                    models.Q(("referred_by", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="customer_not_referred_by_itself",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["seller", "-placed_at", "-id"], name="order_of_seller"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["customer", "paid_at", "reference"], name="order_history"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("counted_at__isnull", False)),
                fields=["counted_at", "seller"],
                name="order_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["placed", "paid", "cancelled"])),
                name="order_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("counted_at__isnull", False),
                        ("paid_at__isnull", False),
                        ("status", "paid"),
                    ),
                    models.Q(
                        models.Q(("status", "paid"), _negated=True),
                        ("counted_at__isnull", True),
                        ("paid_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="order_paid_has_dates",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("paid_at__isnull", True),
                    ("paid_at__lte", models.F("counted_at")),
                    _connector="OR",
                ),
                name="order_counts_when_paid_or_after",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("gross_minor__gte", 0),
                    ("tax_minor__gte", 0),
                    ("tax_minor__lte", models.F("gross_minor")),
                ),
                name="order_money_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("bv__gte", 0), ("rsp__gte", 0), ("rsp__lte", models.F("rsp_all"))
                ),
                name="order_volume_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                name="payment_has_a_reference",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gte", 0)),
                name="payment_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("recorded_by__isnull", False),
                    ("batch__isnull", False),
                    _connector="OR",
                ),
                name="payment_has_a_recorder",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["category", "name", "id"], name="product_listing"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("sku", ""), _negated=True), name="product_has_a_sku"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("ir_price_minor__gte", 0), ("retail_price_minor__gte", 0)),
                name="product_price_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("bv__gte", 0), ("rsp__gte", 0)),
                name="product_volume_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("tax_rate_bp__lte", 10000)),
                name="product_tax_at_most_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pack_days__isnull", True), ("pack_days__gt", 0), _connector="OR"
                ),
                name="product_pack_lasts_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.UniqueConstraint(
                fields=("order", "number"), name="orderline_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gt", 0), ("quantity__gt", 0)),
                name="orderline_quantity_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "gross_minor",
                        django.db.models.expressions.CombinedExpression(
                            models.F("unit_price_minor"), "*", models.F("quantity")
                        ),
                    ),
                    ("tax_minor__gte", 0),
                    ("tax_minor__lte", models.F("gross_minor")),
                    ("unit_price_minor__gte", 0),
                ),
                name="orderline_money_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "bv",
                        django.db.models.expressions.CombinedExpression(
                            models.F("unit_bv"), "*", models.F("quantity")
                        ),
                    ),
                    (
                        "rsp",
                        django.db.models.expressions.CombinedExpression(
                            models.F("unit_rsp"), "*", models.F("quantity")
                        ),
                    ),
                    ("unit_bv__gte", 0),
                    ("unit_rsp__gte", 0),
                ),
                name="orderline_volume_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("line_class__isnull", True),
                    ("line_class__in", ["referral", "first", "repeat", "add_on"]),
                    _connector="OR",
                ),
                name="orderline_class_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("line_class__isnull", True), ("within_add_on_days__isnull", True)
                    ),
                    models.Q(
                        ("line_class", "add_on"),
                        ("line_class__isnull", False),
                        ("within_add_on_days__isnull", False),
                    ),
                    models.Q(
                        ("line_class__in", ["referral", "first", "repeat"]),
                        ("within_add_on_days__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="orderline_flag_on_add_ons",
            ),
        ),
        migrations.AddIndex(
            model_name="return",
            index=models.Index(
                condition=models.Q(("counted_at__isnull", False)),
                fields=["counted_at"],
                name="return_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["requested", "accepted", "refused"])),
                name="return_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="return_quantity_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("counted_at__isnull", False),
                        ("returned_at__isnull", False),
                        ("status", "accepted"),
                    ),
                    models.Q(
                        models.Q(("status", "accepted"), _negated=True),
                        ("counted_at__isnull", True),
                        ("returned_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="return_accepted_has_dates",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "requested"),
                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                    ("batch__isnull", False),
                    _connector="OR",
                ),
                name="return_decision_has_an_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("bv__gte", 0),
                    ("gross_minor__gte", 0),
                    ("rsp__gte", 0),
                    ("tax_minor__gte", 0),
                ),
                name="return_amounts_not_negative",
            ),
        ),
    ]

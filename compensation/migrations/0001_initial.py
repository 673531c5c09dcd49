
import compensation.models
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("representatives", "0001_initial"),
        ("sales", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Earning",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "receiver_id",
                        "component",
                        "paid_level",
                        "rate_num",
                        "rate_den",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("component", models.SmallIntegerField()),
                ("paid_level", models.SmallIntegerField()),
                ("unit", models.SmallIntegerField(choices=[(0, "Money"), (1, "RSP")])),
                ("base", models.BigIntegerField()),
                ("rate_num", models.BigIntegerField()),
                ("rate_den", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
                ("members", models.IntegerField()),
                ("sales", models.IntegerField()),
            ],
            options={
                "db_table": "compensation_earning",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="MemberResult",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.IntegerField()),
                ("subtree_end", models.IntegerField()),
                ("sponsor_position", models.IntegerField()),
                ("depth", models.IntegerField()),
                ("status", models.SmallIntegerField()),
                ("active", models.BooleanField()),
                ("inactive_reason", models.SmallIntegerField()),
                ("personal_bv", models.BigIntegerField()),
                ("own_bv", models.BigIntegerField()),
                ("window_bv", models.BigIntegerField()),
                ("group_bv", models.BigIntegerField()),
                ("personal_rsp", models.BigIntegerField()),
                ("rsp_own", models.BigIntegerField()),
                ("rsp_total", models.BigIntegerField()),
                ("active_directs", models.IntegerField()),
                ("direct_count", models.IntegerField()),
                ("opening_title", models.SmallIntegerField()),
                ("title_rank", models.SmallIntegerField()),
                ("pay_rank", models.SmallIntegerField()),
                ("commission_minor", models.BigIntegerField()),
                ("order_count", models.IntegerField()),
            ],
            options={
                "db_table": "compensation_memberresult",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="HeartBeat",
            fields=[
                (
                    "name",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
                ("beat_at", models.DateTimeField()),
                ("host", models.CharField(max_length=255)),
                ("pid", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Period",
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
                ("label", models.CharField(max_length=7, unique=True)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("frozen", "Frozen"),
                            ("computed", "Computed"),
                            ("approved", "Approved"),
                            ("posted", "Posted"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("frozen_at", models.DateTimeField(blank=True, null=True)),
                ("computed_at", models.DateTimeField(blank=True, null=True)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("posted_at", models.DateTimeField(blank=True, null=True)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PlanVersion",
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
                ("name", models.CharField(max_length=100)),
                ("document", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("effective_from", models.DateField(unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reversal",
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
                ("part_count", models.PositiveIntegerField()),
                ("journal_count", models.PositiveIntegerField()),
                ("money_minor", models.BigIntegerField()),
                ("rsp", models.BigIntegerField()),
                ("reversed_at", models.DateTimeField()),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="compensation.period",
                    ),
                ),
                (
                    "sales_return",
                    models.OneToOneField(
                        db_column="return_id",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="sales.return",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Run",
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
                    "kind",
                    models.CharField(
                        choices=[("close", "Close"), ("preview", "Preview")],
                        default="close",
                        max_length=7,
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("computed", "Computed"),
                            ("approved", "Approved"),
                            ("posted", "Posted"),
                            ("failed", "Failed"),
                            ("dropped", "Dropped"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("fence", models.BigIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "holder_backend",
                    models.IntegerField(blank=True, null=True),
                ),
                (
                    "holder_since",
                    models.DateTimeField(blank=True, null=True),
                ),
                ("input_digest", models.CharField(blank=True, max_length=64)),
                ("plan_digest", models.CharField(blank=True, max_length=64)),
                ("result_digest", models.CharField(blank=True, max_length=64)),
                ("engine_version", models.CharField(blank=True, max_length=40)),
                ("as_of", models.DateTimeField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("posted_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                ("failure_count", models.PositiveSmallIntegerField(default=0)),
                ("order_count", models.BigIntegerField(default=0)),
                ("line_count", models.BigIntegerField(default=0)),
                ("member_count", models.BigIntegerField(default=0)),
                ("active_count", models.BigIntegerField(default=0)),
                ("promotion_count", models.BigIntegerField(default=0)),
                ("bv", models.BigIntegerField(default=0)),
                ("rsp_sold", models.BigIntegerField(default=0)),
                ("net_minor", models.BigIntegerField(default=0)),
                ("commission_minor", models.BigIntegerField(default=0)),
                ("rsp_credited", models.BigIntegerField(default=0)),
                ("earning_count", models.BigIntegerField(default=0)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "computed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="compensation.period",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="compensation.planversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReversedPart",
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
                ("component", models.SmallIntegerField()),
                ("paid_level", models.SmallIntegerField()),
                ("unit", models.SmallIntegerField(choices=[(0, "Money"), (1, "RSP")])),
                ("rate_num", models.BigIntegerField()),
                ("rate_den", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
                (
                    "order_line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.orderline",
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="representatives.representative",
                    ),
                ),
                (
                    "reversal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="compensation.reversal",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compensation.run",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="reversal",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reversals",
                to="compensation.run",
            ),
        ),
        migrations.AddField(
            model_name="period",
            name="visible_run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="compensation.run",
            ),
        ),
        migrations.CreateModel(
            name="Journal",
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
                ("source_key", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("commission", "Commission"),
                            ("reversal", "Reversal"),
                            ("adjustment", "Adjustment"),
                        ],
                        max_length=10,
                    ),
                ),
                ("effective_at", models.DateTimeField()),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "xact",
                    compensation.models.TransactionIdField(
                        db_default=compensation.models.CurrentTransactionId(),
                        editable=False,
                    ),
                ),
                (
                    "representative",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journals",
                        to="representatives.representative",
                    ),
                ),
                (
                    "reverses",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="compensation.journal",
                    ),
                ),
                (
                    "sales_return",
                    models.ForeignKey(
                        blank=True,
                        db_column="return_id",
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journals",
                        to="sales.return",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journals",
                        to="compensation.period",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journals",
                        to="compensation.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunStep",
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
                    "name",
                    models.CharField(
                        choices=[
                            ("freeze", "Freeze"),
                            ("compute", "Compute"),
                            ("verify", "Verify"),
                            ("approve", "Approve"),
                            ("post", "Post"),
                            ("publish", "Publish"),
                        ],
                        max_length=20,
                    ),
                ),
                ("ordinal", models.PositiveSmallIntegerField()),
                ("host", models.CharField(max_length=255)),
                ("pid", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("duration_ms", models.BigIntegerField()),
                ("rows", models.BigIntegerField(default=0)),
                ("output_digest", models.CharField(blank=True, max_length=64)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="compensation.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
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
                    "account",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Commission expense"),
                            (2, "Commission payable"),
                            (3, "RSP issued"),
                            (4, "RSP bank"),
                            (5, "Clearing"),
                            (6, "Volume granted"),
                            (7, "Volume contra of the period"),
                        ]
                    ),
                ),
                ("unit", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
                (
                    "representative",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="representatives.representative",
                    ),
                ),
                (
                    "journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="compensation.journal",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("representative__isnull", False)),
                        fields=["representative", "account"],
                        name="entry_representative_account",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount", 0), _negated=True),
                        name="entry_amount_not_nought",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("account__in", [1, 2, 3, 4, 5, 6, 7])),
                        name="entry_account_known",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                fields=("period", "kind", "attempt"), name="run_attempt_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("kind", "close"),
                    ("status__in", ["running", "computed", "approved", "posted"]),
                ),
                fields=("period",),
                name="run_one_live_close_per_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "preview"), ("status", "running")),
                fields=("period",),
                name="run_one_running_preview_per_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(
                        ("computed_by__isnull", False),
                        models.Q(
                            ("approved_by", models.F("computed_by")), _negated=True
                        ),
                    ),
                    _connector="OR",
                ),
                name="run_approved_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["approved", "posted"]), _negated=True),
                    models.Q(
                        ("approved_by__isnull", False), ("computed_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="run_approved_before_posting",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "close"),
                    models.Q(("status__in", ["approved", "posted"]), _negated=True),
                    _connector="OR",
                ),
                name="run_preview_never_posted",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "running",
                            "computed",
                            "approved",
                            "posted",
                            "failed",
                            "dropped",
                        ],
                    )
                ),
                name="run_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="reversedpart",
            constraint=models.UniqueConstraint(
                fields=(
                    "reversal",
                    "receiver",
                    "order_line",
                    "component",
                    "paid_level",
                    "rate_num",
                    "rate_den",
                ),
                name="reversedpart_once",
            ),
        ),
        migrations.AddIndex(
            model_name="period",
            index=models.Index(fields=["starts_at"], name="period_starts_at"),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_at__lt", models.F("ends_at"))),
                name="period_starts_before_it_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_day__lte", models.F("last_day"))),
                name="period_first_day_before_last_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["open", "frozen", "computed", "approved", "posted"])
                ),
                name="period_status_known",
            ),
        ),
        migrations.AddIndex(
            model_name="journal",
            index=models.Index(
                condition=models.Q(("kind", "commission"), _negated=True),
                fields=["representative", "period"],
                name="journal_beside_the_close",
            ),
        ),
        migrations.AddIndex(
            model_name="journal",
            index=models.Index(
                condition=models.Q(("sales_return__isnull", False)),
                fields=["sales_return"],
                name="journal_of_return",
            ),
        ),
        migrations.AddConstraint(
            model_name="journal",
            constraint=models.UniqueConstraint(
                fields=("source_key",), name="journal_source_key_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="journal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses__isnull", False)),
                fields=("reverses",),
                name="journal_reversed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="journal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["commission", "reversal", "adjustment"])
                ),
                name="journal_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="runstep",
            constraint=models.UniqueConstraint(
                fields=("run", "name"), name="runstep_once"
            ),
        ),
    ]

"""What is to be done for whom, and when; the guards are in sql/follow_ups.sql."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

GUARDS = (Path(__file__).parent / "sql" / "follow_ups.sql").read_text(encoding="utf-8")
UNDO = """
DROP TRIGGER sales_customer_ends_follow_ups ON sales_customer;
DROP FUNCTION sales_followup_customer_changed();
DROP TRIGGER sales_followup_stands ON sales_followup;
DROP TRIGGER sales_followup_changed ON sales_followup;
DROP TRIGGER sales_followup_added ON sales_followup;
DROP FUNCTION sales_followup_allowed();
"""


class Migration(migrations.Migration):
    """Tables, the care plan to begin with, and what the database refuses and does by itself."""

    dependencies = [
        ("representatives", "0010_choices_hold"),
        ("sales", "0012_forecast"),
    ]

    operations = [
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "representative",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="representatives.representative",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="sales.customer",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="representatives.representative",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("care", "Care after a sale"),
                            ("reorder", "Reorder"),
                            ("own", "Own task"),
                            ("referral_ask", "Referral"),
                            ("win_back", "Win back"),
                            ("guide", "Guide"),
                            ("member", "Team"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "occasion",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("arrived", "The first order has arrived"),
                            ("first_days", "The first days of use"),
                            ("result", "After some weeks of use"),
                            ("reorder", "It runs out"),
                            ("add_on", "Something that goes with it"),
                            ("upgrade", "A larger size"),
                            ("referral_ask", "Asking for a referral"),
                            ("win_back", "Not heard of for long"),
                            ("guide", "A guide to read"),
                            ("hello", "Any other talk"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("due_on", models.DateField()),
                ("text", models.CharField(blank=True, default="", max_length=300)),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")],
                        default="open",
                        max_length=9,
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "None"),
                            ("ordered", "Ordered"),
                            ("talked", "Talked"),
                            ("no_answer", "No answer"),
                            ("not_interested", "Not interested"),
                            ("done", "Done"),
                        ],
                        default="",
                        max_length=14,
                    ),
                ),
                ("note", models.TextField(blank=True, default="", max_length=2000)),
                (
                    "source_key",
                    models.CharField(
                        blank=True, db_collation="C", max_length=120, null=True, unique=True
                    ),
                ),
                ("suggestion_key", models.CharField(blank=True, default="", max_length=120)),
                (
                    "closing_order",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.order",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["representative", "due_on", "id"],
                        name="followup_open_idx",
                    ),
                    models.Index(
                        condition=models.Q(("state", "open"), _negated=True),
                        fields=["representative", "-closed_at", "-id"],
                        name="followup_closed_idx",
                    ),
                    models.Index(
                        condition=models.Q(("customer__isnull", False)),
                        fields=["customer", "-id"],
                        name="followup_of_customer_idx",
                    ),
                    models.Index(
                        condition=models.Q(("member__isnull", False)),
                        fields=["member", "representative"],
                        name="followup_on_member_idx",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "care",
                                    "reorder",
                                    "own",
                                    "referral_ask",
                                    "win_back",
                                    "guide",
                                    "member",
                                ],
                            )
                        ),
                        name="followup_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at__isnull", True), ("result", ""), ("state", "open")
                            ),
                            models.Q(
                                ("closed_at__isnull", False),
                                (
                                    "result__in",
                                    ["ordered", "talked", "no_answer", "not_interested", "done"],
                                ),
                                ("state", "done"),
                            ),
                            models.Q(
                                ("closed_at__isnull", False), ("result", ""), ("state", "cancelled")
                            ),
                            _connector="OR",
                        ),
                        name="followup_done_has_a_result",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("customer__isnull", True), ("member__isnull", True), _connector="OR"
                        ),
                        name="followup_on_one_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "own"),
                            models.Q(("kind", "member"), ("member__isnull", False)),
                            models.Q(
                                models.Q(("kind__in", ["own", "member"]), _negated=True),
                                ("customer__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="followup_kind_fits_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True),
                            ("customer__isnull", False),
                            ("member__isnull", False),
                            _connector="OR",
                        ),
                        name="followup_says_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("member__isnull", True),
                            models.Q(("member", models.F("representative")), _negated=True),
                            _connector="OR",
                        ),
                        name="followup_on_another_member",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closing_order__isnull", True),
                            models.Q(("result", "ordered"), ("state", "done")),
                            _connector="OR",
                        ),
                        name="followup_closed_by_an_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source_key__isnull", True),
                            models.Q(("source_key", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="followup_source_named",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CarePlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Empty: for all products without a plan of their own.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="care_plans",
                        to="sales.product",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product",), name="careplan_once_a_product", nulls_distinct=False
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="CareStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="sales.careplan",
                    ),
                ),
                (
                    "anchor",
                    models.CharField(
                        choices=[
                            ("sale", "days after the sale"),
                            ("run_out", "days before the pack is empty"),
                        ],
                        default="sale",
                        max_length=7,
                    ),
                ),
                ("days", models.PositiveSmallIntegerField()),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("arrived", "The first order has arrived"),
                            ("first_days", "The first days of use"),
                            ("result", "After some weeks of use"),
                            ("reorder", "It runs out"),
                            ("add_on", "Something that goes with it"),
                            ("upgrade", "A larger size"),
                            ("referral_ask", "Asking for a referral"),
                            ("win_back", "Not heard of for long"),
                            ("guide", "A guide to read"),
                            ("hello", "Any other talk"),
                        ],
                        max_length=12,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("plan", "anchor", "days"), name="carestep_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("anchor__in", ["sale", "run_out"])),
                        name="carestep_anchor_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days__gte", 0), ("days__lte", 365)),
                        name="carestep_within_a_year",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "occasion__in",
                                [
                                    "arrived",
                                    "first_days",
                                    "result",
                                    "reorder",
                                    "add_on",
                                    "upgrade",
                                    "referral_ask",
                                    "win_back",
                                    "guide",
                                    "hello",
                                ],
                            )
                        ),
                        name="carestep_occasion_known",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("arrived", "The first order has arrived"),
                            ("first_days", "The first days of use"),
                            ("result", "After some weeks of use"),
                            ("reorder", "It runs out"),
                            ("add_on", "Something that goes with it"),
                            ("upgrade", "A larger size"),
                            ("referral_ask", "Asking for a referral"),
                            ("win_back", "Not heard of for long"),
                            ("guide", "A guide to read"),
                            ("hello", "Any other talk"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for all products without a text of their own.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="message_templates",
                        to="sales.product",
                    ),
                ),
                ("language", models.CharField(max_length=2)),
                ("subject", models.CharField(max_length=120)),
                ("body", models.TextField(max_length=1500)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("occasion", "language", "product"),
                        name="messagetemplate_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "occasion__in",
                                [
                                    "arrived",
                                    "first_days",
                                    "result",
                                    "reorder",
                                    "add_on",
                                    "upgrade",
                                    "referral_ask",
                                    "win_back",
                                    "guide",
                                    "hello",
                                ],
                            )
                        ),
                        name="messagetemplate_occasion_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["en", "pl"])),
                        name="messagetemplate_language_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("subject", ""), _negated=True),
                            models.Q(("body", ""), _negated=True),
                        ),
                        name="messagetemplate_says_something",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "representative",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calendar_feed",
                        to="representatives.representative",
                    ),
                ),
                ("seed", models.CharField(max_length=64)),
                ("token_digest", models.CharField(max_length=64, unique=True)),
                ("shows_names", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("seed", ""), _negated=True),
                            models.Q(("token_digest", ""), _negated=True),
                        ),
                        name="calendarfeed_has_a_secret",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]

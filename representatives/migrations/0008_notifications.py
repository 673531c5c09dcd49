"""What people are told, staff looking as a member sees it, and the company's logo."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("representatives", "0007_profile"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="company",
            name="logo_path",
        ),
        migrations.AddField(
            model_name="company",
            name="logo_digest",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.CreateModel(
            name="CompanyLogo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("content", models.BinaryField(blank=True, default=b"")),
                ("print_content", models.BinaryField(blank=True, default=b"")),
                ("digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("width", models.PositiveSmallIntegerField(default=0)),
                ("height", models.PositiveSmallIntegerField(default=0)),
                ("set_at", models.DateTimeField()),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("set_logo", "Can set the company's logo")],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["set_at", "id"], name="companylogo_since_idx"),
                    models.Index(
                        condition=models.Q(("digest", ""), _negated=True),
                        fields=["digest"],
                        name="companylogo_address_idx",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("digest", ""), ("height", 0), ("width", 0)),
                            models.Q(
                                models.Q(("digest", ""), _negated=True),
                                ("height__gte", 1),
                                ("height__lte", 240),
                                ("width__gte", 1),
                                ("width__lte", 800),
                            ),
                            _connector="OR",
                        ),
                        name="companylogo_whole_or_none",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MemberLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("began_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "representative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="looks",
                        to="representatives.representative",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="looks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "look as a member sees it",
                "verbose_name_plural": "looks as a member sees it",
                "permissions": [("look_as_member", "Can look at the portal as a member sees it")],
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["staff", "-id"], name="memberlook_of_staff_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="memberlook_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("began_at"))),
                        name="memberlook_ends_by_itself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True),
                            models.Q(
                                ("ended_at__gte", models.F("began_at")),
                                ("ended_at__lte", models.F("ends_at")),
                            ),
                            _connector="OR",
                        ),
                        name="memberlook_ended_before",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("statement", "Statement published"),
                            ("rank", "Rank reached"),
                            ("payout_sent", "Payout sent"),
                            ("payout_failed", "Payout failed"),
                            ("payout_held", "Payouts held"),
                            ("adjustment", "Adjustment"),
                            ("dispute", "Dispute answered"),
                            ("member", "New member in your front line"),
                            ("points", "RSP about to expire"),
                            ("bank_details", "Bank details changed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("event", models.CharField(db_collation="C", max_length=120)),
                ("facts", models.JSONField(default=dict)),
                ("happened_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "mail",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not by e-mail"),
                            ("at_once", "At once"),
                            ("daily", "With the day's others"),
                        ],
                        default="",
                        max_length=7,
                    ),
                ),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        db_constraint=False,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["user", "-id"], name="notice_newest_idx"),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)),
                        fields=["user"],
                        name="notice_unread_idx",
                    ),
                    models.Index(
                        condition=models.Q(("mail", "at_once"), ("mailed_at__isnull", True)),
                        fields=["id"],
                        name="notice_to_mail_idx",
                    ),
                    models.Index(
                        condition=models.Q(("mail", "daily"), ("mailed_at__isnull", True)),
                        fields=["happened_at"],
                        name="notice_to_collect_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "event"), name="notice_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "statement",
                                    "rank",
                                    "payout_sent",
                                    "payout_failed",
                                    "payout_held",
                                    "adjustment",
                                    "dispute",
                                    "member",
                                    "points",
                                    "bank_details",
                                ],
                            ),
                            models.Q(("event", ""), _negated=True),
                        ),
                        name="notice_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mail__in", ["at_once", "daily"]),
                            models.Q(("mail", ""), ("mailed_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="notice_mailed_if_wanted",
                    ),
                ],
            },
        ),
    ]

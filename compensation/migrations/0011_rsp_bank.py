"""Conversions of points; guards in the SQL beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
TARGETS = [("cash", "Cash"), ("bv", "BV"), ("expiry", "Cash at expiry")]


def reference(to: str, related_name: str) -> models.ForeignKey:
    """Return a reference to what is kept."""
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=related_name, to=to
    )


class Migration(migrations.Migration):
    dependencies = [
        ("compensation", "0010_close_gate"),
        ("representatives", "0003_first_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RspConversion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.CharField(max_length=64)),
                ("target", models.CharField(choices=TARGETS, max_length=6)),
                ("asked", models.BigIntegerField()),
                ("points", models.BigIntegerField()),
                ("cash_minor", models.BigIntegerField(default=0)),
                ("bv", models.BigIntegerField(default=0)),
                ("decomposition", models.JSONField(default=dict)),
                ("converted_at", models.DateTimeField()),
                ("by", reference(settings.AUTH_USER_MODEL, "+")),
                (
                    "journal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversion",
                        to="compensation.journal",
                    ),
                ),
                ("period", reference("compensation.period", "conversions")),
                ("plan_version", reference("compensation.planversion", "conversions")),
                (
                    "representative",
                    reference("representatives.representative", "conversions"),
                ),
            ],
            options={
                "verbose_name": "conversion of points",
                "verbose_name_plural": "conversions of points",
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("representative", "token"), name="rspconversion_token_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target__in", ["cash", "bv", "expiry"])),
                        name="rspconversion_target_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("asked__gte", models.F("points")),
                            ("points__gt", 0),
                            models.Q(("token", ""), _negated=True),
                        ),
                        name="rspconversion_takes_points",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("bv", 0), ("cash_minor__gt", 0), ("target", "cash")),
                            models.Q(("bv__gt", 0), ("cash_minor__gte", 0), ("target", "bv")),
                            models.Q(("bv", 0), ("cash_minor__gte", 0), ("target", "expiry")),
                            _connector="OR",
                        ),
                        name="rspconversion_brings_what_it_says",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("bv__gt", 0)),
                        fields=["period", "representative"],
                        name="rspconversion_bought_bv",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (SQL / "rsp_bank.sql").read_text(encoding="utf-8"),
            (SQL / "rsp_bank_down.sql").read_text(encoding="utf-8"),
        ),
    ]

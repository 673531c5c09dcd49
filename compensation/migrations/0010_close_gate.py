"""What must be acknowledged before a close is approved; guards in the SQL beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
CODES = [
    ("payout_ratio", "Payout ratio"),
    ("total_moved", "Total against last month"),
    ("top_movers", "Top movers"),
    ("zero_after_pay", "Nothing after pay"),
    ("cap_hit", "Caps that cut"),
    ("promotions", "Promotions"),
    ("demotions", "Demotions"),
    ("unpaid_orders", "Unpaid orders"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("compensation", "0009_ledger_chain"),
        ("representatives", "0003_first_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="checks",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(choices=CODES, max_length=20)),
                ("ordinal", models.PositiveIntegerField()),
                ("figures", models.JSONField(default=dict)),
                ("text", models.TextField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="compensation.run",
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="representatives.representative",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "code", "ordinal"), name="finding_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__in", [code for code, _ in CODES])),
                        name="finding_code_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ordinal__gt", 0), ("subject__isnull", True), _connector="OR"
                        ),
                        name="finding_summary_names_nobody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Acknowledgement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(choices=CODES, max_length=20)),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acknowledgements",
                        to="compensation.run",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "code"), name="acknowledgement_once"),
                    models.CheckConstraint(
                        condition=models.Q(("code__in", [code for code, _ in CODES])),
                        name="acknowledgement_code_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", r"\S{2}")),
                        name="acknowledgement_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (SQL / "gate.sql").read_text(encoding="utf-8"),
            (SQL / "gate_down.sql").read_text(encoding="utf-8"),
        ),
    ]

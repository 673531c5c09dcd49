"""The chain over postings, balances, adjustments; guards in the SQL beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import compensation.models.ledger

SQL = Path(__file__).parent / "sql"
ACCOUNTS = [
    (1, "Commission expense"),
    (2, "Commission payable"),
    (3, "RSP issued"),
    (4, "RSP bank"),
    (5, "Clearing"),
    (6, "Volume granted"),
    (7, "Volume contra of the period"),
    (8, "Volume bought"),
    (9, "Payout in transit"),
    (10, "Cash"),
]
KINDS = [
    ("commission", "Commission"),
    ("reversal", "Reversal"),
    ("adjustment", "Adjustment"),
    ("conversion", "Conversion of points"),
    ("expiry", "Conversion of points at their expiry"),
    ("reserve", "Payout reserved"),
    ("settle", "Payout settled"),
    ("release", "Payout released"),
]
OWNED = (2, 4, 6, 8, 9)
LINE_FIELDS = ("run_id", "component", "paid_level", "rate_num", "rate_den")


def earlier_check() -> str:
    """Return the check of entries as migration 0002 made it: it seals nothing."""
    made = (SQL / "ledger.sql").read_text(encoding="utf-8")
    begin = made.index("CREATE FUNCTION compensation_check_entries")
    text = made[begin : made.index("END $$;", begin) + len("END $$;")]
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def grant_rebuild(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the application role mend balances: they can only become what the entries say."""
    role = schema_editor.quote_name(settings.DATABASE_APP_ROLE)
    schema_editor.execute(f"GRANT EXECUTE ON FUNCTION compensation_rebuild_balances() TO {role}")


class Migration(migrations.Migration):
    dependencies = [
        ("compensation", "0008_drop_unheard"),
        ("representatives", "0003_first_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="entry", name="entry_account_known"),
        migrations.RemoveConstraint(model_name="journal", name="journal_kind_known"),
        migrations.AlterField(
            model_name="entry",
            name="account",
            field=models.SmallIntegerField(choices=ACCOUNTS),
        ),
        migrations.AlterField(
            model_name="journal",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=10),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(account__in=[number for number, _ in ACCOUNTS]),
                name="entry_account_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(account__in=OWNED, representative__isnull=False)
                | (~models.Q(account__in=OWNED) & models.Q(representative__isnull=True)),
                name="entry_owner_fits_account",
            ),
        ),
        migrations.AddConstraint(
            model_name="journal",
            constraint=models.CheckConstraint(
                condition=models.Q(kind__in=[kind for kind, _ in KINDS]),
                name="journal_kind_known",
            ),
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("xact", compensation.models.ledger.TransactionIdField()),
                ("first_journal", models.BigIntegerField()),
                ("last_journal", models.BigIntegerField()),
                ("journal_count", models.BigIntegerField()),
                ("entry_count", models.BigIntegerField()),
                ("rows_digest", models.BinaryField(max_length=32)),
                ("head", models.BinaryField(max_length=32)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "batches",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("xact", "first_journal"), name="batch_range_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(number__gte=1, journal_count__gte=1, entry_count__gte=2)
                        & models.Q(first_journal__lte=models.F("last_journal")),
                        name="batch_not_empty",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        *("representative_id", "period_id", "account", "unit"),
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account", models.SmallIntegerField(choices=ACCOUNTS)),
                ("unit", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
                (
                    "period",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="compensation.period",
                    ),
                ),
                (
                    "representative",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="representatives.representative",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(account__in=(2, 4, 9)), name="balance_account_kept"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("money_minor", models.BigIntegerField(default=0)),
                ("rsp", models.BigIntegerField(default=0)),
                ("reason", models.CharField(max_length=500)),
                ("key", models.CharField(blank=True, max_length=100, null=True)),
                ("component", models.SmallIntegerField(blank=True, null=True)),
                ("paid_level", models.SmallIntegerField(blank=True, null=True)),
                ("rate_num", models.BigIntegerField(blank=True, null=True)),
                ("rate_den", models.BigIntegerField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                        ],
                        default="requested",
                        max_length=9,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_reason", models.CharField(blank=True, default="", max_length=500)),
                *[
                    (
                        name,
                        models.ForeignKey(
                            blank=name == "decided_by",
                            null=name == "decided_by",
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    )
                    for name in ("requested_by", "decided_by")
                ],
                (
                    "journal",
                    models.OneToOneField(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustment",
                        to="compensation.journal",
                    ),
                ),
                (
                    "related_period",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="related_adjustments",
                        to="compensation.period",
                    ),
                ),
                (
                    "representative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="representatives.representative",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="compensation.run",
                    ),
                ),
            ],
            options={
                "permissions": [("approve_adjustment", "Can approve or refuse adjustments")],
                "constraints": [
                    models.UniqueConstraint(fields=("key",), name="adjustment_key_once"),
                    models.CheckConstraint(
                        condition=~models.Q(money_minor=0) | ~models.Q(rsp=0),
                        name="adjustment_not_nought",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(reason=""), name="adjustment_has_a_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(**{f"{name}__isnull": True for name in LINE_FIELDS})
                        | models.Q(**{f"{name}__isnull": False for name in LINE_FIELDS}),
                        name="adjustment_line_whole",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(decided_by=models.F("requested_by")),
                        name="adjustment_decided_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            status="requested",
                            decided_by__isnull=True,
                            decided_at__isnull=True,
                            decision_reason="",
                            journal__isnull=True,
                        )
                        | models.Q(
                            status="approved",
                            decided_by__isnull=False,
                            decided_at__isnull=False,
                            journal__isnull=False,
                        )
                        | (
                            models.Q(
                                status="refused",
                                decided_by__isnull=False,
                                decided_at__isnull=False,
                                journal__isnull=True,
                            )
                            & ~models.Q(decision_reason="")
                        ),
                        name="adjustment_decided_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(migrations.RunSQL.noop, earlier_check()),
        migrations.RunSQL(
            (SQL / "ledger_chain.sql").read_text(encoding="utf-8"),
            (SQL / "ledger_chain_down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunPython(grant_rebuild, migrations.RunPython.noop),
    ]

"""Payees, payout batches and what the bank answers; guards in the SQL beside this file."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("compensation", "0011_rsp_bank"),
    ]

    operations = [
        migrations.CreateModel(
            name="AnswerFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("line_count", models.PositiveIntegerField()),
                ("imported_at", models.DateTimeField()),
                (
                    "imported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payee",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kyc_status",
                    models.CharField(
                        choices=[
                            ("none", "Not begun"),
                            ("submitted", "Submitted"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                        ],
                        default="none",
                        max_length=9,
                        verbose_name="identity",
                    ),
                ),
                (
                    "tax_form_status",
                    models.CharField(
                        choices=[
                            ("none", "Not begun"),
                            ("submitted", "Submitted"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                        ],
                        default="none",
                        max_length=9,
                        verbose_name="tax form",
                    ),
                ),
                ("holder_name", models.CharField(blank=True, default="", max_length=70)),
                (
                    "iban",
                    models.CharField(blank=True, default="", max_length=34, verbose_name="IBAN"),
                ),
                (
                    "bic",
                    models.CharField(blank=True, default="", max_length=11, verbose_name="BIC"),
                ),
                ("account_version", models.PositiveIntegerField(default=0)),
                ("account_changed_at", models.DateTimeField(blank=True, null=True)),
                ("usable_from", models.DateTimeField(blank=True, null=True)),
                ("refused_version", models.PositiveIntegerField(default=0)),
                ("held", models.BooleanField(default=False)),
                ("held_reason", models.CharField(blank=True, default="", max_length=500)),
                (
                    "representative",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payee",
                        to="representatives.representative",
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("see_bank_details", "Can see whole bank account numbers"),
                    (
                        "decide_payee",
                        "Can decide on the identity, the tax form and holds of payees",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayeeEvent",
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
                            ("kyc", "Identity"),
                            ("tax_form", "Tax form"),
                            ("account", "Bank account"),
                            ("hold", "Hold"),
                        ],
                        max_length=8,
                    ),
                ),
                ("outcome", models.CharField(max_length=20)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("happened_at", models.DateTimeField()),
                (
                    "done_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="compensation.payee",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("account_version", models.PositiveIntegerField()),
                ("holder_name", models.CharField(max_length=70)),
                ("iban", models.CharField(max_length=34, verbose_name="IBAN")),
                (
                    "bic",
                    models.CharField(blank=True, default="", max_length=11, verbose_name="BIC"),
                ),
                ("end_to_end_id", models.CharField(max_length=35, unique=True)),
                (
                    "flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("reserved", "Reserved"),
                            ("sent", "Sent"),
                            ("settled", "Settled"),
                            ("failed", "Failed"),
                            ("unknown", "Unknown"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="reserved",
                        max_length=9,
                    ),
                ),
                ("part", models.PositiveIntegerField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=140)),
                ("changed_at", models.DateTimeField()),
                (
                    "representative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payouts",
                        to="representatives.representative",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BankAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=4)),
                ("reason", models.CharField(blank=True, default="", max_length=140)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="compensation.answerfile",
                    ),
                ),
                (
                    "payout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="compensation.payout",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PayoutBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=35, unique=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("sent", "Sent"),
                            ("closed", "Closed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("execution_date", models.DateField()),
                ("channel", models.CharField(blank=True, default="", max_length=4)),
                ("debtor_name", models.CharField(blank=True, default="", max_length=70)),
                ("debtor_iban", models.CharField(blank=True, default="", max_length=34)),
                ("debtor_bic", models.CharField(blank=True, default="", max_length=11)),
                ("content_digest", models.CharField(blank=True, default="", max_length=64)),
                (
                    "noted_flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("cancel_reason", models.CharField(blank=True, default="", max_length=500)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
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
                    "cancelled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "edited_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "payout batches",
                "permissions": [
                    ("approve_payoutbatch", "Can approve payout batches"),
                    ("send_payoutbatch", "Can send payout batches and import the bank's answers"),
                ],
            },
        ),
        migrations.AddField(
            model_name="payout",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payouts",
                to="compensation.payoutbatch",
            ),
        ),
        migrations.CreateModel(
            name="PayoutPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("message_id", models.CharField(max_length=35, unique=True)),
                ("payout_count", models.PositiveIntegerField()),
                ("total_minor", models.BigIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ready", "Ready"),
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                            ("unknown", "Unknown"),
                        ],
                        default="ready",
                        max_length=8,
                    ),
                ),
                ("detail", models.CharField(blank=True, default="", max_length=200)),
                ("file_digest", models.CharField(blank=True, default="", max_length=64)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="compensation.payoutbatch",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="answerfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest", ""), _negated=True),
                name="answerfile_digest_not_empty",
            ),
        ),
        migrations.AddIndex(
            model_name="payee",
            index=models.Index(
                condition=models.Q(("iban", ""), _negated=True), fields=["iban"], name="payee_iban"
            ),
        ),
        migrations.AddConstraint(
            model_name="payee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kyc_status__in", ["none", "submitted", "approved", "refused"])
                ),
                name="payee_kyc_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("tax_form_status__in", ["none", "submitted", "approved", "refused"])
                ),
                name="payee_tax_form_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("account_changed_at__isnull", True),
                        ("account_version", 0),
                        ("bic", ""),
                        ("holder_name", ""),
                        ("iban", ""),
                        ("usable_from__isnull", True),
                    ),
                    models.Q(
                        ("account_changed_at__isnull", False),
                        ("account_version__gt", 0),
                        ("iban__regex", "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"),
                        ("usable_from__gte", models.F("account_changed_at")),
                        models.Q(("holder_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payee_account_whole_or_none",
            ),
        ),
        migrations.AddConstraint(
            model_name="payee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("bic", ""),
                    ("bic__regex", "^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$"),
                    _connector="OR",
                ),
                name="payee_bic_form",
            ),
        ),
        migrations.AddConstraint(
            model_name="payee",
            constraint=models.CheckConstraint(
                condition=models.Q(("refused_version__lte", models.F("account_version"))),
                name="payee_refused_version_was_entered",
            ),
        ),
        migrations.AddConstraint(
            model_name="payee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("held", False), ("held_reason", "")),
                    models.Q(("held", True), models.Q(("held_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="payee_held_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="payeeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["kyc", "tax_form", "account", "hold"])),
                name="payeeevent_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payeeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__in", ["refused", "held"]), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="payeeevent_refused_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankanswer",
            constraint=models.UniqueConstraint(
                fields=("payout", "code", "reason"), name="bankanswer_said_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["draft", "approved", "sent", "closed", "cancelled"])
                ),
                name="payoutbatch_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(
                        models.Q(("approved_by", models.F("made_by")), _negated=True),
                        models.Q(
                            ("edited_by__isnull", True),
                            models.Q(("approved_by", models.F("edited_by")), _negated=True),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="payoutbatch_approved_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at__isnull", True),
                        ("approved_by__isnull", True),
                        ("content_digest", ""),
                        ("status__in", ["draft", "cancelled"]),
                    ),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("status__in", ["approved", "sent", "closed"]),
                        models.Q(("content_digest", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payoutbatch_approved_before_it_is_sent",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("channel", ""),
                        ("debtor_iban", ""),
                        ("sent_at__isnull", True),
                        ("sent_by__isnull", True),
                        ("status__in", ["draft", "approved", "cancelled"]),
                    ),
                    models.Q(
                        ("channel__in", ["file", "http"]),
                        ("sent_at__isnull", False),
                        ("sent_by__isnull", False),
                        ("status__in", ["sent", "closed"]),
                        models.Q(("debtor_iban", ""), _negated=True),
                        models.Q(("debtor_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payoutbatch_sent_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "cancelled"), _negated=True),
                    models.Q(
                        ("cancelled_by__isnull", False),
                        models.Q(("cancel_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payoutbatch_cancelled_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("confirmed_by__isnull", False),
                        ("status__in", ["sent", "closed"]),
                    ),
                    _connector="OR",
                ),
                name="payoutbatch_confirmed_after_it_is_sent",
            ),
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(fields=["batch", "part", "id"], name="payout_of_part"),
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(
                condition=models.Q(("status__in", ["reserved", "sent", "unknown"])),
                fields=["status", "id"],
                name="payout_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.UniqueConstraint(
                fields=("batch", "representative"), name="payout_once_in_a_batch"
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="payout_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        ["reserved", "sent", "settled", "failed", "unknown", "cancelled"],
                    )
                ),
                name="payout_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("iban", ""), _negated=True),
                    models.Q(("holder_name", ""), _negated=True),
                    models.Q(("end_to_end_id", ""), _negated=True),
                ),
                name="payout_account_frozen",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("part__isnull", True), ("status__in", ["reserved", "cancelled"])),
                    models.Q(
                        ("part__gte", 1), ("status__in", ["sent", "settled", "failed", "unknown"])
                    ),
                    _connector="OR",
                ),
                name="payout_sent_in_a_part",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutpart",
            constraint=models.UniqueConstraint(fields=("batch", "number"), name="payoutpart_once"),
        ),
        migrations.AddConstraint(
            model_name="payoutpart",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["ready", "accepted", "refused", "unknown"])),
                name="payoutpart_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutpart",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("number__gte", 1), ("payout_count__gt", 0), ("total_minor__gt", 0)
                ),
                name="payoutpart_not_empty",
            ),
        ),
        migrations.CreateModel(
            name='AnswerContradiction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=4)),
                ('reason', models.CharField(blank=True, default='', max_length=140)),
                ('status', models.CharField(choices=[('reserved', 'Reserved'), ('sent', 'Sent'), ('settled', 'Settled'), ('failed', 'Failed'), ('unknown', 'Unknown'), ('cancelled', 'Cancelled')], max_length=9)),
                ('noted_at', models.DateTimeField()),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contradictions', to='compensation.answerfile')),
                ('payout', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='contradictions', to='compensation.payout')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['reserved', 'sent', 'settled', 'failed', 'unknown', 'cancelled'])), name='answercontradiction_status_known'), models.UniqueConstraint(fields=('payout', 'code', 'reason', 'status'), name='answercontradiction_once')],
            },
        ),
        migrations.CreateModel(
            name='PayoutBatchEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('noted_at', models.DateTimeField()),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='edits', to='compensation.payoutbatch')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('batch', 'by'), name='payoutbatchedit_once')],
            },
        ),
        migrations.RunSQL(
            (SQL / "payouts.sql").read_text(encoding="utf-8"),
            (SQL / "payouts_down.sql").read_text(encoding="utf-8"),
        ),
    ]

"""Disputes on statement lines, and what the papers of posted months say."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
PARTS = ("disputes", "statements")


class Migration(migrations.Migration):

    dependencies = [
        ('compensation', '0012_payouts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('component', models.SmallIntegerField()),
                ('paid_level', models.SmallIntegerField()),
                ('rate_num', models.BigIntegerField()),
                ('rate_den', models.BigIntegerField()),
                ('unit', models.SmallIntegerField(choices=[(0, 'Money'), (1, 'RSP')])),
                ('amount', models.BigIntegerField()),
                ('expected_minor', models.BigIntegerField()),
                ('text', models.TextField(max_length=2000)),
                ('language', models.CharField(default='en', max_length=2)),
                ('evidence', models.JSONField()),
                ('evidence_digest', models.CharField(max_length=64)),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('refused', 'Refused')], default='open', max_length=8)),
                ('answer', models.TextField(blank=True, default='', max_length=2000)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('adjustment', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dispute', to='compensation.adjustment')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='compensation.period')),
                ('representative', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='representatives.representative')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='compensation.run')),
            ],
            options={
                'default_permissions': ('view', 'change'),
            },
        ),
        migrations.CreateModel(
            name='DisputeEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ordinal', models.PositiveSmallIntegerField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('refused', 'Refused')], max_length=8)),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('adjustment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compensation.adjustment')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dispute', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='compensation.dispute')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='StatementFrame',
            fields=[
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='statement_frame', serialize=False, to='compensation.run')),
                ('company_name', models.CharField(max_length=150)),
                ('representative_label', models.CharField(max_length=60)),
                ('time_zone', models.CharField(max_length=64)),
                ('edition', models.PositiveSmallIntegerField()),
                ('frozen_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'statements of a month',
                'verbose_name_plural': 'statements of months',
                'permissions': [('view_statement', 'Can read the statements of representatives')],
                'default_permissions': ('view',),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('company_name', ''), _negated=True), models.Q(('time_zone', ''), _negated=True)), name='statementframe_whole'), models.CheckConstraint(condition=models.Q(('edition__gte', 1)), name='statementframe_edition')],
            },
        ),
        migrations.CreateModel(
            name='StatementName',
            fields=[
                ('pk', models.CompositePrimaryKey('representative_id', 'from_month', blank=True, editable=False, primary_key=True, serialize=False)),
                ('from_month', models.DateField()),
                ('name', models.CharField(max_length=150)),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('representative', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='representatives.representative')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(fields=['representative', '-opened_at'], name='dispute_of_person'),
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['due_at', 'id'], name='dispute_queue'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('run', 'representative', 'component', 'paid_level', 'rate_num', 'rate_den'), name='dispute_one_open_per_line'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['open', 'accepted', 'refused'])), name='dispute_status_known'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('unit__in', [0, 1])), name='dispute_unit_known'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('adjustment__isnull', True), ('answer', ''), ('answered_at__isnull', True), ('answered_by__isnull', True), ('status', 'open')), models.Q(models.Q(('answer', ''), _negated=True), ('adjustment__isnull', False), ('answered_at__isnull', False), ('answered_by__isnull', False), ('status', 'accepted')), models.Q(models.Q(('answer', ''), _negated=True), ('adjustment__isnull', True), ('answered_at__isnull', False), ('answered_by__isnull', False), ('status', 'refused')), _connector='OR'), name='dispute_answer_whole'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('answered_by__isnull', True), models.Q(('answered_by', models.F('opened_by')), _negated=True), _connector='OR'), name='dispute_answered_by_another_person'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('due_at__gt', models.F('opened_at'))), name='dispute_due_after_opening'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('expected_minor', models.F('amount')), _negated=True), name='dispute_expects_another_amount'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('evidence_digest__regex', '^[0-9a-f]{64}$')), name='dispute_evidence_digest_form'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('text'), 2000)), name='dispute_says_why'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('answer'), 2000), name='dispute_answer_length'),
        ),
        migrations.AddConstraint(
            model_name='disputeevent',
            constraint=models.UniqueConstraint(fields=('dispute', 'ordinal'), name='disputeevent_once'),
        ),
        migrations.AddConstraint(
            model_name='statementname',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('erased_at__isnull', False), ('name', '')), models.Q(models.Q(('name', ''), _negated=True), ('erased_at__isnull', True)), _connector='OR'), name='statementname_empty_if_erased'),
        ),
        *[
            migrations.RunSQL(
                (SQL / f"{part}.sql").read_text(encoding="utf-8"),
                (SQL / f"{part}_down.sql").read_text(encoding="utf-8"),
            )
            for part in PARTS
        ],
    ]

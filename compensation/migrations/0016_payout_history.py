"""Who edited payout batches, answers that contradict, and what a sent batch keeps."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('compensation', '0015_waiting_work'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            (SQL / "payout_history.sql").read_text(encoding="utf-8"),
            (SQL / "payout_history_down.sql").read_text(encoding="utf-8"),
        ),
    ]

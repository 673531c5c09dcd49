"""People of a representative: stage, use, needs, talks, consent; merge and erasure, and guards.

New rows of customers are held to the new rules at once; 0018 looks at those that there are.
"""

from importlib import import_module
from pathlib import Path

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

first = import_module("sales.migrations.0002_guards")
invoiced = import_module("sales.migrations.0006_guard_invoiced")

GUARDS = (Path(__file__).parent / "sql" / "people.sql").read_text(encoding="utf-8")
UNDO = (
    """
DROP TRIGGER sales_customertransfer_stands ON sales_customertransfer;
DROP TRIGGER sales_consent_stands ON sales_consent;
DROP TRIGGER sales_customer_no_truncate ON sales_customer;
DROP TRIGGER sales_customer_no_delete ON sales_customer;
DROP TRIGGER sales_customer_merged ON sales_customer;
DROP TRIGGER sales_customer_gone_stands ON sales_customer;
DROP TRIGGER sales_order_follows_merge ON sales_order;
DROP TRIGGER sales_order_decided_stands ON sales_order;
DROP FUNCTION sales_transfer_stands();
DROP FUNCTION sales_consent_stands();
DROP FUNCTION sales_customer_merged();
DROP FUNCTION sales_order_follows_merge();
"""
    + invoiced.DROP_STANDING
    + invoiced.standing(
        (*invoiced.ORDER_COLUMNS, "invoiced_to_customer", "margin_minor", "units"),
        (*invoiced.LINE_COLUMNS, "margin_minor"),
    )
    + first.refuse(
        "sales_order",
        "sales_order_decided_stands",
        "UPDATE",
        "a paid or cancelled order stands as it is",
        when="OLD.status <> 'placed'",
    )
    + "ALTER TABLE sales_order ENABLE ALWAYS TRIGGER sales_order_decided_stands;"
    + invoiced.functions_of(first.ORDER_ADDED)
    + "ALTER FUNCTION sales_order_added() SET search_path = public, pg_temp;"
)


class Migration(migrations.Migration):

    dependencies = [
        ('sales', '0010_tax_holds'),
    ]

    operations = [
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('contact', 'Being contacted about products'), ('tracking', 'Seeing that a shared guide was opened'), ('marketing', 'News and offers by e-mail or message')], max_length=10)),
                ('given_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('text', models.TextField(help_text='The words agreed to, or how consent was given.')),
            ],
        ),
        migrations.CreateModel(
            name='ContactFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('rows', models.JSONField()),
                ('read_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='KnownApart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('said_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Need',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('doing', 'Doing'), ('planning', 'Planning'), ('would_like', 'Would like')], max_length=10)),
                ('text', models.CharField(max_length=300)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(max_length=500)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Talk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('channel', models.CharField(blank=True, choices=[('phone', 'Phone call'), ('message', 'Text message'), ('email', 'E-mail'), ('visit', 'Visit')], db_default='', default='', max_length=8)),
                ('went', models.CharField(blank=True, choices=[('well', 'Went well'), ('neutral', 'Neither good nor bad'), ('badly', 'Went badly')], db_default='', default='', max_length=8)),
                ('text', models.TextField(blank=True, db_default='', default='')),
            ],
        ),
        migrations.AddField(
            model_name='customer',
            name='birthday',
            field=models.DateField(blank=True, help_text='Day and month count; the year is always 1904.', null=True),
        ),
        migrations.AddField(
            model_name='customer',
            name='channel',
            field=models.CharField(blank=True, choices=[('phone', 'Phone call'), ('message', 'Text message'), ('email', 'E-mail'), ('visit', 'Visit')], db_default='', default='', max_length=8),
        ),
        migrations.AddField(
            model_name='customer',
            name='erased_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='customer',
            name='language',
            field=models.CharField(blank=True, db_default='', default='', max_length=2),
        ),
        migrations.AddField(
            model_name='customer',
            name='merged_into',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='sales.customer'),
        ),
        migrations.AddField(
            model_name='customer',
            name='no_contact_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='asked not to be contacted'),
        ),
        migrations.AddField(
            model_name='customer',
            name='noticed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='told of the data kept'),
        ),
        migrations.AddField(
            model_name='customer',
            name='source',
            field=models.CharField(choices=[('manual', 'Added by hand'), ('import', 'From a file'), ('order', 'With an order'), ('link', 'Through a referral link'), ('customer', 'Recommended by a customer')], db_default='manual', default='manual', max_length=8),
        ),
        migrations.AddField(
            model_name='customer',
            name='stage',
            field=models.CharField(choices=[('aware', 'Knows of it'), ('likes', 'Likes it'), ('trusts', 'Trusts you'), ('buys', 'Buys'), ('refers', 'Recommends')], db_default='aware', default='aware', max_length=8),
        ),
        migrations.AddField(
            model_name='customer',
            name='touched_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='last worked with'),
        ),
        migrations.AddField(
            model_name='customer',
            name='use',
            field=models.CharField(choices=[('prospect', 'Prospect'), ('lead', 'Researched lead'), ('user', 'Current user')], db_default='prospect', default='prospect', max_length=8),
        ),
        migrations.AddField(
            model_name='order',
            name='written_for',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, help_text='Whom it was written for, where that customer was merged into another since.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sales.customer'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='customer_merged'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('written_for__isnull', False)), fields=['written_for'], name='order_written_for'),
        ),
        AddConstraintNotValid(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('stage__in', ['aware', 'likes', 'trusts', 'buys', 'refers'])), name='customer_stage_known'),
        ),
        AddConstraintNotValid(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('use__in', ['prospect', 'lead', 'user'])), name='customer_use_known'),
        ),
        AddConstraintNotValid(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['', 'phone', 'message', 'email', 'visit'])), name='customer_channel_known'),
        ),
        AddConstraintNotValid(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['', 'en', 'pl'])), name='customer_language_known'),
        ),
        AddConstraintNotValid(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['manual', 'import', 'order', 'link', 'customer'])), name='customer_source_known'),
        ),
        AddConstraintNotValid(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('birthday__isnull', True), ('birthday__year', 1904), _connector='OR'), name='customer_birthday_without_age'),
        ),
        AddConstraintNotValid(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('erased_at__isnull', True), ('merged_into__isnull', True)), models.Q(('birthday__isnull', True), ('channel', ''), ('email', ''), ('is_self', False), ('language', ''), ('note', ''), ('phone', ''), ('referred_by__isnull', True)), _connector='OR'), name='customer_gone_without_data'),
        ),
        AddConstraintNotValid(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), models.Q(('merged_into', models.F('id')), _negated=True), _connector='OR'), name='customer_not_merged_into_itself'),
        ),
        migrations.AddField(
            model_name='consent',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='sales.customer'),
        ),
        migrations.AddField(
            model_name='consent',
            name='representative',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='representatives.representative'),
        ),
        migrations.AddField(
            model_name='contactfile',
            name='representative',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='representatives.representative'),
        ),
        migrations.AddField(
            model_name='knownapart',
            name='first',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sales.customer'),
        ),
        migrations.AddField(
            model_name='knownapart',
            name='second',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sales.customer'),
        ),
        migrations.AddField(
            model_name='need',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='needs', to='sales.customer'),
        ),
        migrations.AddField(
            model_name='need',
            name='products',
            field=models.ManyToManyField(blank=True, related_name='+', to='sales.product'),
        ),
        migrations.AddField(
            model_name='savedfilter',
            name='representative',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='saved_filters', to='representatives.representative'),
        ),
        migrations.AddField(
            model_name='talk',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='talks', to='sales.customer'),
        ),
        migrations.AddField(
            model_name='talk',
            name='representative',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='representatives.representative'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['contact', 'tracking', 'marketing'])), name='consent_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='consent_has_words'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), ('withdrawn_at__gte', models.F('given_at')), _connector='OR'), name='consent_withdrawn_after_given'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('customer', 'representative', 'kind'), name='consent_once'),
        ),
        migrations.AddConstraint(
            model_name='knownapart',
            constraint=models.UniqueConstraint(fields=('first', 'second'), name='knownapart_once'),
        ),
        migrations.AddConstraint(
            model_name='knownapart',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='knownapart_in_order'),
        ),
        migrations.AddConstraint(
            model_name='need',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['doing', 'planning', 'would_like'])), name='need_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='need',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='need_says_something'),
        ),
        migrations.AddConstraint(
            model_name='savedfilter',
            constraint=models.UniqueConstraint(fields=('representative', 'name'), name='savedfilter_name_once'),
        ),
        migrations.AddConstraint(
            model_name='savedfilter',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='savedfilter_has_a_name'),
        ),
        migrations.AddIndex(
            model_name='talk',
            index=models.Index(fields=['customer', '-at', '-id'], name='talk_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='talk',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['', 'phone', 'message', 'email', 'visit'])), name='talk_channel_known'),
        ),
        migrations.AddConstraint(
            model_name='talk',
            constraint=models.CheckConstraint(condition=models.Q(('went__in', ['', 'well', 'neutral', 'badly'])), name='talk_went_known'),
        ),
        migrations.AddConstraint(
            model_name='talk',
            constraint=models.CheckConstraint(condition=models.Q(('channel', ''), ('text', ''), ('went', ''), _negated=True), name='talk_says_something'),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]

"""Figures of second sales by month."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('representatives', '0010_choices_hold'),
        ('sales', '0016_referral_links'),
    ]

    operations = [
        migrations.CreateModel(
            name='MonthFigures',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('own', 'Own'), ('team', 'Team'), ('all', 'Programme')], max_length=4, verbose_name='whose')),
                ('representative', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='representatives.representative')),
                ('month', models.DateField(help_text='Its first day.', verbose_name='month')),
                ('sellers', models.IntegerField(verbose_name='sellers with customers')),
                ('customers', models.IntegerField(verbose_name='customers within twelve months')),
                ('buyers', models.IntegerField(verbose_name='customers in the month')),
                ('known', models.IntegerField(verbose_name='customers as it began')),
                ('came_back', models.IntegerField(verbose_name='of these, bought again')),
                ('won_back', models.IntegerField(verbose_name='won back')),
                ('packs_due', models.IntegerField(verbose_name='packs that ran out')),
                ('packs_on_time', models.IntegerField(verbose_name='of these, reordered on time')),
                ('lines_first', models.IntegerField(verbose_name='lines of first sales')),
                ('lines_add_on', models.IntegerField(verbose_name='lines of add-on sales')),
                ('lines_repeat', models.IntegerField(verbose_name='lines of repeat sales')),
                ('lines_referral', models.IntegerField(verbose_name='lines of referral sales')),
                ('bv_first', models.BigIntegerField(verbose_name='BV of first sales')),
                ('bv_add_on', models.BigIntegerField(verbose_name='BV of add-on sales')),
                ('bv_repeat', models.BigIntegerField(verbose_name='BV of repeat sales')),
                ('bv_referral', models.BigIntegerField(verbose_name='BV of referral sales')),
                ('year_bv', models.BigIntegerField(verbose_name='BV of twelve months')),
                ('year_net_minor', models.BigIntegerField(verbose_name='net sales of twelve months')),
                ('gaps', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, help_text="Of one seller's customers, in order of size.", size=None, verbose_name='days between purchases')),
                ('median_days', models.IntegerField(blank=True, null=True, verbose_name='median days between purchases')),
                ('computed_at', models.DateTimeField(verbose_name='as of')),
            ],
            options={
                'verbose_name': 'figures of a month',
                'verbose_name_plural': 'figures of months',
                'indexes': [models.Index(fields=['month', 'scope'], name='monthfigures_of_month')],
                'constraints': [models.UniqueConstraint(fields=('representative', 'scope', 'month'), name='monthfigures_once'), models.UniqueConstraint(condition=models.Q(('scope', 'all')), fields=('month',), name='monthfigures_all_once'), models.CheckConstraint(condition=models.Q(models.Q(('representative__isnull', True), ('scope', 'all')), models.Q(('representative__isnull', False), ('scope__in', ['own', 'team'])), _connector='OR'), name='monthfigures_of_somebody'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='monthfigures_first_day'), models.CheckConstraint(condition=models.Q(models.Q(('scope', 'team'), _negated=True), models.Q(('customers__gte', 10), ('sellers__gte', 3), ('year_net_minor', 0)), _connector='OR'), name='monthfigures_team_is_many_and_no_money'), models.CheckConstraint(condition=models.Q(('scope', 'own'), ('gaps', []), _connector='OR'), name='monthfigures_gaps_of_one_seller'), models.CheckConstraint(condition=models.Q(('came_back__gte', 0), ('came_back__lte', models.F('known')), ('packs_on_time__gte', 0), ('packs_on_time__lte', models.F('packs_due')), ('won_back__gte', 0), ('won_back__lte', models.F('buyers'))), name='monthfigures_parts_within_wholes')],
            },
        ),
    ]

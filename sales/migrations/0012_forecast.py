"""When each customer is expected to buy again, and what that was learnt from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sales', '0011_people'),
    ]

    operations = [
        migrations.CreateModel(
            name='CustomerPulse',
            fields=[
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pulse', serialize=False, to='sales.customer')),
                ('orders', models.PositiveIntegerField(help_text='Days with a purchase.')),
                ('first_on', models.DateField(verbose_name='first bought')),
                ('last_on', models.DateField(verbose_name='last bought')),
                ('interval_days', models.PositiveSmallIntegerField(help_text='Days from one purchase to the next, of anything.', verbose_name='usual interval')),
                ('quiet_on', models.DateField(help_text='Later than this few come back.', verbose_name='quiet from')),
                ('alive_permille', models.PositiveSmallIntegerField(help_text='Per mille, of buying anything within the next 90 days.', verbose_name='still a customer')),
                ('happy_streak', models.PositiveIntegerField(help_text='The latest orders that came when expected, or before.', verbose_name='on time in a row')),
                ('computed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': "customer's pulse",
                'verbose_name_plural': "customers' pulses",
                'constraints': [models.CheckConstraint(condition=models.Q(('alive_permille__lte', 1000), ('first_on__lte', models.F('last_on')), ('happy_streak__lt', models.F('orders')), ('interval_days__gt', 0), ('last_on__lt', models.F('quiet_on')), ('orders__gt', 0)), name='customerpulse_numbers_in_bounds')],
            },
        ),
        migrations.CreateModel(
            name='ForecastModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField()),
                ('for_everybody', models.BooleanField(default=False, help_text='All forecasts were made anew with it.')),
                ('learnt_to', models.DateField(verbose_name='learnt from purchases before')),
                ('method', models.CharField(help_text='What did best on the latest 30 days.', max_length=20)),
                ('figures', models.JSONField(help_text='How each method did on purchases it had not seen.')),
                ('body', models.BinaryField()),
            ],
            options={
                'verbose_name': 'forecast model',
                'indexes': [models.Index(fields=['-made_at', '-id'], name='forecastmodel_newest')],
            },
        ),
        migrations.CreateModel(
            name='Forecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purchases', models.PositiveIntegerField(help_text='Days on which it was bought.')),
                ('last_on', models.DateField(verbose_name='last bought')),
                ('interval_days', models.PositiveSmallIntegerField(help_text='Days from one purchase to the next.', verbose_name='usual interval')),
                ('basis', models.CharField(choices=[('own', "The customer's own intervals"), ('mixed', 'Own intervals and those of others'), ('pack', "How long a pack lasts, and others' intervals")], max_length=5)),
                ('from_on', models.DateField(verbose_name='due from')),
                ('expected_on', models.DateField(verbose_name='expected')),
                ('until_on', models.DateField(verbose_name='due until')),
                ('quiet_on', models.DateField(help_text='Later than this few come back.', verbose_name='quiet from')),
                ('status', models.CharField(choices=[('on_time', 'On time'), ('due', 'Due'), ('overdue', 'Overdue'), ('quiet', 'Gone quiet')], max_length=7)),
                ('chance_permille', models.PositiveSmallIntegerField(help_text='Per mille, of buying it within the next 30 days.', verbose_name='chance')),
                ('computed_at', models.DateTimeField()),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='forecasts', to='sales.customer')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sales.product')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('customer', 'product'), name='forecast_once'), models.CheckConstraint(condition=models.Q(('expected_on__lte', models.F('until_on')), ('from_on__lte', models.F('expected_on')), ('last_on__lt', models.F('from_on')), ('until_on__lt', models.F('quiet_on'))), name='forecast_dates_in_order'), models.CheckConstraint(condition=models.Q(('basis__in', ['own', 'mixed', 'pack']), ('status__in', ['on_time', 'due', 'overdue', 'quiet'])), name='forecast_words_known'), models.CheckConstraint(condition=models.Q(('chance_permille__lte', 1000), ('interval_days__gt', 0), ('purchases__gt', 0)), name='forecast_numbers_in_bounds')],
            },
        ),
    ]

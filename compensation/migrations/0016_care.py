"""How many customers of a member go quiet: a number for the sponsor, never a small one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compensation', '0015_waiting_work'),
        ('representatives', '0011_desk'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuietCustomers',
            fields=[
                ('representative', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='representatives.representative')),
                ('people', models.PositiveIntegerField()),
                ('counted_on', models.DateField()),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('people__gte', 3)), name='quietcustomers_not_few')],
            },
        ),
    ]

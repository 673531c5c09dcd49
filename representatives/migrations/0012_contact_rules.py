"""When a customer counts as new or past, and how long unused contacts are kept."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """The company is one row."""

    dependencies = [("representatives", "0011_desk")]

    operations = [
        migrations.AddField(
            model_name="company",
            name="new_for_days",
            field=models.PositiveSmallIntegerField(
                db_default=60,
                default=60,
                help_text="So long after the first order a customer who bought once counts as new.",
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="past_after_days",
            field=models.PositiveSmallIntegerField(
                db_default=120,
                default=120,
                help_text="So long after the last order a customer counts as past.",
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="unused_contact_months",
            field=models.PositiveSmallIntegerField(
                db_default=12,
                default=12,
                help_text="Contacts without an order are deleted when unused for so many months.",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=Q(
                    new_for_days__gte=1,
                    past_after_days__gte=F("new_for_days"),
                    unused_contact_months__gte=1,
                    unused_contact_months__lte=60,
                ),
                name="company_contact_rules",
            ),
        ),
    ]

"""How many pieces a customer usually takes stands with the forecast; each night writes it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One piece until the forecast is made anew."""

    dependencies = [("sales", "0020_arrival_member")]

    operations = [
        migrations.AddField(
            model_name="forecast",
            name="pieces",
            field=models.PositiveIntegerField(
                db_default=1,
                help_text="Of an order; the median of the latest ones.",
                verbose_name="usual pieces",
            ),
        ),
        migrations.AddConstraint(
            model_name="forecast",
            constraint=models.CheckConstraint(
                condition=models.Q(("pieces__gt", 0)), name="forecast_of_some_pieces"
            ),
        ),
    ]

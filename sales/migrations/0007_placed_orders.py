"""An index of the orders that are not paid yet, which every close looks at."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Holds few of all orders."""

    dependencies = [("sales", "0006_guard_invoiced")]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "placed")),
                fields=["placed_at"],
                name="order_placed",
            ),
        ),
    ]

"""What waits, kept beside what is done: returns to be reversed, and the last sweep of the banks."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Adds both, with what waits already; the reverse drops them."""

    dependencies = [
        ("compensation", "0014_pin_search_path"),
        ("sales", "0006_guard_invoiced"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExpirySweep",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("due", models.TextField()),
                ("batch", models.BigIntegerField()),
                ("swept_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="expirysweep_only_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitingReturn",
            fields=[
                (
                    "sales_return",
                    models.OneToOneField(
                        db_column="return_id",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="sales.return",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compensation.period",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(
            (SQL / "waiting_returns.sql").read_text(encoding="utf-8"),
            (SQL / "waiting_returns_down.sql").read_text(encoding="utf-8"),
        ),
    ]

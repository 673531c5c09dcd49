"""Guards read the schema's tables, never a session's temporary ones."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("compensation", "0013_disputes"),
        ("representatives", "0006_outbox"),
        ("sales", "0006_guard_invoiced"),
    ]

    operations = [
        # Going back keeps the pins: earlier migrations replace or drop the functions themselves.
        migrations.RunSQL(
            (SQL / "pin_search_path.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        ),
    ]

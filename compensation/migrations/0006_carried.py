"""Tables and guards of what further kinds of plan need; SQL beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def earlier_functions() -> str:
    """Return the functions as they were, for two tables a run."""
    partitions = (SQL / "partitions.sql").read_text(encoding="utf-8")
    begin = partitions.index("CREATE FUNCTION")
    end = partitions.index("REVOKE EXECUTE")
    statistics = (SQL / "statistics.sql").read_text(encoding="utf-8").partition("REVOKE")[0]
    return (partitions[begin:end] + statistics).replace(
        "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
    )


class Migration(migrations.Migration):
    dependencies = [("compensation", "0005_further_kinds")]

    operations = [
        migrations.RunSQL(
            (SQL / "further_kinds.sql").read_text(encoding="utf-8"),
            (SQL / "further_kinds_down.sql").read_text(encoding="utf-8") + earlier_functions(),
        ),
    ]

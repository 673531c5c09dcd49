"""Results of runs that were given up go without standing in a reader's way."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def earlier_function() -> str:
    """Return the function as migration 0006 made it; it waits for a lock."""
    made = (SQL / "further_kinds.sql").read_text(encoding="utf-8")
    begin = made.index("CREATE OR REPLACE FUNCTION compensation_drop_partitions")
    return made[begin : made.index("END $$;", begin) + len("END $$;")]


class Migration(migrations.Migration):
    dependencies = [("compensation", "0007_run_timings")]

    operations = [
        migrations.RunSQL(
            (SQL / "drop_unheard.sql").read_text(encoding="utf-8"), earlier_function()
        ),
    ]

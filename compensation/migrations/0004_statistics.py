"""Statistics of a run's results, taken when they are published; SQL beside this file."""

from pathlib import Path

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQL = Path(__file__).parent / "sql"


def grant_function(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the application role, and nobody else, have a run's tables analysed."""
    role = schema_editor.quote_name(settings.DATABASE_APP_ROLE)
    schema_editor.execute(
        f"GRANT EXECUTE ON FUNCTION compensation_analyze_partitions(bigint) TO {role}"
    )


class Migration(migrations.Migration):
    dependencies = [("compensation", "0003_run_facts_mark")]

    operations = [
        migrations.RunSQL(
            (SQL / "statistics.sql").read_text(encoding="utf-8"),
            (SQL / "statistics_down.sql").read_text(encoding="utf-8"),
        ),
        migrations.RunPython(grant_function, migrations.RunPython.noop),
    ]

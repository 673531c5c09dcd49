"""Guards of periods, facts, ledger and results that models can't express; SQL beside this file."""

from pathlib import Path

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQL = Path(__file__).parent / "sql"
PARTS = ("periods", "facts", "ledger", "partitions")
PARTITION_FUNCTIONS = (
    "compensation_build_partitions(bigint, bigint)",
    "compensation_attach_partitions(bigint, bigint)",
    "compensation_drop_partitions(bigint)",
)


def grant_partition_functions(
    apps: StateApps, schema_editor: BaseDatabaseSchemaEditor
) -> None:
    """Let the application role, and nobody else, make and drop the partitions of runs."""
    role = schema_editor.quote_name(settings.DATABASE_APP_ROLE)
    for function in PARTITION_FUNCTIONS:
        schema_editor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")


class Migration(migrations.Migration):
    dependencies = [("compensation", "0001_initial"), ("sales", "0002_guards")]

    operations = [
        *[
            migrations.RunSQL(
                (SQL / f"{part}.sql").read_text(encoding="utf-8"),
                (SQL / f"{part}_down.sql").read_text(encoding="utf-8"),
            )
            for part in PARTS
        ],
        migrations.RunPython(grant_partition_functions, migrations.RunPython.noop),
    ]

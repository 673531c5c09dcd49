"""A merge ends what an order of either row has answered, and is not refused for it."""

from pathlib import Path

from django.db import migrations

FUNCTION = (Path(__file__).parent / "sql" / "follow_ups_of_merged.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Replaces the function of the guard; nothing that it did before is lost."""

    dependencies = [("sales", "0018_people_look")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]

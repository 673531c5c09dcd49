"""The outbox of effects outside the database, and alerts for staff."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("representatives", "0005_guard_placement")]

    operations = []

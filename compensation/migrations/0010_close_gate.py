"""What must be acknowledged before a close is approved."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("compensation", "0009_ledger_chain")]

    operations = []

"""The chain over postings, balances, adjustments."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("compensation", "0008_drop_unheard")]

    operations = []

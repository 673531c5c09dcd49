"""Disputes on statement lines."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("compensation", "0012_payouts")]

    operations = []

"""Conversions of points."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("compensation", "0010_close_gate")]

    operations = []

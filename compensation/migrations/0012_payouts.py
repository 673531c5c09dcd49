"""Payees, payout batches and what the bank answers."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("compensation", "0011_rsp_bank")]

    operations = []

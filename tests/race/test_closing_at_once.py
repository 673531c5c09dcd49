"""Closing at once without the guards: a month is posted twice.

That twenty processes with them close it once stands in ``tests/faults/test_at_once.py``.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db.models import Sum

from compensation.models import Account, Entry, Journal, Run
from tests.compensation.town import Town
from tests.race.processes import start_act


def test_control_without_the_guards_a_month_is_posted_twice(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    for statement in (
        "DROP INDEX run_one_live_close_per_period",
        "ALTER TABLE compensation_journal DROP CONSTRAINT journal_source_key_once",
        "ALTER TABLE compensation_journal DISABLE TRIGGER ledger_check",
        "ALTER TABLE compensation_period DISABLE TRIGGER period_moves",
    ):
        owner_connection.execute(statement)

    # One after the other is enough of a race when nothing looks whether it is done.
    for _ in range(2):
        process = start_act("close-unguarded", subprocess_env)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors

    assert Journal.objects.filter(source_key="close:2017-01:E").count() == 2
    paid = Entry.objects.filter(account=Account.COMMISSION_PAYABLE).aggregate(sum=Sum("amount"))
    assert paid["sum"] == 2 * Run.objects.earliest("pk").commission_minor

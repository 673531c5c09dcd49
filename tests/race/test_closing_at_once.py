"""Many processes close one month at once: one run, one posting, the same digest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from django.db.models import Sum

from compensation.models import Account, Entry, Journal, Run
from tests.compensation.town import APPROVED, CLOSER, Town, build_town, digest
from tests.race.processes import start_act

PROCESSES = 10


def test_ten_processes_close_a_month_once(
    town: Town,
    start_command: Callable[..., Any],
    run_command: Callable[..., Any],
    fresh_database: Callable[[], None],
) -> None:
    close = ("close_period", "2017-01", "--by", CLOSER, *APPROVED)
    started = [start_command(*close) for _ in range(PROCESSES)]
    outcomes = [(process.communicate(timeout=170), process.returncode) for process in started]

    assert {code for _, code in outcomes} <= {0, 3}, outcomes
    assert 0 in {code for _, code in outcomes}
    assert Run.objects.get().status == "posted"
    ended = run_command(*close)
    assert ended.returncode == 0
    assert "already posted" in ended.stdout
    raced = digest()

    fresh_database()
    build_town().close("2017-01")

    assert raced == digest()


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

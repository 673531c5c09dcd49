"""Many processes reverse the same returns at once: each is reversed once."""

from __future__ import annotations

from typing import Any

import psycopg

from compensation import services, verification
from compensation.models import Journal, Reversal
from tests.compensation.town import Town, digest, local
from tests.race.processes import start_act

PROCESSES = 5


def _waiting(town: Town) -> None:
    """Post January with three of its returns still to be reversed."""
    run = town.close("2017-01", post=False)
    now = local("2017-02-03T09:00")
    for code, day in (("F", 9), ("E", 8), ("D", 7)):
        order = next(
            one for key, one in town.orders.items() if key.startswith(f"{code}-2017-01-{day:02d}")
        )
        town.take_back(order, 1, "2017-02-02")
    services.approve_run(run=run, by=town.approver, now=now)
    services.advance_to_end(run=run, now=now)


def test_returns_are_reversed_once_by_many(town: Town, subprocess_env: dict[str, str]) -> None:
    _waiting(town)
    started = [start_act("reverse", subprocess_env) for _ in range(PROCESSES)]
    for process in started:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors

    assert Reversal.objects.count() == 3
    journals = Journal.objects.filter(kind="reversal").count()
    assert journals == sum(one.journal_count for one in Reversal.objects.all())
    before = digest()
    assert services.reverse_waiting_returns(now=local("2017-02-03T10:00")) == 0
    assert digest() == before
    assert verification.ledger_faults() == []


def test_control_without_the_guards_a_return_is_reversed_twice(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    _waiting(town)
    owner_connection.execute(
        "ALTER TABLE compensation_reversal DROP CONSTRAINT compensation_reversal_return_id_key"
    )
    started = [start_act("reverse-unguarded", subprocess_env) for _ in range(2)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        _, errors = process.communicate("go\n", timeout=120)
        assert process.returncode == 0, errors

    assert Reversal.objects.count() == 6

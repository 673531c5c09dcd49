"""C05: a worker killed while the server still works for it is replaced within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from compensation import verification
from compensation.models import Period, Run
from tests.compensation.town import Town, digest
from tests.faults.closing import BUSY, CLOSE, Done, until_not_busy
from tests.faults.forks import Child
from tests.race.processes import wait_until

# The post step's statement goes on for as long as the owner wants.
LONG = """
CREATE TABLE goes_on (one boolean);
INSERT INTO goes_on VALUES (true);
CREATE FUNCTION go_on() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    IF EXISTS (SELECT FROM public.goes_on) THEN PERFORM pg_sleep(600); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER go_on BEFORE INSERT ON compensation_runstep
    FOR EACH ROW WHEN (NEW.name = 'post') EXECUTE FUNCTION go_on();
"""
SLEEPERS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event = 'PgSleep'"
)
OWNED_WITHIN = 10
STILL_BUSY_AFTER = 4


def _sleepers(owner: psycopg.Connection[Any]) -> int:
    row = owner.execute(SLEEPERS).fetchone()
    assert row is not None
    return int(row[0])


def _killed_in_mid_statement(fork: Callable[..., Child], owner: psycopg.Connection[Any]) -> None:
    owner.execute(LONG)
    working = fork(*CLOSE)
    wait_until(lambda: _sleepers(owner) == 1, "in mid-statement")
    working.kill()
    owner.execute("DELETE FROM goes_on")


def test_the_next_worker_owns_the_run_within_seconds(
    town: Town,
    fork: Callable[..., Child],
    owner_connection: psycopg.Connection[Any],
    reference: Callable[..., str],
) -> None:
    _killed_in_mid_statement(fork, owner_connection)
    killed_at = time.monotonic()
    tries: list[float] = []

    def try_now() -> Done:
        tries.append(time.monotonic())
        return fork(*CLOSE).wait()

    done = until_not_busy(try_now)

    # The last try is the one that took the run over, and then closed the month.
    assert tries[-1] - killed_at < OWNED_WITHIN
    assert done.returncode == 0, done.stderr
    assert Period.objects.get(label="2017-01").status == "posted"
    assert digest() == reference()
    assert verification.ledger_faults() == []


def test_control_a_server_that_does_not_look_keeps_the_dead_one_at_work(
    town: Town, fork: Callable[..., Child], owner_connection: psycopg.Connection[Any]
) -> None:
    owner_connection.execute(
        sql.SQL("ALTER DATABASE {} SET client_connection_check_interval = 0").format(
            sql.Identifier(owner_connection.info.dbname)
        )
    )
    _killed_in_mid_statement(fork, owner_connection)
    killed_at = time.monotonic()

    while time.monotonic() - killed_at < STILL_BUSY_AFTER:
        assert fork(*CLOSE).wait().returncode == BUSY
        time.sleep(0.3)

    assert _sleepers(owner_connection) == 1
    assert Run.objects.get().status == "approved"
    owner_connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event = 'PgSleep'"
    )

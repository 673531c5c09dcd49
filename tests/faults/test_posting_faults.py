"""C15: whatever stops a posting, all of it is undone, and going on ends in the same ledger."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from compensation import services, verification
from compensation.models import Journal, Period, Run
from tests.compensation.town import Town, digest
from tests.faults.closing import BUSY, CLOSE, NOW
from tests.faults.forks import Child
from tests.faults.servers import PrivateServers

SLOW = """
CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$;
CREATE TRIGGER take_long AFTER INSERT ON compensation_journal
    FOR EACH STATEMENT EXECUTE FUNCTION take_long();
"""
FAULT = 1


def _approve(town: Town) -> Run:
    run = town.close("2017-01", post=False)
    services.approve_run(run=run, by=town.approver, now=NOW)
    return run


def _nothing_is_posted() -> None:
    assert not Journal.objects.exists()
    assert Period.objects.get(label="2017-01").status == "approved"
    assert verification.ledger_faults() == []


def _post(fork: Callable[..., Child], **env: str) -> int:
    done = fork(*CLOSE, env=env).wait()
    assert done.returncode in (0, FAULT, BUSY), done.stderr
    return done.returncode


def _resumed(fork: Callable[..., Child], reference: Callable[..., str]) -> None:
    assert _post(fork) == 0
    assert digest() == reference()
    assert verification.ledger_faults() == []


@pytest.mark.parametrize("table", ["compensation_journal", "compensation_entry"])
def test_a_full_disk_undoes_the_posting(
    private: PrivateServers,
    town: Town,
    fork: Callable[..., Child],
    reference: Callable[..., str],
    table: str,
) -> None:
    run = _approve(town)
    with private.disk_full(table):
        assert _post(fork) == BUSY
        assert "No space left on device" in private.postgres_log()
    run.refresh_from_db()
    assert (run.status, run.failure_count) == ("approved", 0)
    _nothing_is_posted()

    _resumed(fork, reference)


def test_a_statement_that_takes_too_long_undoes_the_posting(
    town: Town,
    fork: Callable[..., Child],
    reference: Callable[..., str],
    owner_connection: psycopg.Connection[Any],
) -> None:
    _approve(town)
    owner_connection.execute(SLOW)
    assert _post(fork, PGOPTIONS="-c statement_timeout=400ms") == BUSY
    _nothing_is_posted()

    owner_connection.execute("DROP TRIGGER take_long ON compensation_journal")
    _resumed(fork, reference)


def test_a_lock_that_does_not_come_undoes_the_posting(
    town: Town,
    fork: Callable[..., Child],
    reference: Callable[..., str],
    owner_connection: psycopg.Connection[Any],
) -> None:
    _approve(town)
    with owner_connection.transaction():
        owner_connection.execute("LOCK TABLE compensation_entry IN SHARE MODE")
        assert _post(fork, PGOPTIONS="-c lock_timeout=300ms") == BUSY
        _nothing_is_posted()

    _resumed(fork, reference)


def test_a_source_key_in_use_undoes_the_posting(
    town: Town,
    fork: Callable[..., Child],
    reference: Callable[..., str],
    owner_connection: psycopg.Connection[Any],
) -> None:
    """Somebody else's journal has a key of the posting: it is refused whole, until that is gone."""
    run = _approve(town)
    with _intruder(owner_connection, run):
        assert _post(fork) == FAULT
        assert Journal.objects.count() == 1
        run.refresh_from_db()
        assert (run.status, run.failure_count) == ("approved", 1)
        assert "journal_source_key_once" in run.error
    _nothing_is_posted()

    _resumed(fork, reference)


@contextmanager
def _intruder(owner: psycopg.Connection[Any], run: Run) -> Iterator[None]:
    guards = "ALTER TABLE compensation_journal {} TRIGGER {}"
    owner.execute(guards.format("DISABLE", "ledger_check"))
    owner.execute(
        "INSERT INTO compensation_journal"
        " (source_key, kind, period_id, run_id, representative_id, effective_at)"
        " SELECT 'close:2017-01:E', 'commission', period_id, id, NULL, now()"
        " FROM compensation_run WHERE id = %s",
        [run.pk],
    )
    owner.execute(guards.format("ENABLE ALWAYS", "ledger_check"))
    try:
        yield
    finally:
        owner.execute(guards.format("DISABLE", "append_only"))
        owner.execute("DELETE FROM compensation_journal WHERE source_key = 'close:2017-01:E'")
        owner.execute(guards.format("ENABLE ALWAYS", "append_only"))


@pytest.mark.parametrize(
    ("between", "code"), [("kill", -signal.SIGKILL), ("timeout", FAULT)], ids=["kill", "timeout"]
)
def test_control_a_posting_in_two_transactions_is_half_there_after_a_fault(
    town: Town, fork: Callable[..., Child], between: str, code: int
) -> None:
    _approve(town)

    done = fork("act:post-in-two-unguarded", between).wait()

    assert done.returncode == code, done.stderr
    assert 0 < Journal.objects.count() < Run.objects.get().active_count
    assert Period.objects.get(label="2017-01").status == "approved"
    assert any("is not posted" in fault for fault in verification.ledger_faults())

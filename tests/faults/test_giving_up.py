"""C14: a step that always fails, or always kills its process, is tried three times and no more."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db.models import F

from compensation import services, tasks, verification
from compensation.models import Journal, Period, Run
from representatives.models import Alert
from tests.compensation.town import CLOSER, Town, digest
from tests.faults.closing import BUSY, CLOSE, NOW, Beat, approve, is_published, start_january
from tests.faults.forks import Child
from tests.race.processes import wait_until

OFTEN = {"CLOSE_WATCH_SECONDS": "0.5"}
TRIES = 3


def _watch(fork: Callable[..., Child], fault: dict[str, str]) -> int:
    return fork("watch_closes", env=fault).wait().returncode


def _stands_frozen_and_the_rest_works(town: Town) -> None:
    """What holds after a run was given up."""
    run = Run.objects.get(kind="close")
    assert (run.status, run.period.status) == ("failed", "frozen")
    assert Alert.objects.filter(code="close_failed").count() == 1
    assert not Journal.objects.exists()
    assert verification.ledger_faults() == []
    town.buy("E", "2017-02-03", GREENS=1)
    preview = services.preview_period(
        period=Period.objects.get(label="2017-02"), by=town.closer, now=NOW
    )
    assert preview.status == "computed"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"FAULT_POINT": "verify.before_commit", "FAULT_ACTION": "raise"}, "a fault of the test"),
        ({"FAULT_POINT": "compute.loaded"}, "the process at work on it died, 3 times"),
    ],
    ids=["raises", "dies"],
)
def test_a_step_that_always_fails_gives_its_run_up(
    town: Town,
    fork: Callable[..., Child],
    reference: Callable[..., str],
    fault: dict[str, str],
    reason: str,
) -> None:
    codes = []
    deadline = time.monotonic() + 60
    while not Run.objects.filter(status="failed").exists():
        codes.append(_watch(fork, fault))
        assert time.monotonic() < deadline
    assert len([code for code in codes if code in (-signal.SIGKILL, 1)]) <= TRIES + 1, codes

    assert reason in Run.objects.get().error
    assert [_watch(fork, fault) for _ in range(3)] == [0, 0, 0]
    assert Run.objects.filter(kind="close").count() == 1
    _stands_frozen_and_the_rest_works(town)

    told = fork("close_period", "2017-01", "--by", CLOSER).wait()
    assert told.returncode == 1
    assert reason in told.stderr
    assert fork(*CLOSE).wait().returncode == 0
    assert Run.objects.filter(status="posted").get().attempt == 2
    assert digest() == reference()


def test_control_without_the_count_a_deadly_step_is_begun_for_ever(
    town: Town, fork: Callable[..., Child], owner_connection: psycopg.Connection[Any]
) -> None:
    owner_connection.execute(
        "CREATE FUNCTION forget_failures() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.failure_count := 0; RETURN NEW; END $$"
    )
    owner_connection.execute(
        "CREATE TRIGGER forget BEFORE UPDATE ON compensation_run"
        " FOR EACH ROW EXECUTE FUNCTION forget_failures()"
    )
    deaths = 0
    deadline = time.monotonic() + 60
    while deaths <= TRIES + 1:
        code = _watch(fork, {"FAULT_POINT": "compute.loaded"})
        assert code in (-signal.SIGKILL, BUSY)
        deaths += code == -signal.SIGKILL
        assert time.monotonic() < deadline

    assert Run.objects.get().status == "running"


def test_a_step_without_memory_fails_and_is_told(town: Town, fork: Callable[..., Child]) -> None:
    for _ in range(TRIES):
        starved = fork(
            "act:in-little-memory",
            *CLOSE,
            env={"FAULT_POINT": "compute.loaded", "FAULT_ACTION": "memory"},
        ).wait()
        assert starved.returncode == 1
        assert "MemoryError" in starved.stderr

    assert "MemoryError" in Run.objects.get().error
    _stands_frozen_and_the_rest_works(town)


def test_live_figures_that_kill_their_process_are_left_alone_for_a_while(
    town: Town, fork: Callable[..., Child]
) -> None:
    def beat(fault: dict[str, str]) -> int:
        Run.objects.update(created_at=F("created_at") - timedelta(seconds=15))
        return fork("act:refresh-live-figures", env=fault).wait().returncode

    codes = [beat({"FAULT_POINT": "compute.loaded"}) for _ in range(TRIES + 3)]

    assert codes == [-signal.SIGKILL] * TRIES + [0] * 3
    assert Run.objects.count() == TRIES
    Run.objects.update(created_at=F("created_at") - timedelta(minutes=10))
    assert beat({}) == 0
    assert Run.objects.latest("pk").status == "computed"


def _deaths(worker: Any) -> int:
    return len(re.findall(r"pid:\d+ exited with .*SIGKILL", worker.log()))


def test_workers_do_not_begin_a_deadly_step_again_and_again(
    town: Town,
    start_celery_worker: Callable[..., Any],
    subprocess_env: dict[str, str],
    tmp_path: Path,
) -> None:
    """The pool's child is killed at its step each time; the parent makes a new one."""
    # A child that died holds its place for ten seconds: there are enough others.
    worker = start_celery_worker(
        concurrency=TRIES + 2, env={**OFTEN, "FAULT_POINT": "post.before_commit"}
    )
    run = start_january(town)
    services.advance_to_end(run=run, now=NOW)
    approve(town)
    beat = Beat({**subprocess_env, **OFTEN}, tmp_path, "beat")
    try:
        tasks.hint(run)
        wait_until(lambda: Run.objects.filter(status="failed").exists(), "given up", 60)
        wait_until(lambda: _deaths(worker) == TRIES, "the parent has noticed all deaths")
        time.sleep(2)
        assert _deaths(worker) == TRIES
    finally:
        beat.stop()
    assert not is_published()
    _stands_frozen_and_the_rest_works(town)

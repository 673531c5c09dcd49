"""A close by a real worker: nothing moves while it is stopped, and its steps bear its name."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from typing import Any

from compensation import services, tasks
from compensation.models import HeartBeat, Journal, Period, Run, RunStep
from tests.compensation.town import Town, build_town, digest, local
from tests.race.processes import wait_until


def test_the_worker_alone_closes_and_says_so(
    town: Town, start_celery_worker: Callable[..., Any], fresh_database: Callable[[], None]
) -> None:
    period = Period.objects.get(label="2017-01")
    now = local("2017-02-03T09:00")
    run = services.start_run(period=period, by=town.closer, now=now)
    tasks.hint(run)
    time.sleep(1)
    assert not RunStep.objects.exists()

    worker = start_celery_worker()
    wait_until(lambda: Run.objects.get().status == "computed", "computed")
    town.acknowledge(run)
    services.approve_run(run=run, by=town.approver, now=now)
    tasks.hint(run)
    wait_until(lambda: RunStep.objects.filter(name="publish").exists(), "published")
    pids = {worker.pid, *worker.children()}

    done = RunStep.objects.exclude(name="approve")
    assert {step.host for step in done} == {socket.gethostname()}
    assert {step.pid for step in done} <= pids
    assert os.getpid() not in pids
    by_worker = digest()

    worker.stop()
    fresh_database()
    build_town().close("2017-01")
    assert digest() == by_worker


def test_the_watchdog_closes_what_is_due_and_no_more(
    town: Town, celery_worker_process: Any
) -> None:
    town.set_clock("2017-03-02T09:00")
    tasks.watch_closes_task.delay()
    tasks.heartbeat_task.delay()
    wait_until(lambda: Run.objects.filter(status="computed").exists(), "January computed")
    january = Run.objects.get()
    assert january.computed_by is not None
    assert january.computed_by.is_system

    # The same hints again and again, lost and repeated, change nothing.
    for _ in range(3):
        tasks.watch_closes_task.delay()
        tasks.advance_run_task.delay(run_id=january.pk)
    town.acknowledge(january)
    services.approve_run(run=january, by=town.approver, now=local("2017-03-02T09:00"))
    tasks.watch_closes_task.delay()
    wait_until(
        lambda: RunStep.objects.filter(run=january, name="publish").exists(), "January posted"
    )
    tasks.watch_closes_task.delay()
    wait_until(
        lambda: Run.objects.filter(period__label="2017-02", status="computed").exists(),
        "February computed",
    )

    assert Journal.objects.filter(kind="commission").values("run").distinct().count() == 1
    assert Period.objects.get(label="2017-03").status == "open"
    assert HeartBeat.objects.get().host == socket.gethostname()


def test_live_figures_come_by_the_worker(town: Town, celery_worker_process: Any) -> None:
    town.set_clock("2017-02-20T09:00")
    tasks.refresh_live_figures_task.delay()

    def is_visible() -> bool:
        run = Period.objects.get(label="2017-02").visible_run
        return run is not None and run.kind == "preview" and run.status == "computed"

    wait_until(is_visible, "a preview of February")

"""A worker paused past its lease is replaced, and writes nothing when it wakes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from compensation import services, verification
from compensation.models import MemberResult, Period, Run, RunStep
from tests.compensation.town import APPROVED, CLOSER, Town, build_town, digest, local
from tests.race.processes import is_stopped, start_act, wait_until, wake

CLOSE = ("close_period", "2017-01", "--resume", "--by", CLOSER, *APPROVED)
SHORT_LEASE = {"CLOSE_LEASE_SECONDS": "1"}


@pytest.fixture
def frozen(start_command: Callable[..., Any]) -> Iterator[Callable[[str], Any]]:
    """Return a function that starts a close and waits until it is frozen at a point."""
    started = []

    def start(point: str) -> Any:
        process = start_command(
            *CLOSE, env={**SHORT_LEASE, "FAULT_POINT": point, "FAULT_ACTION": "stop"}
        )
        started.append(process)
        wait_until(lambda: is_stopped(process.pid), f"stopped at {point}")
        return process

    yield start
    for process in started:
        process.kill()


@pytest.mark.parametrize("point", ["compute.before_commit", "post.before_commit"])
def test_a_worker_that_wakes_after_its_lease_writes_nothing(
    town: Town,
    frozen: Callable[[str], Any],
    run_command: Callable[..., Any],
    fresh_database: Callable[[], None],
    point: str,
) -> None:
    paused = frozen(point)
    run = Run.objects.get()
    fence = run.fence

    def resumed() -> bool:
        found = run_command(*CLOSE)
        assert found.returncode in (0, 3), found.stderr
        return bool(found.returncode == 0)

    wait_until(resumed, "taken over after the lease")
    steps = list(RunStep.objects.order_by("id").values_list("name", "pid", "finished_at"))
    after_takeover = digest()

    code, errors = wake(paused)

    assert code == 3, errors
    assert "Traceback" not in errors
    run.refresh_from_db()
    assert (run.status, run.fence > fence) == ("posted", True)
    assert list(RunStep.objects.order_by("id").values_list("name", "pid", "finished_at")) == steps
    assert MemberResult.objects.filter(run_id=run.pk).count() == run.member_count == 9
    assert digest() == after_takeover
    assert verification.ledger_faults() == []

    fresh_database()
    build_town().close("2017-01")
    assert digest() == after_takeover


def test_a_live_holder_is_not_disturbed_within_its_lease(
    town: Town, start_command: Callable[..., Any], run_command: Callable[..., Any]
) -> None:
    holder = start_command(
        *CLOSE, env={"FAULT_POINT": "freeze.after_commit", "FAULT_ACTION": "stop"}
    )
    wait_until(lambda: is_stopped(holder.pid), "stopped")

    busy = run_command(*CLOSE, "--json")
    outcome = json.loads(busy.stdout)
    assert (busy.returncode, outcome["exit"]) == (3, 3)
    assert "another process works" in outcome["message"]

    code, errors = wake(holder)
    assert (code, errors) == (0, "")
    assert Period.objects.get(label="2017-01").status == "posted"


@pytest.mark.parametrize(("act", "members"), [("write-late", 9), ("write-late-unguarded", 1)])
def test_late_results_are_kept_out_by_the_fence_alone(
    town: Town, subprocess_env: dict[str, str], act: str, members: int
) -> None:
    """With its control: without the fence the late writer's figures stand in the run."""
    now = local("2017-02-03T09:00")
    period = Period.objects.get(label="2017-01")
    run = services.start_run(period=period, by=town.closer, now=now)
    services.advance(run=run, now=now)
    late = start_act(act, {**subprocess_env, **SHORT_LEASE})
    wait_until(lambda: is_stopped(late.pid), "stopped")

    def taken_over() -> bool:
        try:
            services.advance_to_end(run=run, now=now)
        except services.Busy:
            return False
        return True

    wait_until(taken_over, "taken over after the lease")
    assert Run.objects.get().member_count == 9
    code, errors = wake(late)

    assert Run.objects.get().member_count == members
    assert (code != 0) == (act == "write-late")
    assert ("FenceLost" in errors) == (act == "write-late")

"""SIGKILL at every fault point, then --resume: the ledger is that of an undisturbed close."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

from compensation import services, verification
from compensation.fault_points import POINTS
from compensation.models import Journal, Period, Reversal, Run, RunStep
from tests.compensation.town import APPROVED, CLOSER, Town, build_town, digest, local
from tests.race.processes import start_act

CLOSE = ("close_period", "2017-01", "--resume", "--by", CLOSER, *APPROVED)
BUSY = 3


def _take_one_back(town: Town) -> None:
    """A return of the frozen month, to be reversed right after the posting."""
    order = next(one for key, one in town.orders.items() if key.startswith("F-2017-01-09"))
    town.take_back(order, 1, "2017-02-02")


def _run(run_command: Callable[..., Any], point: str) -> Any:
    """Close with a fault; again while the server still notices that the last holder is dead."""
    for _ in range(100):
        found = run_command(*CLOSE, env={"FAULT_POINT": point})
        if found.returncode != BUSY:
            return found
        time.sleep(0.2)
    raise AssertionError(f"busy for ever before {point}")


def test_a_close_killed_at_every_point_in_turn_ends_in_the_same_ledger(
    town: Town, run_command: Callable[..., Any], fresh_database: Callable[[], None]
) -> None:
    for point in POINTS:
        killed = _run(run_command, point)

        assert killed.returncode == -signal.SIGKILL, (point, killed.stdout, killed.stderr)
        assert verification.ledger_faults() == [], point
        if point == "verify.after_commit":
            _take_one_back(town)
    ended = _run(run_command, "")
    assert (ended.returncode, ended.stderr) == (0, "")
    disturbed = digest()
    assert Run.objects.filter(kind="close").count() == 1
    assert RunStep.objects.count() == 6
    assert Reversal.objects.count() == 1

    fresh_database()
    town = build_town()
    run = town.close("2017-01", post=False)
    _take_one_back(town)
    now = local("2017-02-03T09:00")
    services.approve_run(run=run, by=town.approver, now=now)
    services.advance_to_end(run=run, now=now)
    services.reverse_waiting_returns(now=now)

    assert disturbed == digest()


def test_control_a_posting_in_two_transactions_is_half_done_when_killed(
    town: Town, subprocess_env: dict[str, str]
) -> None:
    run = town.close("2017-01", post=False)
    services.approve_run(run=run, by=town.approver, now=local("2017-02-03T09:00"))

    killed = start_act("post-in-two-unguarded", subprocess_env)
    killed.communicate(timeout=60)

    assert killed.returncode == -signal.SIGKILL
    assert Journal.objects.exists()
    assert Period.objects.get(label="2017-01").status == "approved"
    assert any("is not posted" in fault for fault in verification.ledger_faults())

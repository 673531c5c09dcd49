"""What most faults disturb: the close of January, by command or by worker and beat."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db import connections

from compensation import services
from compensation.models import Period, Run, RunStep
from tests.compensation.town import APPROVED, CLOSER, Town, local
from tests.processes import ROOT, end_group

CLOSE = ("close_period", "2017-01", "--resume", "--by", CLOSER, *APPROVED)
NOW = local("2017-02-03T09:00")
BUSY = 3
# Every point takes a moment, so that a close of the small town lasts long enough to be disturbed.
SLOWLY = {"FAULT_POINT": "*", "FAULT_ACTION": "wait", "FAULT_SECONDS": "0.15"}

Done = subprocess.CompletedProcess[str]


def until_not_busy(run: Callable[[], Done], seconds: float = 60) -> Done:
    """Run a command again while the server still notices that the last holder is dead."""
    deadline = time.monotonic() + seconds
    while True:
        done = run()
        if done.returncode != BUSY:
            return done
        assert time.monotonic() < deadline, f"busy for ever: {done.stdout} {done.stderr}"
        time.sleep(0.1)


def start_january(town: Town) -> Run:
    """Write the run's row; nobody works on it yet."""
    return services.start_run(period=Period.objects.get(label="2017-01"), by=town.closer, now=NOW)


def approve(town: Town) -> None:
    """Approve the run that is computed, whatever its checks have found."""
    run = Run.objects.get(kind="close", status="computed")
    town.acknowledge(run)
    services.approve_run(run=run, by=town.approver, now=NOW)


def is_computed() -> bool:
    """Tell whether a run waits for approval."""
    return Run.objects.filter(kind="close", status="computed").exists()


def is_published(label: str = "2017-01") -> bool:
    """Tell whether a month is posted and its last step done."""
    return RunStep.objects.filter(
        run__period__label=label, run__kind="close", name="publish"
    ).exists()


def forget_connections() -> None:
    """Let go of connections to a server that was stopped."""
    connections.close_all()


class Beat:
    """A real ``celery beat``."""

    def __init__(self, environment: Mapping[str, str], folder: Path, name: str) -> None:
        self.log_path = folder / f"{name}.log"
        with self.log_path.open("wb") as log:
            self.process: subprocess.Popen[Any] = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "config", "beat", "--pidfile", ""),
                    *("--schedule", str(folder / f"{name}.schedule"), "--loglevel", "INFO"),
                ],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log(self) -> str:
        """Return what it has written so far."""
        return self.log_path.read_text(errors="replace")

    def stop(self) -> None:
        """End it."""
        end_group(self.process, 3)

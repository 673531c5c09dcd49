"""Closes by real workers and two beats, with faults at seeded random moments."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, InterfaceError, connections

from compensation.models import Journal, Run, RunStep, StepName
from representatives.errors import UnableTo
from tests import processes
from tests.compensation.town import digest
from tests.faults.closing import BUSY, CLOSE, SLOWLY, Beat, approve
from tests.soak.company import WORKING, Company
from tests.soak.table import Table

WORKERS = 2
LEASE_SECONDS = 3
PATIENCE_SECONDS = 120
TIMER_SECONDS = 40
FAULTS_A_ROUND = (2, 5)
ENVIRONMENT = {
    **SLOWLY,
    "FAULT_SECONDS": "0.1",
    "CLOSE_WATCH_SECONDS": "1",
    "CLOSE_LEASE_SECONDS": str(LEASE_SECONDS),
}
# How often each fault is drawn.
WEIGHTS = {
    "SIGKILL of a child of the pool": 6,
    "SIGKILL of a worker with its children": 5,
    "SIGKILL of close_period": 4,
    "SIGSTOP past the lease": 2,
    "pg_terminate_backend": 4,
    "PostgreSQL stopped at once": 3,
    "broker killed": 2,
    "broker flushed": 2,
    "disk full for the journals": 1,
}


@dataclass
class Staff:
    """The workers and beats, started again when they are dead."""

    company: Company
    workers: list[processes.Worker] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)
    count: int = 0

    def come(self) -> None:
        """See that all are there."""
        self.workers = [one for one in self.workers if one.process.poll() is None]
        while len(self.workers) < WORKERS:
            self.count += 1
            self.workers.append(
                processes.start_worker(
                    self.company.environment(**ENVIRONMENT),
                    self.company.folder,
                    name=f"worker{self.count}",
                    concurrency=2,
                )
            )
        self.beats = [one for one in self.beats if one.process.poll() is None]
        while len(self.beats) < 2:
            self.count += 1
            name = f"beat{self.count}"
            self.beats.append(
                Beat(self.company.environment(**ENVIRONMENT), self.company.folder, name)
            )

    def leave(self) -> None:
        """End all."""
        for worker in self.workers:
            worker.kill()
        for beat in self.beats:
            beat.stop()


@dataclass
class Round:
    """One close and its faults."""

    company: Company
    staff: Staff
    chance: random.Random
    schedule: list[str] = field(default_factory=list)
    resumed: int = 0
    by_timer: int = 0
    last_fault: float = 0.0

    def run(self) -> float:
        """Close January under faults; return the seconds from the last fault to the end.

        :raises TimeoutError: if it does not end.
        """
        self.company.anew()
        self.staff.come()
        faults = self.chance.randint(*FAULTS_A_ROUND)
        began = time.monotonic()
        self.last_fault = began
        next_at = began + self.chance.uniform(0.3, 1.5)
        looked_at = began
        while not self._is_over():
            now = time.monotonic()
            if len(self.schedule) < faults and now >= next_at:
                self._fail(began)
                self.last_fault = time.monotonic()
                next_at = self.last_fault + self.chance.uniform(0.2, 1.5)
                self.staff.come()
            elif now - self.last_fault > PATIENCE_SECONDS:
                raise TimeoutError(f"no end within {PATIENCE_SECONDS} s of the last fault")
            elif now > looked_at + TIMER_SECONDS:
                # What the machine does: start what is dead, and call the timer's command.
                self.staff.come()
                done = processes.run_manage("watch_closes", environment=self.company.environment())
                self.by_timer += "run" in done.stdout
                looked_at = time.monotonic()
            time.sleep(0.05)
        return time.monotonic() - self.last_fault

    def _is_over(self) -> bool:
        """Look how far the close is; do what people do: approve, and resume what was given up."""
        try:
            run = Run.objects.filter(kind="close").order_by("-pk").first()
            if run is not None and run.status == "computed":
                approve(self.company.town)
            elif run is not None and run.status == "failed":
                self._resume()
            return RunStep.objects.filter(run__kind="close", name=StepName.PUBLISH).exists()
        except (DatabaseError, InterfaceError, UnableTo, Run.DoesNotExist):
            connections.close_all()  # the server is away, or somebody else was quicker
            return False

    def _resume(self) -> None:
        done = processes.run_manage(*CLOSE, environment=self.company.environment())
        if done.returncode not in (0, BUSY):
            raise RuntimeError(f"--resume: {done.stdout} {done.stderr}")
        self.resumed += 1

    def _fail(self, began: float) -> None:
        """Draw a fault and do it."""
        acts: dict[str, Callable[[], None]] = dict(
            zip(
                WEIGHTS,
                (
                    self._kill_child,
                    self._kill_worker,
                    self._kill_command,
                    self._stop_workers,
                    self._end_backend,
                    self._stop_postgres,
                    self._kill_broker,
                    self.company.servers.flush_valkey,
                    self._fill_disk,
                ),
                strict=True,
            )
        )
        name = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if name == "disk full for the journals" and not self._may_fill_disk():
            name = "pg_terminate_backend"
        self.schedule.append(name)
        acts[name]()
        connections.close_all()

    def _kill_child(self) -> None:
        children = [pid for worker in self.staff.workers for pid in worker.children()]
        with suppress(ProcessLookupError):
            os.kill(self.chance.choice(children), signal.SIGKILL)

    def _kill_worker(self) -> None:
        self.chance.choice(self.staff.workers).kill()

    def _kill_command(self) -> None:
        environment = self.company.environment(**ENVIRONMENT)
        command = processes.start_manage(*CLOSE, environment=environment)
        time.sleep(self.chance.uniform(0.6, 2.5))
        if command.poll() is not None:
            self.schedule[-1] = "close_period beside the workers, undisturbed"
        command.kill()
        processes.end_group(command, 0)

    def _stop_workers(self) -> None:
        pids = [pid for one in self.staff.workers for pid in (one.pid, *one.children())]
        for number, pause in ((signal.SIGSTOP, LEASE_SECONDS + 0.5), (signal.SIGCONT, 0)):
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            if pause:
                self._another_looks(pause)

    def _another_looks(self, seconds: float) -> None:
        """Somebody else takes over meanwhile, by hand."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            processes.run_manage("watch_closes", environment=self.company.environment())

    def _end_backend(self) -> None:
        with self.company.servers.connect() as superuser:
            rows = superuser.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s ORDER BY backend_start",
                [WORKING],
            ).fetchall()
            if rows:
                superuser.execute("SELECT pg_terminate_backend(%s)", self.chance.choice(rows))

    def _stop_postgres(self) -> None:
        self.company.servers.stop_postgres("immediate")
        time.sleep(self.chance.uniform(0, 1))
        self.company.servers.start_postgres()

    def _kill_broker(self) -> None:
        self.company.servers.kill_valkey()
        time.sleep(self.chance.uniform(0, 2))
        self.company.servers.start_valkey()

    def _may_fill_disk(self) -> bool:
        try:
            return not Journal.objects.exists()
        except (DatabaseError, InterfaceError):
            connections.close_all()
            return False

    def _fill_disk(self) -> None:
        try:
            with self.company.servers.disk_full("compensation_journal"):
                time.sleep(self.chance.uniform(0.5, 2))
        except AssertionError:
            self.schedule[-1] = "disk full for the journals, too late"


def run(company: Company, table: Table, *, seed: int, kills: int, until: float | None) -> None:
    """Run rounds until the time is over, or until so many processes were killed."""
    staff = Staff(company)
    number = killed = 0
    try:
        while (killed < kills) if until is None else (time.monotonic() < until):
            number += 1
            table.rounds += 1
            killed += _round(company, staff, table, seed, number)
    finally:
        staff.leave()


def _round(company: Company, staff: Staff, table: Table, seed: int, number: int) -> int:
    this = Round(company, staff, random.Random(f"{seed}:{number}"))
    lost, seconds = "", 0.0
    try:
        seconds = this.run()
        lost = _loss(company)
    except (TimeoutError, RuntimeError, AssertionError) as fault:
        lost = f"{type(fault).__name__}: {fault}"
    if lost:
        table.lose(f"round {number} of seed {seed} ({', '.join(this.schedule)}): {lost}")
        _keep_logs(company, number)
    for fault, times in Counter(this.schedule).items():
        table.note(
            fault,
            times=times,
            lost=bool(lost),
            by_itself=not (this.resumed or this.by_timer),
            seconds=seconds,
        )
    print(
        f"round {number}: {', '.join(this.schedule) or 'no fault'};"
        f" {'LOST' if lost else 'whole'}"
        f"{f', resumed by hand {this.resumed} times' if this.resumed else ''}"
        f"{', by the timer of watch_closes' if this.by_timer else ''},"
        f" {seconds:.1f} s after the last fault",
        flush=True,
    )
    return sum("SIGKILL" in fault for fault in this.schedule)


def _loss(company: Company) -> str:
    """Say what is not as it would be without the faults, or nothing."""
    connections.close_all()
    if digest() != company.reference:
        return "the digest is another one"
    faults = company.faults()
    if faults:
        return "; ".join(faults)
    posted: Any = Run.objects.filter(kind="close", status="posted")
    if posted.count() != 1:
        return f"{posted.count()} posted runs"
    steps = list(RunStep.objects.filter(run=posted.get()).order_by("ordinal"))
    if [step.name for step in steps] != list(StepName):
        return f"steps {[step.name for step in steps]}"
    return ""


def _keep_logs(company: Company, number: int) -> None:
    """Keep what the processes wrote, beside the summary."""
    kept = tempfile.mkdtemp(prefix=f"perennial-soak-lost-{number}-")
    for log in company.folder.glob("*.log"):
        shutil.copy(log, kept)
    shutil.copy(company.servers.state / "postgres.log", kept)
    print(f"logs of round {number}: {kept}", flush=True)

"""A broker that gives a message to somebody else while the first is still at work on it."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field

from django.db import connections

from compensation import services, tasks
from compensation.models import Period, Run, RunStep, StepName
from tests import processes
from tests.compensation.town import digest
from tests.faults.closing import NOW, approve, is_computed, is_published
from tests.soak.company import Company
from tests.soak.table import Table

PUBLISHED = 10
WORKERS = 6
VISIBILITY_SECONDS = 5
# The compute step passes five points: it lasts four time-outs.
SLOWLY = {"FAULT_POINT": "*", "FAULT_ACTION": "wait", "FAULT_SECONDS": "4.4"}
PATIENCE_SECONDS = 240
FAULT = "a message given out again in mid-step"
RECEIVED = re.compile(r"Task compensation\.tasks\.advance_run_task\[([0-9a-f-]+)\] received")


@dataclass
class Workers:
    """Workers that come one after the other: each takes what was not acknowledged in time."""

    company: Company
    started: list[processes.Worker] = field(default_factory=list)
    came_at: float = 0.0

    def come(self) -> None:
        """Start another one if the last has been there for longer than the time-out."""
        if len(self.started) < WORKERS and time.monotonic() > self.came_at + VISIBILITY_SECONDS + 1:
            self.started.append(
                processes.start_worker(
                    self.company.environment(
                        CELERY_VISIBILITY_TIMEOUT=str(VISIBILITY_SECONDS), **SLOWLY
                    ),
                    self.company.folder,
                    name=f"messages{len(self.started)}",
                )
            )
            self.came_at = time.monotonic()

    def received(self) -> Counter[str]:
        """How often each message was taken."""
        return Counter(one for worker in self.started for one in RECEIVED.findall(worker.log()))


def run(company: Company, table: Table) -> None:
    """Publish the close's task ten times, with steps that last longer than the time-out."""
    company.anew()
    table.rounds += 1
    workers = Workers(company)
    began = time.monotonic()
    try:
        lost = _close(company, workers)
        seen = workers.received()
    finally:
        for worker in workers.started:
            worker.stop(1)
    again = sum(times - 1 for times in seen.values())
    if lost:
        table.lose(f"{FAULT}: {lost}")
    seconds = time.monotonic() - began
    table.note(FAULT, times=again, lost=bool(lost), by_itself=True, seconds=seconds)
    print(f"{FAULT}: {again} of {sum(seen.values())}, {lost or 'whole'}", flush=True)


def _close(company: Company, workers: Workers) -> str:
    run = services.start_run(
        period=Period.objects.get(label="2017-01"), by=company.town.closer, now=NOW
    )
    for is_reached in (is_computed, is_published):
        for _ in range(PUBLISHED):
            tasks.advance_run_task.delay(run_id=run.pk)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_reached():
            if time.monotonic() > deadline:
                return "it did not end"
            workers.come()
            time.sleep(0.2)
        if is_reached is is_computed:
            approve(company.town)
    connections.close_all()
    steps = list(RunStep.objects.order_by("ordinal").values_list("name", flat=True))
    if steps != list(StepName) or Run.objects.filter(kind="close").count() != 1:
        return f"steps {steps}"
    if digest() != company.reference:
        return "the digest is another one"
    return "; ".join(company.faults())

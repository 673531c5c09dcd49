"""Twenty-four simulated hours of two beats by the company's clock, over the end of a month."""

from __future__ import annotations

import time
from datetime import timedelta

from compensation import services
from compensation.models import Period, Run
from representatives.models import Company as CompanyRow
from sales import services as sales_services
from sales.models import Order
from tests import processes
from tests.compensation.town import local
from tests.faults.closing import Beat, approve, is_computed, is_published
from tests.soak.company import Company
from tests.soak.table import Table

OFTEN = {"CLOSE_WATCH_SECONDS": "0.5"}
HOURS = 24
STEP = timedelta(minutes=10)
BEGINS = local("2017-01-31T12:00")
SECONDS_A_STEP = 0.5
FAULT = "two beats for 24 simulated hours"


def run(company: Company, table: Table, *, seconds: float) -> None:
    """Let the clock run from noon to noon; quicker where the time is bounded."""
    company.anew()
    table.rounds += 1
    steps = int(timedelta(hours=HOURS) / STEP)
    pause = min(SECONDS_A_STEP, seconds / steps) if seconds else SECONDS_A_STEP
    environment = company.environment(**OFTEN)
    _set_clock(0)
    worker = processes.start_worker(environment, company.folder, name="hours", concurrency=2)
    beats = [Beat(environment, company.folder, f"hours{number}") for number in (1, 2)]
    began = time.monotonic()
    try:
        lost = _hours(company, steps, pause)
    finally:
        worker.stop()
        for beat in beats:
            beat.stop()
    for what in lost:
        table.lose(f"{FAULT}: {what}")
    table.note(FAULT, lost=bool(lost), by_itself=True, seconds=time.monotonic() - began)
    print(f"{FAULT}: {'; '.join(lost) or 'whole'}", flush=True)


def _set_clock(step: int) -> None:
    CompanyRow.objects.update(clock_frozen_at=BEGINS + step * STEP)


def _hours(company: Company, steps: int, pause: float) -> list[str]:
    before = Order.objects.filter(status="paid").count()
    hourly = int(timedelta(hours=1) / STEP)
    bought = 0
    for step in range(steps + 1):
        _set_clock(step)
        if step % hourly == 0:
            bought += _buy(company, step)
        if is_computed():
            approve(company.town)
        time.sleep(pause)
    deadline = time.monotonic() + 60
    while not is_published() and time.monotonic() < deadline:
        if is_computed():
            approve(company.town)
        time.sleep(0.1)
    return _faults(company, before + bought)


def _buy(company: Company, step: int) -> int:
    """Place and pay an order now; it belongs to the month of this instant."""
    now = BEGINS + step * STEP
    town = company.town
    order = sales_services.place_order(
        seller=town.members["A"],
        customer=None,
        lines=[sales_services.LineRequest(town.products["TEA"].pk, 1)],
        now=now,
        reference=f"hour-{step}",
    )
    services.record_payment(
        order=order,
        payment_reference=f"hour {step}",
        amount_minor=order.gross_minor,
        recorded_by=town.closer,
        now=now,
    )
    return 1


def _faults(company: Company, expected: int) -> list[str]:
    """What is not as it should be after the day."""
    found = company.faults()
    runs = Run.objects.filter(kind="close")
    if [(run.period.label, run.status, run.attempt) for run in runs] != [("2017-01", "posted", 1)]:
        found.append(f"runs {[str(run) for run in runs]}")
    january = Period.objects.get(label="2017-01")
    counted = Order.objects.filter(status="paid")
    if counted.count() != expected:
        found.append(f"{counted.count()} orders, {expected} were paid")
    in_january = counted.filter(counted_at__gte=january.starts_at, counted_at__lt=january.ends_at)
    if runs and in_january.count() != runs[0].order_count:
        found.append(f"{in_january.count()} orders of January, {runs[0].order_count} in its run")
    if Period.objects.get(label="2017-02").status != "open":
        found.append("February is not open")
    return found

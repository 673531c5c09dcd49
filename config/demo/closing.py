"""The demo company's closes: requested, done by the worker, approved by another person."""

import time
from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction

from compensation import selectors, services, tasks, verification
from compensation.models import Period, PeriodStatus, Run, RunStatus
from compensation.plans import preset_text
from config.demo import company
from config.demo.files import labels
from config.demo.processes import Processes
from config.demo.year import YEAR, ZONE
from representatives.models import User
from sales.models import Order

#: A step that has not been done after so long will not be done.
PATIENCE_SECONDS = 120
#: The worker is told again after so long: a message is only a hint and may be lost.
HINT_SECONDS = 5
GLANCE_SECONDS = 0.02
#: Why the approver of the demo holds a month's findings to be all right.
REASON = "Looked through: the year of the demo grows and sways as its receipts do."


class ClosingError(RuntimeError):
    """A close did not come to its end; the text says where it stands."""


def add_plan_and_periods() -> None:
    """Put the preset in force from the year's first day and open its months."""
    services.add_plan_version(
        document=preset_text(company.PLAN),
        effective_from=date(YEAR, 1, 1),
        created_by=User.objects.get(email=company.REQUESTER),
    )
    for label in labels():
        services.open_period(label=label, zone=ZONE)


def is_posted(label: str) -> bool:
    """Tell whether a month is posted and shown; False also if it is not there yet."""
    return Period.objects.filter(
        label=label, status=PeriodStatus.POSTED, published_at__isnull=False
    ).exists()


def posted_run(label: str) -> Run:
    """Return the posted run of a month."""
    run = selectors.posted_run(_period(label))
    assert run is not None, f"{label} is posted"
    return run


def live_run(label: str) -> Run | None:
    """Return the preview that shows the open month with all its orders, or None."""
    period = Period.objects.filter(label=label).first()
    run = None if period is None else selectors.visible_run(period)
    if period is None or run is None:
        return None
    orders = Order.objects.filter(counted_at__gte=period.starts_at, counted_at__lt=period.ends_at)
    return run if run.order_count == orders.count() else None


def reverse_returns_through_worker(label: str, processes: Processes) -> None:
    """Have the worker reverse the month's returns of orders whose month is posted.

    :raises ClosingError: if it does not.
    """
    _wait(
        f"reversals of {label}",
        processes,
        done=lambda: not selectors.waiting_returns(),
        hint=tasks.reverse_waiting_returns_task.delay,
    )


def close_through_worker(label: str, processes: Processes, *, now: datetime) -> None:
    """Request a close, wait for the worker, approve as another person, wait for the posting.

    The clock moves past the month's end in the transaction that requests the close.

    :raises ClosingError: if the run fails or the worker does not come to the end.
    """
    requester = User.objects.get(email=company.REQUESTER)
    approver = User.objects.get(email=company.APPROVER)
    with transaction.atomic():
        company.freeze_clock(now)
        run = services.start_run(period=_period(label), by=requester, now=now)
    _wait_for(run, processes, {RunStatus.COMPUTED, RunStatus.APPROVED, RunStatus.POSTED})
    acknowledge_findings(run, approver, now)
    services.approve_run(run=run, by=approver, now=now)
    _wait(
        f"posting of {label}",
        processes,
        done=lambda: is_posted(label) or _has_failed(run),
        hint=lambda: tasks.hint(run),
    )
    _wait_for(run, processes, {RunStatus.POSTED})


def acknowledge_findings(run: Run, approver: User, now: datetime) -> None:
    """Say, as the approver, that what the checks found is what the generated year brings."""
    codes = selectors.open_finding_codes(run)
    if codes:
        services.acknowledge(run=run, codes=codes, reason=REASON, by=approver, now=now)


def preview_through_worker(label: str, processes: Processes) -> None:
    """Have the worker compute the open month's live figures.

    :raises ClosingError: if it does not.
    """
    _wait(
        f"live figures of {label}",
        processes,
        done=lambda: live_run(label) is not None,
        hint=tasks.refresh_live_figures_task.delay,
    )


def ledger_digest() -> str:
    """Return the digest that `verify_ledger --digest` prints."""
    return verification.ledger_digest()[0]


def _wait_for(run: Run, processes: Processes, statuses: set[RunStatus]) -> None:
    _wait(
        f"{run.period.label} to be {' or '.join(sorted(statuses))}",
        processes,
        done=lambda: _status(run) in statuses or _has_failed(run),
        hint=lambda: tasks.hint(run),
    )
    if _has_failed(run):
        failed = Run.objects.get(pk=run.pk)
        raise ClosingError(f"{run.period.label}: the close is {failed.status}: {failed.error}")


def _wait(
    what: str, processes: Processes, *, done: Callable[[], bool], hint: Callable[[], object]
) -> None:
    """Hint until it is done; the worker alone does the work.

    :raises ClosingError: if it takes too long.
    """
    started = time.monotonic()
    hinted = float("-inf")
    while not done():
        processes.check()
        if time.monotonic() > started + PATIENCE_SECONDS:
            raise ClosingError(f"the worker did not come to the {what}")
        if time.monotonic() > hinted + HINT_SECONDS:
            hint()
            hinted = time.monotonic()
        time.sleep(GLANCE_SECONDS)


def _status(run: Run) -> str:
    return Run.objects.values_list("status", flat=True).get(pk=run.pk)


def _has_failed(run: Run) -> bool:
    return _status(run) in {RunStatus.FAILED, RunStatus.DROPPED}


def _period(label: str) -> Period:
    return Period.objects.get(label=label)

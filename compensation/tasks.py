"""Tasks of the close: one service call each, ids in, safe to run twice or never.

A task is a hint. Beat looks every few seconds at the rows, which are the truth, and finds whatever
a lost message would have said.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from celery import shared_task
from django.core.cache import caches
from django.db import OperationalError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from compensation import selectors, services
from compensation.ledger import LedgerBusy
from compensation.models import HeartBeat, Period, Run
from compensation.services import care
from representatives.clock import company_now, company_zone
from representatives.hints import hint_on_commit
from representatives.models import User

logger = logging.getLogger(__name__)

LIVE_HINT = "live-figures-hinted"
LIVE_HINT_SECONDS = 5
PASSING = (OperationalError, LedgerBusy)


def hint(run: Run) -> None:
    """Tell a worker, once this is committed, that a run has a step to do."""
    hint_on_commit(advance_run_task, run_id=run.pk)


def hint_preview(period: Period) -> None:
    """Tell a worker, once this is committed, that a preview of a month is wanted."""
    hint_on_commit(preview_period_task, period_id=period.pk)


def hint_live() -> None:
    """Tell a worker, once this is committed, that the open month has news.

    Many orders at a time are one message, and one that can't be sent is only late: beat looks.
    """

    def send() -> None:
        selectors.show_writes()
        try:
            if caches["default"].add(LIVE_HINT, True, timeout=LIVE_HINT_SECONDS):
                refresh_live_figures_task.delay()
        except (BrokerError, RedisError):
            logger.warning("live figures: no broker to tell; beat will look")

    transaction.on_commit(send)


@shared_task(acks_late=True)
def advance_run_task(*, run_id: int, **_: Any) -> str:
    """Do the next step of a run, and hint at the one after it."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        return "gone"
    try:
        done = services.advance(run=run, now=company_now())
    except services.Busy as fault:
        return str(fault)
    except services.UnableToAdvance as fault:
        logger.error("%s", fault)
        return str(fault)
    if done.progress is services.Progress.STEPPED:
        hint(run)
    elif done.progress is services.Progress.FINISHED:
        reverse_waiting_returns_task.delay()
    return done.progress.value


@shared_task(acks_late=True)
def watch_closes_task(**_: Any) -> list[int]:
    """Start the oldest month whose end the company's clock has passed; hint at runs with work."""
    system = User.objects.get(is_system=True)
    now = company_now()
    services.open_months_up_to(now=now)
    found = services.close_due_periods(now=now, by=system)
    for run in found:
        hint(run)
    services.drop_results_of_dead_runs()
    if selectors.waiting_returns():
        reverse_waiting_returns_task.delay()
    return [run.pk for run in found]


@shared_task(acks_late=True, autoretry_for=PASSING, max_retries=5)
def reverse_waiting_returns_task(**_: Any) -> int:
    """Reverse accepted returns of months that have been posted since."""
    try:
        return services.reverse_waiting_returns(now=company_now())
    except services.UnableToReverse as fault:
        logger.warning("%s", fault)
        return 0


@shared_task(acks_late=True)
def refresh_live_figures_task(**_: Any) -> int | None:
    """Compute the open month anew if anything has happened in it since the last time."""
    system = User.objects.get(is_system=True)
    try:
        run = services.refresh_live_figures(now=company_now(), by=system)
    except (services.Busy, services.UnableToStartRun, services.UnableToAdvance) as fault:
        logger.info("live figures: %s", fault)
        return None
    return run.pk if run else None


@shared_task(acks_late=True, autoretry_for=PASSING, max_retries=5)
def expire_points_task(**_: Any) -> int:
    """Cash points that nobody converted in time; return how many lots."""
    try:
        done = services.expire_points(now=company_now(), by=User.objects.get(is_system=True))
    except services.UnableToConvert as fault:
        logger.warning("%s", fault)
        return 0
    return done.lots


@shared_task(acks_late=True, autoretry_for=PASSING, max_retries=5)
def count_quiet_customers_task(**_: Any) -> int:
    """Count for sponsors whose customers went quiet lately; they see numbers alone."""
    return care.count_quiet_customers(day=company_now().astimezone(company_zone()).date())


@shared_task(acks_late=True, autoretry_for=PASSING, max_retries=5)
def tell_expiring_points_task(**_: Any) -> int:
    """Tell people of points that expire soon; once a day of the company's clock is enough."""
    now = company_now()
    today = f"told-expiring:{now.astimezone(company_zone()).date().isoformat()}"
    try:
        if caches["default"].get(today):
            return 0
        told = services.tell_expiring_points(now=now)
        caches["default"].set(today, True, timeout=24 * 3600)
    except RedisError:
        logger.warning("expiring points: no cache to note what is done today; the next hour is due")
        return 0
    return told


@shared_task(acks_late=True)
def preview_period_task(*, period_id: int, **_: Any) -> int | None:
    """Compute a preview of a month that is not posted, once; nobody waits for its message."""
    system = User.objects.get(is_system=True)
    period = Period.objects.get(pk=period_id)
    try:
        run = services.preview_period(period=period, by=system, now=company_now())
    except (services.Busy, services.UnableToStartRun, services.UnableToAdvance) as fault:
        logger.warning("preview of %s: %s", period.label, fault)
        return None
    return run.pk


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def anchor_ledger_task(**_: Any) -> int | None:
    """Note the head of the ledger's chain outside the database; return its batch.

    A file that can't be written is an alert, and tried again at the next hour.
    """
    now = company_now()
    try:
        anchor = services.anchor_ledger(now=now)
    except OSError as fault:
        services.report_unwritten_anchor(fault=fault, now=now)
        return None
    return anchor.number if anchor else None


@shared_task(acks_late=True)
def heartbeat_task(**_: Any) -> None:
    """Leave a sign of life that has gone all the way through broker, worker and database."""
    HeartBeat.objects.update_or_create(
        name="worker",
        defaults={
            "beat_at": timezone.now(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
        },
    )

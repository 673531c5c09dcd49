"""The life of a run: started, held by one process at a time, failed, dropped.

A run is held by lease and fence. Whoever takes it over raises the fence, and every write of a step
says ``WHERE fence = mine``: a worker that was paused past its lease writes nothing. A holder whose
server process is gone (SIGKILL) is replaced at once, one that is only silent after its lease. Each
such death counts as a failed try, so that a step that kills its process is not begun for ever.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Max

from compensation import selectors
from compensation.fault_points import reach
from compensation.models import Period, PeriodStatus, Run, RunKind, RunStatus
from compensation.plans import load_plan
from compensation.services.errors import Busy, FenceLost, UnableToStartRun
from representatives import alerts
from representatives.clock import company_now
from representatives.models import Company, User

logger = logging.getLogger(__name__)

FAILURES_AT_MOST = 3
# Codes of alerts.
CLOSE_FAILED, INPUT_CHANGED = "close_failed", "close_input_changed"
DIED = "the process at work on it died"


@dataclass(frozen=True, slots=True)
class Hold:
    """A run held by this process until the lease ends."""

    run_id: int
    fence: int


def start_run(*, period: Period, by: User, now: datetime) -> Run:
    """Start the closing run of a period, or return the one that is live.

    :raises UnableToStartRun: if the clock has not passed the period's end, an earlier month is not
        posted, or no plan is in force.
    """
    existing = selectors.live_close(period)
    if existing is not None:
        return existing
    try:
        with transaction.atomic():
            run = _start(period=period, kind=RunKind.CLOSE, by=by, now=now)
            reach("start.before_commit")
    except IntegrityError:
        existing = selectors.live_close(period)
        if existing is None:
            raise
        return existing
    reach("start.after_commit")
    return run


def start_preview(*, period: Period, by: User, now: datetime, facts_mark: str) -> Run:
    """Start a preview of a period that is not posted.

    :raises UnableToStartRun: if the period has not begun, is posted, or no plan is in force.
    :raises Busy: if a preview of it is running.
    """
    running = Run.objects.filter(period=period, kind=RunKind.PREVIEW, status=RunStatus.RUNNING)
    if running.exists():
        raise Busy(f"a preview of {period.label} is running")
    try:
        with transaction.atomic():
            run = _start(period=period, kind=RunKind.PREVIEW, by=by, now=now)
            run.facts_mark = facts_mark
            run.save(update_fields=["facts_mark"])
            return run
    except IntegrityError as fault:
        raise Busy(f"a preview of {period.label} is running") from fault


def _start(*, period: Period, kind: RunKind, by: User, now: datetime) -> Run:
    period = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=period.pk)
    if kind == RunKind.CLOSE:
        _check_close(period, now=now)
        as_of = period.ends_at
    else:
        if period.status == PeriodStatus.POSTED:
            raise UnableToStartRun(f"{period.label} is posted", "period")
        if now < period.starts_at:
            raise UnableToStartRun(f"{period.label} has not begun", "period")
        as_of = min(now, period.ends_at)
    version = selectors.plan_version_for(period)
    if version is None:
        raise UnableToStartRun(f"no plan is in force on {period.first_day}", "period")
    currency = Company.objects.get(pk=Company.ONLY_ID).currency
    plan = load_plan(version.document)
    if plan.currency != currency:
        raise UnableToStartRun(
            f"the plan {version} pays in {plan.currency}, the company in {currency}", "plan"
        )
    attempts = Run.objects.filter(period=period, kind=kind).aggregate(last=Max("attempt"))
    return Run.objects.create(
        period=period,
        kind=kind,
        attempt=(attempts["last"] or 0) + 1,
        plan_version=version,
        computed_by=by,
        as_of=as_of,
    )


def _check_close(period: Period, *, now: datetime) -> None:
    if period.status == PeriodStatus.POSTED:
        raise UnableToStartRun(f"{period.label} is posted", "period")
    if now < period.ends_at:
        raise UnableToStartRun(
            f"{period.label} is not over: the company's clock shows {now:%Y-%m-%d %H:%M} UTC",
            "period",
        )
    earlier = (
        Period.objects.filter(starts_at__lt=period.starts_at)
        .exclude(status=PeriodStatus.POSTED)
        .order_by("starts_at")
        .first()
    )
    if earlier is not None:
        raise UnableToStartRun(
            f"{earlier.label} comes first: months are closed oldest first", "period"
        )


@contextmanager
def hold(run: Run) -> Iterator[Hold]:
    """Hold a run for this process; released at the end whatever happens.

    :raises Busy: if another process holds it.
    """
    held = _take(run)
    try:
        yield held
    finally:
        release(held)


def bulk_name(run_id: int, fence: int) -> str:
    """What the server knows the bulk connection of a run's holder by."""
    return f"perennial run {run_id} fence {fence}"


def _take(run: Run) -> Hold:
    """Take the run over if nobody holds it, the holder is gone, or the lease has ended."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDER, [run.pk])
        row = cursor.fetchone()
        if row is None:
            raise Busy(f"run {run.pk} does not exist")
        fence, is_leased, is_alive, backend, has_died = row
        if is_leased and is_alive:
            raise Busy(f"another process works on run {run.pk}")
        if is_alive:
            # It was silent past its lease: whatever its transaction holds is let go.
            cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [backend])
            logger.warning("run %s: ended the server process %s past its lease", run.pk, backend)
        cursor.execute(_END_BULK, [bulk_name(run.pk, fence)])
        try:
            with transaction.atomic():
                cursor.execute(_CLAIM, [int(has_died), has_died, DIED, _lease(), run.pk, fence])
                claimed = cursor.fetchone()
        except OperationalError as fault:
            raise Busy(f"another process works on run {run.pk}") from fault
    if claimed is None:
        raise Busy(f"another process has taken run {run.pk}")
    if has_died:
        logger.warning("run %s: %s", run.pk, DIED)
    return Hold(run_id=run.pk, fence=claimed[0])


# A holder that left without letting go has died, unless it was the server that went.
_HOLDER = """
    SELECT r.fence, coalesce(r.lease_until > clock_timestamp(), false), a.pid IS NOT NULL, a.pid,
           a.pid IS NULL AND coalesce(r.holder_backend <> pg_backend_pid()
           AND r.holder_since > pg_postmaster_start_time(), false)
    FROM compensation_run r
    LEFT JOIN pg_stat_activity a
           ON a.pid = r.holder_backend AND a.backend_start = r.holder_since
          AND a.pid <> pg_backend_pid()
    WHERE r.id = %s
"""
_END_BULK = """
    SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
    WHERE application_name = %s AND datname = current_database()
"""
_CLAIM = """
    UPDATE compensation_run
    SET failure_count = failure_count + %s, error = CASE WHEN %s THEN %s ELSE error END,
        fence = fence + 1, lease_until = clock_timestamp() + %s::interval,
        holder_backend = pg_backend_pid(),
        holder_since = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
    WHERE id = (SELECT id FROM compensation_run WHERE id = %s AND fence = %s FOR UPDATE NOWAIT)
    RETURNING fence
"""


def _lease() -> str:
    return f"{os.environ.get('CLOSE_LEASE_SECONDS', '900')} seconds"


def require_fence(held: Hold) -> Run:
    """Lock the run's row for a step, and its period's; call inside the step's transaction.

    :raises FenceLost: if somebody else has taken the run over.
    """
    run = (
        Run.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk=held.run_id, fence=held.fence)
        .first()
    )
    if run is None:
        raise FenceLost(f"run {held.run_id} was taken over")
    return Run.objects.select_related("period", "plan_version").get(pk=run.pk)


def is_held(held: Hold) -> bool:
    """Tell whether the run is still ours, on a new connection if ours was ended.

    :raises django.db.OperationalError: if the server is away.
    """
    if connection.connection is not None and not connection.is_usable():
        connection.close()
    return Run.objects.filter(pk=held.run_id, fence=held.fence).exists()


def extend(held: Hold) -> None:
    """Begin the lease anew before a step.

    :raises FenceLost: if somebody else has taken the run over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE compensation_run SET lease_until = clock_timestamp() + %s::interval"
            " WHERE id = %s AND fence = %s",
            [_lease(), held.run_id, held.fence],
        )
        if cursor.rowcount != 1:
            raise FenceLost(f"run {held.run_id} was taken over")


def release(held: Hold) -> None:
    """Let the run go, if it is still held; a broken connection releases by itself."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE compensation_run SET lease_until = NULL, holder_backend = NULL,"
                " holder_since = NULL WHERE id = %s AND fence = %s",
                [held.run_id, held.fence],
            )
    except (OperationalError, InterfaceError):
        logger.warning("run %s: could not be released, its lease will end", held.run_id)


@transaction.atomic
def note_failure(held: Hold, reason: str) -> Run:
    """Count a failed try of a step; after the third the run is failed and its period frozen."""
    run = require_fence(held)
    run.failure_count += 1
    run.error = reason[:4000]
    if run.failure_count >= FAILURES_AT_MOST:
        _give_up(run, RunStatus.FAILED)
    else:
        run.save(update_fields=["failure_count", "error"])
    return run


@transaction.atomic
def fail_run(held: Hold, reason: str, *, alert: str = CLOSE_FAILED) -> Run:
    """Give a run up at once, for a fault that trying again can't mend.

    ``alert`` is the code under which staff are told of a close.
    """
    run = require_fence(held)
    run.failure_count += 1
    run.error = reason[:4000]
    _give_up(run, RunStatus.FAILED, alert=alert)
    return run


@transaction.atomic
def drop_run(*, run: Run) -> Run:
    """Give up a run that is not posted; its period can be computed anew. Twice is done.

    Raises the fence, so that a process at work on it writes nothing more.

    :raises UnableToStartRun: if it is posted.
    """
    run = Run.objects.select_for_update(of=("self",), no_key=True).get(pk=run.pk)
    if run.status == RunStatus.DROPPED:
        return run
    if run.status == RunStatus.POSTED:
        raise UnableToStartRun(f"run {run.pk} is posted and stands", "run")
    run.fence += 1
    run.save(update_fields=["fence"])
    _give_up(run, RunStatus.DROPPED)
    return run


def _give_up(run: Run, status: RunStatus, *, alert: str = CLOSE_FAILED) -> None:
    run.status = status
    run.save(update_fields=["status", "error", "failure_count"])
    if run.kind == RunKind.CLOSE:
        period = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=run.period_id)
        if period.status in (PeriodStatus.COMPUTED, PeriodStatus.APPROVED):
            period.status = PeriodStatus.FROZEN
            period.computed_at = period.approved_at = None
            period.save(update_fields=["status", "computed_at", "approved_at"])
    if status == RunStatus.FAILED:
        logger.error("run %s of %s failed: %s", run.pk, run.period, run.error)
        if run.kind == RunKind.CLOSE:
            alerts.raise_alert(
                code=alert,
                key=f"run:{run.pk}:failed",
                text=f"The close of {period.label} has failed and was given up: {run.error}",
                now=company_now(),  # also where nobody's act, but a dead process, is the cause
            )


def drop_results(*, run: Run) -> bool:
    """Drop the partitions of a run that was given up; False if a reader was in the way."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT compensation_drop_partitions(%s)", [run.pk])
    except OperationalError:
        return False
    return True

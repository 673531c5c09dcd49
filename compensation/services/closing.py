"""Bring a run to its end, a step at a time; approve it; preview an open month.

The row is the truth and a message only a hint: whoever calls `advance` does the next missing step
and records it in the same transaction. Beat, a task and the command line all call it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Sum
from django.utils.translation import gettext

from compensation import loaders, selectors
from compensation.engine import EngineError, SumTooLargeError
from compensation.fault_points import reach
from compensation.loaders import UnableToLoad
from compensation.models import Period, PeriodStatus, Run, RunKind, RunStatus, StepName
from compensation.services import runs, steps
from compensation.services.errors import (
    Busy,
    FenceLost,
    InputChanged,
    UnableToAdvance,
    UnableToApprove,
    UnableToStartRun,
)
from representatives.models import User

logger = logging.getLogger(__name__)
Step = Callable[..., None]

CLOSE_STEPS: dict[StepName, Step | None] = {
    StepName.FREEZE: steps.freeze,
    StepName.COMPUTE: steps.calculate,
    StepName.VERIFY: steps.verify,
    StepName.APPROVE: None,  # by a person: `approve_run`
    StepName.POST: steps.post,
    StepName.PUBLISH: steps.publish,
}
PREVIEW_STEPS: dict[StepName, Step | None] = {
    StepName.COMPUTE: steps.calculate,
    StepName.VERIFY: steps.verify,
    StepName.PUBLISH: steps.publish,
}
REFRESH_PAUSE = timedelta(seconds=10)
PAUSE_AFTER_FAILURES = timedelta(minutes=10)
# Live figures are to be no older than this, of which so much passes until an order is noticed.
LIVE_LAG = timedelta(seconds=60)
NOTICED = timedelta(seconds=18)
# What trying again can't mend.
FINAL_FAULTS = (UnableToAdvance, UnableToLoad, EngineError, SumTooLargeError)


class Progress(StrEnum):
    """What `advance` found or did."""

    STEPPED = "stepped"
    WAITING = "waiting for approval"
    FINISHED = "finished"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Advance:
    """The outcome of one call."""

    progress: Progress
    step: StepName | None = None


def next_step(run: Run) -> StepName | None:
    """Return the first step of a run that is not recorded yet, or None when all are."""
    done = set(run.steps.values_list("name", flat=True))
    plan = CLOSE_STEPS if run.kind == RunKind.CLOSE else PREVIEW_STEPS
    return next((name for name in plan if name not in done), None)


def advance(*, run: Run, now: datetime) -> Advance:
    """Do the next missing step of a run, once, whoever else may try.

    :raises Busy: if another process works on the run; nothing was done.
    :raises UnableToAdvance: if the step found a fault; the run is failed, or tried again later.
    """
    with runs.hold(run) as held:
        _give_up_on_deaths(held)
        return _step(held, now=now)


def advance_to_end(
    *, run: Run, now: datetime, told: Callable[[Advance], None] | None = None
) -> Advance:
    """Do all missing steps up to the end, or to the one that waits for another person.

    :raises Busy: as `advance`.
    :raises UnableToAdvance: as `advance`.
    """
    with runs.hold(run) as held:
        while True:
            done = _step(held, now=now)
            if done.progress is not Progress.STEPPED:
                return done
            if told is not None:
                told(done)
            runs.extend(held)


def _step(held: runs.Hold, *, now: datetime) -> Advance:
    run = Run.objects.select_related("period").get(pk=held.run_id)
    if run.status in (RunStatus.FAILED, RunStatus.DROPPED):
        return Advance(Progress.GIVEN_UP)
    name = next_step(run)
    if name is None:
        return Advance(Progress.FINISHED)
    work = (CLOSE_STEPS if run.kind == RunKind.CLOSE else PREVIEW_STEPS)[name]
    if work is None:
        return Advance(Progress.WAITING, name)
    try:
        work(held, now=now)
    except (FenceLost, Busy):
        raise
    except FINAL_FAULTS as fault:
        changed = isinstance(fault, InputChanged)
        runs.fail_run(held, str(fault), alert=runs.INPUT_CHANGED if changed else runs.CLOSE_FAILED)
        raise UnableToAdvance(f"{name} of {run.period.label}: {fault}") from fault
    except (OperationalError, InterfaceError, loaders.BulkError) as fault:
        raise _interrupted(held, run, name, fault) from fault
    except Exception as fault:
        _note(held, name, fault)
        raise
    return Advance(Progress.STEPPED, name)


def _give_up_on_deaths(held: runs.Hold) -> None:
    """Fail a run whose step has taken its process with it too often; a person may try further."""
    run = Run.objects.select_related("period").get(pk=held.run_id)
    unposted = (RunStatus.RUNNING, RunStatus.COMPUTED, RunStatus.APPROVED)
    if run.failure_count >= runs.FAILURES_AT_MOST and run.status in unposted:
        reason = f"{next_step(run)} of {run.period.label}: {run.error}, {run.failure_count} times"
        runs.fail_run(held, reason)
        raise UnableToAdvance(reason)


def _interrupted(held: runs.Hold, run: Run, name: StepName, fault: Exception) -> Exception:
    """What a fault of the server means: taken over, to be tried again, or counted."""
    what = f"{name} of {run.period.label}"
    try:
        still_held = runs.is_held(held)
    except (OperationalError, InterfaceError):
        return Busy(f"{what} has to wait: the database is away")
    if not still_held:
        return FenceLost(f"run {run.pk} was taken over")
    if not isinstance(fault, loaders.BulkError) or loaders.is_passing(fault):
        return Busy(f"{what} has to wait: {_first_line(fault)}")
    _note(held, name, fault)
    return UnableToAdvance(f"{what}: {_first_line(fault)}")


def _note(held: runs.Hold, name: StepName, fault: Exception) -> None:
    logger.exception("run %s: step %s failed", held.run_id, name)
    try:
        runs.note_failure(held, f"{name}: {_first_line(fault)}")
    except FenceLost:
        logger.warning("run %s was taken over while %s failed", held.run_id, name)


def _first_line(fault: Exception) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0]


def approve_run(*, run: Run, by: User, now: datetime) -> Run:
    """Approve a computed run; by another person than the one who had it computed.

    Whatever its checks found has been acknowledged before; the database insists on both.

    Approved twice by the same person is approved.

    :raises UnableToApprove: if the run is not computed, or the person may not.
    """
    watch = steps.Stopwatch()
    if not (by.is_active and by.is_staff):
        raise UnableToApprove(gettext("%(by)s is not a member of staff") % {"by": by}, "approve-by")
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",), no_key=True).get(pk=run.pk)
        period = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=run.period_id)
        if run.status in (RunStatus.APPROVED, RunStatus.POSTED) and run.approved_by_id == by.pk:
            return run
        if run.kind != RunKind.CLOSE or run.status != RunStatus.COMPUTED:
            raise UnableToApprove(
                gettext("run %(pk)s of %(label)s is %(status)s, not computed")
                % {"pk": run.pk, "label": period.label, "status": run.get_status_display().lower()}
            )
        if run.computed_by_id == by.pk:
            raise UnableToApprove(
                gettext("%(by)s had %(label)s computed: another person approves it")
                % {"by": by, "label": period.label},
                "approve-by",
            )
        waiting = selectors.open_finding_codes(run)
        if waiting:
            raise UnableToApprove(
                gettext("%(label)s has findings that nobody has acknowledged: %(names)s")
                % {"label": period.label, "names": ", ".join(waiting)},
                "acknowledge",
            )
        run.status = RunStatus.APPROVED
        run.approved_by = by
        run.save(update_fields=["status", "approved_by"])
        period.status = PeriodStatus.APPROVED
        period.approved_at = now
        period.save(update_fields=["status", "approved_at"])
        steps.record(run, StepName.APPROVE, watch, digest=run.result_digest)
        reach("approve.before_commit")
    reach("approve.after_commit")
    return run


def close_due_periods(*, now: datetime, by: User) -> list[Run]:
    """Start the oldest period whose end the clock has passed and that no run is closing.

    Only the oldest: the next one needs its titles. Returns the live closing runs to be advanced.
    """
    oldest = (
        Period.objects.exclude(status=PeriodStatus.POSTED)
        .filter(ends_at__lte=now)
        .order_by("starts_at")
        .first()
    )
    if (
        oldest is not None
        and not Run.objects.filter(
            period=oldest, kind=RunKind.CLOSE, status=RunStatus.FAILED
        ).exists()
    ):
        try:
            runs.start_run(period=oldest, by=by, now=now)
        except UnableToStartRun as fault:
            logger.warning("%s can't be closed: %s", oldest.label, fault)
    return list(unfinished_runs())


def unfinished_runs() -> list[Run]:
    """Return live closing runs with a step to do, posted but unpublished ones included."""
    live = (
        Run.objects.filter(
            kind=RunKind.CLOSE,
            status__in=[
                RunStatus.RUNNING,
                RunStatus.COMPUTED,
                RunStatus.APPROVED,
                RunStatus.POSTED,
            ],
        )
        .exclude(steps__name=StepName.PUBLISH)
        .select_related("period")
        .order_by("period__starts_at")
    )
    return [run for run in live if next_step(run) != StepName.APPROVE]


def preview_period(
    *, period: Period, by: User, now: datetime, facts_mark: str | None = None
) -> Run:
    """Compute a preview of a period and show it, unless the period is posted.

    The pointer moves to it at the end; older previews are dropped, the newest one stays for
    readers that are on their way.

    :raises Busy: if a preview of the period is running.
    :raises UnableToStartRun: as `runs.start_preview`.
    :raises UnableToAdvance: as `advance`.
    """
    _abandon_dead_previews(period)
    run = runs.start_preview(
        period=period, by=by, now=now, facts_mark=facts_mark or selectors.facts_mark()
    )
    advance_to_end(run=run, now=now)
    drop_old_previews(period=period)
    return Run.objects.get(pk=run.pk)


def refresh_live_figures(*, now: datetime, by: User) -> Run | None:
    """Preview the open month that holds the clock, if anything has happened since the last time.

    Keeps the distance of `live_distance`, so that a large company's live figures do not take the
    machine for themselves, and a longer one after three failures in turn. None if there was
    nothing to do.

    :raises Busy: as `preview_period`.
    :raises UnableToStartRun: as `preview_period`.
    :raises UnableToAdvance: as `preview_period`.
    """
    period = selectors.current_period(now)
    if period is None or period.status != PeriodStatus.OPEN:
        return None
    mark = selectors.facts_mark()
    last = Run.objects.filter(period=period, kind=RunKind.PREVIEW).order_by("-pk").first()
    if last is not None:
        taken = timedelta(milliseconds=last.steps.aggregate(taken=Sum("duration_ms"))["taken"] or 0)
        if loaders.utc_now() < last.created_at + live_distance(taken):
            return None
        if (last.status, last.facts_mark) == (RunStatus.COMPUTED, mark):
            return None
        _abandon_dead_previews(period)
        if _fails_again_and_again(period):
            return None
    return preview_period(period=period, by=by, now=now, facts_mark=mark)


def _fails_again_and_again(period: Period) -> bool:
    """Tell whether the last previews all failed or died, and it is too early for another one."""
    last = list(
        Run.objects.filter(period=period, kind=RunKind.PREVIEW).order_by("-pk")[
            : runs.FAILURES_AT_MOST
        ]
    )
    return (
        len(last) == runs.FAILURES_AT_MOST
        and all(run.failure_count for run in last)
        and loaders.utc_now() < last[0].created_at + PAUSE_AFTER_FAILURES
    )


def live_distance(taken: timedelta) -> timedelta:
    """Return how far apart two previews begin if one of them takes so long.

    A third of the time at work at most, while an order then still is in the figures within
    `LIVE_LAG`: noticed, waiting for the preview under way, and computed by the next.
    """
    within = LIVE_LAG - NOTICED - taken
    return max(REFRESH_PAUSE, taken, min(3 * taken, within))


def _abandon_dead_previews(period: Period) -> None:
    """Drop a preview whose process died: nobody resumes a preview, a new one is as good."""
    running = Run.objects.filter(period=period, kind=RunKind.PREVIEW, status=RunStatus.RUNNING)
    for run in running:
        try:
            with runs.hold(run):
                runs.drop_run(run=run)
        except Busy:
            logger.info("preview %s is at work", run.pk)


def drop_old_previews(*, period: Period) -> int:
    """Give up previews that nobody looks at, and drop the tables of whatever was given up."""
    visible = selectors.visible_run(period)
    kept = {visible.pk} if visible else set()
    newest = (
        Run.objects.filter(period=period, kind=RunKind.PREVIEW, status=RunStatus.COMPUTED)
        .exclude(pk__in=kept)
        .order_by("-pk")
        .first()
    )
    if newest is not None and period.status != PeriodStatus.POSTED:
        kept.add(newest.pk)
    old = Run.objects.filter(
        period=period, kind=RunKind.PREVIEW, status=RunStatus.COMPUTED
    ).exclude(pk__in=kept)
    for run in old:
        runs.drop_run(run=run)
    return drop_results_of_dead_runs()


def drop_results_of_dead_runs() -> int:
    """Drop the tables of failed and dropped runs that still have some; return how many runs."""
    return sum(runs.drop_results(run=run) for run in selectors.dead_runs_with_results())

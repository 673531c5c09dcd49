"""The steps of a run. Each does its work and records it in the same transaction."""

from __future__ import annotations

import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from compensation import event_notices, ledger, loaders, writers
from compensation.engine import Results, compute
from compensation.engine.carried import CarriedOut
from compensation.fault_points import reach
from compensation.models import Period, PeriodStatus, Run, RunKind, RunStatus, RunStep, StepName
from compensation.services import anchoring, gate
from compensation.services.errors import FenceLost, InputChanged, UnableToAdvance
from compensation.services.paper import freeze_papers
from compensation.services.runs import Hold, bulk_name, require_fence
from compensation.services.sources import InputSource

ORDINALS = {name: ordinal for ordinal, name in enumerate(StepName, start=1)}

RECORD_RUN = """
UPDATE compensation_run SET input_digest = {input}, plan_digest = {plan},
       result_digest = {result}, engine_version = {version}, order_count = {orders},
       line_count = {lines}, member_count = {members}, active_count = {active},
       promotion_count = {promotions}, bv = {bv}, rsp_sold = {rsp_sold}, net_minor = {net},
       commission_minor = {commission}, rsp_credited = {rsp}, earning_count = {earnings},
       carried_count = {carried}, figure_names = {figure_names}, carried_keys = {carried_keys},
       timings = {timings}, failure_count = 0
 WHERE id = {run} AND fence = {fence} AND status = 'running'
"""
RECORD_STEP = """
INSERT INTO compensation_runstep (run_id, name, ordinal, host, pid, started_at, finished_at,
                                  duration_ms, rows, output_digest)
VALUES ({run}, {name}, {ordinal}, {host}, {pid}, {started_at}, {finished_at},
        {duration}, {rows}, {digest})
"""


@dataclass(slots=True)
class Stopwatch:
    """When a step began, by real time; results never depend on it."""

    started_at: datetime = field(default_factory=loaders.utc_now)
    ticks: float = field(default_factory=time.monotonic)
    laps: dict[str, int] = field(default_factory=dict)
    """Milliseconds of each stage of the step."""

    def lap(self, stage: str) -> None:
        """Note the time since the stage before ended."""
        self.laps[stage] = round(self.elapsed() / timedelta(milliseconds=1)) - sum(
            self.laps.values()
        )

    def elapsed(self) -> timedelta:
        """Time since the step began."""
        return timedelta(seconds=time.monotonic() - self.ticks)


def record(run: Run, name: StepName, watch: Stopwatch, *, rows: int = 0, digest: str = "") -> None:
    """Write the step's row; call in the transaction that does the step's work."""
    elapsed = watch.elapsed()
    # Failed tries are counted for each step.
    Run.objects.filter(pk=run.pk).exclude(failure_count=0).update(failure_count=0)
    RunStep.objects.create(
        run=run,
        name=name,
        ordinal=ORDINALS[name],
        host=socket.gethostname(),
        pid=os.getpid(),
        started_at=watch.started_at,
        finished_at=watch.started_at + elapsed,
        duration_ms=round(elapsed / timedelta(milliseconds=1)),
        rows=rows,
        output_digest=digest,
    )


def freeze(held: Hold, *, now: datetime) -> None:
    """Freeze the period: from here on no fact can be counted in it."""
    watch = Stopwatch()
    with transaction.atomic(durable=True):
        run = require_fence(held)
        period = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=run.period_id)
        if period.status == PeriodStatus.OPEN:
            period.status = PeriodStatus.FROZEN
            period.frozen_at = now
            period.save(update_fields=["status", "frozen_at"])
        record(run, StepName.FREEZE, watch)
        reach("freeze.before_commit")
    reach("freeze.after_commit")


def calculate(held: Hold, *, now: datetime) -> None:
    """Load the facts, run the engine, store the results: wholly on one connection of its own.

    :raises UnableToAdvance: if the facts can't be computed.
    :raises FenceLost: if the run was taken over meanwhile; nothing is kept.
    """
    watch = Stopwatch()
    run = Run.objects.select_related("period", "plan_version").get(pk=held.run_id)
    source = InputSource.of(run)
    name = bulk_name(held.run_id, held.fence)
    with closing(loaders.connect(source.using, name)) as bulk:
        facts = source.load(bulk)
        watch.lap("load")
        reach("compute.loaded")
        results = compute(source.plan, facts.members, facts.sales, **facts.beside())
        line_count = facts.line_count
        del facts
        watch.lap("engine")
        left = writers.left_behind(results)
        rows = writers.write_results(bulk, results, left, run_id=held.run_id, fence=held.fence)
        watch.lap("write")
        _record_results(bulk, held, results, left, watch, line_count=line_count, rows=sum(rows))
        reach("compute.before_commit")
        bulk.commit()
    reach("compute.after_commit")


def _record_results(
    bulk: loaders.Connection,
    held: Hold,
    results: Results,
    left: CarriedOut,
    watch: Stopwatch,
    *,
    line_count: int,
    rows: int,
) -> None:
    """Record the compute step on the bulk connection, if the run is still ours."""
    totals = results.totals
    elapsed = watch.elapsed()
    changed = loaders.execute(
        bulk,
        RECORD_RUN,
        input=results.input_digest,
        plan=results.plan_digest,
        result=results.result_digest,
        version=results.engine_version,
        orders=totals.orders,
        lines=line_count,
        members=totals.members,
        active=totals.active,
        promotions=totals.promotions,
        bv=totals.bv,
        rsp_sold=totals.rsp_sold,
        net=totals.net_minor,
        commission=totals.commission_minor,
        rsp=totals.rsp_credited,
        earnings=len(results.earnings),
        carried=len(left),
        figure_names=json.dumps(results.members.figure_names),
        carried_keys=json.dumps(left.keys),
        timings=json.dumps(watch.laps),
        run=held.run_id,
        fence=held.fence,
    )
    if changed != 1:
        raise FenceLost(f"run {held.run_id} was taken over")
    loaders.execute(
        bulk,
        RECORD_STEP,
        run=held.run_id,
        name=StepName.COMPUTE.value,
        ordinal=ORDINALS[StepName.COMPUTE],
        host=socket.gethostname(),
        pid=os.getpid(),
        started_at=watch.started_at,
        finished_at=watch.started_at + elapsed,
        duration=round(elapsed / timedelta(milliseconds=1)),
        rows=rows,
        digest=results.result_digest,
    )


def verify(held: Hold, *, now: datetime) -> None:
    """Compare what is stored with what was computed and with the facts; then it is computed.

    What a person must acknowledge before the close is approved is found and written here too.

    :raises UnableToAdvance: if a count or sum differs.
    """
    watch = Stopwatch()
    with transaction.atomic(durable=True):
        run = require_fence(held)
        faults = _stored_faults(run)
        if run.kind == RunKind.CLOSE:
            faults += _fact_faults(run)
        if faults:
            raise UnableToAdvance("; ".join(faults))
        if run.kind == RunKind.CLOSE:
            run.checks = gate.record_findings(run)
        run.status = RunStatus.COMPUTED
        run.save(update_fields=["status", "checks"])
        if run.kind == RunKind.CLOSE:
            period = Period.objects.select_for_update(of=("self",), no_key=True).get(
                pk=run.period_id
            )
            period.status = PeriodStatus.COMPUTED
            period.computed_at = now
            period.save(update_fields=["status", "computed_at"])
        rows = run.member_count + run.earning_count + run.carried_count
        record(run, StepName.VERIFY, watch, rows=rows, digest=run.result_digest)
        reach("verify.before_commit")
    reach("verify.after_commit")


def _stored_faults(run: Run) -> list[str]:
    """Counts and sums of the partitions against the totals of the computation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE active),"
            " coalesce(sum(commission_minor), 0)::bigint, coalesce(sum(rsp_total), 0)::bigint,"
            " coalesce(max(position), -1) + 1, coalesce(sum(order_count), 0)"
            " FROM compensation_memberresult WHERE run_id = %s",
            [run.pk],
        )
        members = cursor.fetchone()
        cursor.execute(
            "SELECT count(*), coalesce(sum(amount) FILTER (WHERE unit = 0), 0)::bigint,"
            " coalesce(sum(amount) FILTER (WHERE unit = 1), 0)::bigint"
            " FROM compensation_earning WHERE run_id = %s",
            [run.pk],
        )
        earnings = cursor.fetchone()
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE key < 0 OR key >= %s)"
            " FROM compensation_carried WHERE run_id = %s",
            [len(run.carried_keys), run.pk],
        )
        carried = cursor.fetchone()
    expected = {
        "members stored": (members[0], run.member_count),
        "active members": (members[1], run.active_count),
        "commission of members": (members[2], run.commission_minor),
        "RSP of members": (members[3], run.rsp_credited),
        "positions": (members[4], run.member_count),
        "orders of members": (members[5], run.order_count),
        "earnings stored": (earnings[0], run.earning_count),
        "commission of earnings": (earnings[1], run.commission_minor),
        "RSP of earnings": (earnings[2], run.rsp_credited),
        "carried rows": (carried[0], run.carried_count),
        "carried rows of unknown keys": (carried[1], 0),
    }
    return [
        f"{what}: {found} stored, {wanted} computed"
        for what, (found, wanted) in expected.items()
        if found != wanted
    ]


def _fact_faults(run: Run) -> list[str]:
    """The run's sales against the frozen facts, added up by the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(bv), 0)::bigint,"
            " coalesce(sum(gross_minor - tax_minor), 0)::bigint"
            " FROM sales_order WHERE counted_at >= %(starts)s AND counted_at < %(ends)s",
            {"starts": run.period.starts_at, "ends": run.period.ends_at},
        )
        orders, bv, net = cursor.fetchone()
        cursor.execute(
            "SELECT coalesce(sum(r.bv), 0)::bigint,"
            " coalesce(sum(r.gross_minor - r.tax_minor), 0)::bigint FROM sales_return r"
            " JOIN sales_orderline l ON l.id = r.line_id JOIN sales_order o ON o.id = l.order_id"
            " WHERE r.counted_at >= %(starts)s AND r.counted_at < %(ends)s"
            " AND o.counted_at >= %(starts)s AND o.counted_at < %(ends)s",
            {"starts": run.period.starts_at, "ends": run.period.ends_at},
        )
        back_bv, back_net = cursor.fetchone()
    expected = {
        "orders": (orders, run.order_count),
        "BV": (bv - back_bv, run.bv),
        "net sales": (net - back_net, run.net_minor),
    }
    return [
        f"{what}: {found} in the facts, {computed} computed"
        for what, (found, computed) in expected.items()
        if found != computed
    ]


def post(held: Hold, *, now: datetime) -> None:
    """Write the journals of an approved run, all of them or none.

    :raises InputChanged: if the input is no longer the one that was approved.
    """
    watch = Stopwatch()
    run = Run.objects.select_related("period", "plan_version").get(pk=held.run_id)
    source = InputSource.of(run)
    # The input is read and hashed beside the posting; nothing is committed before it is compared.
    with ThreadPoolExecutor(max_workers=1) as aside, transaction.atomic(durable=True):
        found = aside.submit(source.digest)
        run = require_fence(held)
        period = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=run.period_id)
        journals = ledger.post_run(run=run, period=period, currency=source.plan.currency)
        if found.result() != run.input_digest:
            raise InputChanged(
                f"the input of {period.label} is not the one that was approved"
                f" (digest {found.result()[:12]}, approved {run.input_digest[:12]})"
            )
        run.status = RunStatus.POSTED
        run.posted_at = now
        run.save(update_fields=["status", "posted_at"])
        period.status = PeriodStatus.POSTED
        period.posted_at = now
        period.save(update_fields=["status", "posted_at"])
        record(run, StepName.POST, watch, rows=journals, digest=run.result_digest)
        anchoring.want_anchor(period)
        reach("post.before_commit")
    reach("post.after_commit")


def publish(held: Hold, *, now: datetime) -> None:
    """Let readers see the run: move the period's pointer to it; earlier previews are dropped."""
    watch = Stopwatch()
    with transaction.atomic(durable=True):
        run = require_fence(held)
        with connection.cursor() as cursor:
            cursor.execute("SELECT compensation_analyze_partitions(%s)", [run.pk])
        period = Period.objects.select_for_update(of=("self",), no_key=True).get(pk=run.period_id)
        if run.kind == RunKind.CLOSE or period.status != PeriodStatus.POSTED:
            period.visible_run = run
            if run.kind == RunKind.CLOSE:
                period.published_at = now
            period.save(update_fields=["visible_run", "published_at"])
            if run.kind == RunKind.CLOSE:
                freeze_papers(run=run, now=now)
                event_notices.tell_published(run, now=now)
        record(run, StepName.PUBLISH, watch)
        reach("publish.before_commit")
    reach("publish.after_commit")

"""Shared reads of periods and runs; the pages' own reads stand in ``selectors_pages``."""

from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from compensation.models import (
    CheckCode,
    Finding,
    Period,
    PeriodStatus,
    PlanVersion,
    Run,
    RunKind,
    RunStatus,
    WaitingReturn,
)

Interval = tuple[datetime, datetime]
FACT_TABLES = (
    "compensation_couponentry",
    "compensation_planversion",
    "compensation_rankoverride",
    "compensation_rspconversion",
    "representatives_placement",
    "representatives_representative",
    "representatives_sponsorchange",
    "representatives_statuschange",
    "sales_order",
    "sales_return",
)


def open_intervals() -> list[Interval]:
    """Return the half-open intervals of the open periods in order; facts may count in them."""
    return list(
        Period.objects.filter(status=PeriodStatus.OPEN)
        .order_by("starts_at")
        .values_list("starts_at", "ends_at")
    )


def get_period(label: str) -> Period | None:
    """Return the period of a label such as 2017-03, or None."""
    return Period.objects.filter(label=label).first()


def current_period(now: datetime) -> Period | None:
    """Return the period that holds the instant, whatever its state, or None."""
    return Period.objects.filter(starts_at__lte=now, ends_at__gt=now).first()


def list_periods() -> QuerySet[Period]:
    """Return all periods, the latest first."""
    return Period.objects.select_related("visible_run").order_by("-starts_at")


def visible_run(period: Period) -> Run | None:
    """Return the run that pages show for a period: the posted one, or the latest preview."""
    pointer = Period.objects.select_related("visible_run__plan_version").get(pk=period.pk)
    return pointer.visible_run


def live_close(period: Period) -> Run | None:
    """Return the period's one closing run that is running, computed, approved or posted."""
    return (
        Run.objects.filter(
            period=period,
            kind=RunKind.CLOSE,
            status__in=[
                RunStatus.RUNNING,
                RunStatus.COMPUTED,
                RunStatus.APPROVED,
                RunStatus.POSTED,
            ],
        )
        .select_related("period", "plan_version")
        .first()
    )


def posted_run(period: Period) -> Run | None:
    """Return the period's posted run, or None."""
    return (
        Run.objects.filter(period=period, kind=RunKind.CLOSE, status=RunStatus.POSTED)
        .select_related("period", "plan_version")
        .first()
    )


def last_posted_run_before(period: Period) -> Run | None:
    """Return the posted run of the latest earlier period, which gives the opening titles."""
    return (
        Run.objects.filter(
            kind=RunKind.CLOSE,
            status=RunStatus.POSTED,
            period__starts_at__lt=period.starts_at,
        )
        .select_related("period", "plan_version")
        .order_by("-period__starts_at")
        .first()
    )


def plan_version_for(period: Period) -> PlanVersion | None:
    """Return the plan version in force on the period's first day, or None."""
    return (
        PlanVersion.objects.filter(effective_from__lte=period.first_day)
        .order_by("-effective_from")
        .first()
    )


def dead_runs_with_results() -> list[Run]:
    """Return failed and dropped runs whose partitions are still there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT split_part(relname, '_', 3)::bigint FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND relname ~ '^compensation_(memberresult|earning|carried)_[0-9]+_[0-9]+$'"
        )
        numbers = [number for (number,) in cursor.fetchall()]
    return list(
        Run.objects.filter(
            pk__in=numbers, status__in=[RunStatus.FAILED, RunStatus.DROPPED]
        ).order_by("pk")
    )


def waiting_returns() -> list[int]:
    """Return the ids of accepted returns of posted months that are not reversed yet, in order.

    Looks at the returns that wait alone, however many were ever netted or reversed.
    """
    waiting = WaitingReturn.objects.filter(period__status=PeriodStatus.POSTED)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def list_findings(run: Run) -> list[Finding]:
    """Return what a close found, one row for each code, in the order of the checks."""
    found = {finding.code: finding for finding in run.findings.filter(ordinal=0)}
    return [found[code] for code in CheckCode.values if code in found]


def finding_codes(run: Run) -> list[str]:
    """Return the codes of what a close found, in the order of the checks."""
    return [finding.code for finding in list_findings(run)]


def open_finding_codes(run: Run) -> list[str]:
    """Return the codes of what a close found and nobody has acknowledged, in order."""
    done = set(run.acknowledgements.values_list("code", flat=True))
    return [code for code in finding_codes(run) if code not in done]


def last_failed_close(period: Period) -> Run | None:
    """Return the closing run that failed last, or None."""
    return (
        Run.objects.filter(period=period, kind=RunKind.CLOSE, status=RunStatus.FAILED)
        .order_by("-attempt")
        .first()
    )


def facts_mark() -> str:
    """Return a mark that changes with every write to the tables a run reads.

    The server's own counters: a number of the last row would miss one that commits late.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(string_agg((n_tup_ins + n_tup_upd)::text, '.' ORDER BY relname), '')"
            " FROM pg_stat_user_tables WHERE relname = ANY(%s)",
            [list(FACT_TABLES)],
        )
        return str(cursor.fetchone()[0])


def show_writes() -> None:
    """Have the server count at once what this session has written, for `facts_mark`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")

"""How far a run is: steps done, the one at work, rows so far, and about how long it will take.

Read from what is there anyway: the recorded steps of this run and of earlier ones, the lease, and
what the server knows of the bulk connection (COPY and index building). The close writes nothing
for it. Times are real time in milliseconds; results never depend on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from compensation.models import Run, RunKind, RunStatus, RunStep, StepName
from compensation.services import runs

EARLIER_RUNS = 3
CLOSE_ORDER = tuple(StepName)
PREVIEW_ORDER = (StepName.COMPUTE, StepName.VERIFY, StepName.PUBLISH)
UNDER_WAY = (RunStatus.RUNNING, RunStatus.COMPUTED, RunStatus.APPROVED, RunStatus.POSTED)


class StepState(StrEnum):
    """Where a step stands."""

    DONE = "done"
    AT_WORK = "at work"
    NEXT = "next"
    PERSON = "waits for a person"
    LATER = "later"
    NEVER = "never"


class Stage(StrEnum):
    """What the step at work is doing, as far as the server knows."""

    READING = "reading"
    WRITING = "writing"
    INDEXING = "indexing"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class StepProgress:
    """A step: rows and time it took, or those expected of it by earlier runs (None: not known)."""

    name: StepName
    state: StepState
    rows: int | None
    milliseconds: int | None
    done: RunStep | None = None


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run's steps, and the step at work."""

    steps: tuple[StepProgress, ...]
    current: StepProgress | None
    """The step that is at work, or that nobody works on yet; None when all is done."""
    stage: Stage | None
    rows: int | None
    """Rows of the step at work so far, where the server knows."""
    elapsed_ms: int
    left_ms: int | None
    """About how long until a person is needed or all is done; None where nothing is known."""

    @property
    def is_at_work(self) -> bool:
        """Whether a process holds the run."""
        return self.current is not None and self.current.state is StepState.AT_WORK

    @property
    def is_late(self) -> bool:
        """Whether the step at work takes longer than it did before."""
        expected = None if self.current is None else self.current.milliseconds
        return expected is not None and self.elapsed_ms > expected

    @property
    def share(self) -> int:
        """How much of the time until the next stop is over, in whole per cent."""
        if self.left_ms is None:
            return 0
        done = sum(step.milliseconds or 0 for step in self.steps if step.done is not None)
        over = done + self.elapsed_ms
        whole = over + self.left_ms
        return min(99, over * 100 // whole) if whole else 0


def progress_of(run: Run) -> RunProgress:
    """Read how far a run is."""
    done = {step.name: step for step in run.steps.all()}
    stage: Stage | None
    is_alive, elapsed, stage, rows = _at_work(run)
    expected = _expected(run, done)
    order = CLOSE_ORDER if run.kind == RunKind.CLOSE else PREVIEW_ORDER
    steps = tuple(_states(run, order, done, expected, is_alive=is_alive))
    stopped = (StepState.DONE, StepState.LATER, StepState.NEVER)
    current = next((step for step in steps if step.state not in stopped), None)
    if current is None or current.state is not StepState.AT_WORK:
        stage, rows, elapsed = None, None, 0
    return RunProgress(
        steps=steps,
        current=current,
        stage=stage,
        rows=_rows_so_far(expected, rows),
        elapsed_ms=elapsed,
        left_ms=_left(steps, current, elapsed, expected, stage, rows),
    )


@dataclass(frozen=True, slots=True)
class _Expected:
    """What earlier runs say of a run's steps."""

    rows: dict[str, int]
    milliseconds: dict[str, int]
    members: int
    write_ms: int


@dataclass(frozen=True, slots=True)
class _Copied:
    """Rows the bulk connection has copied so far, and into which of the run's tables."""

    table: str
    rows: int


def _states(
    run: Run,
    order: Sequence[StepName],
    done: dict[str, RunStep],
    expected: _Expected,
    *,
    is_alive: bool,
) -> list[StepProgress]:
    found: list[StepProgress] = []
    is_reached = False
    for name in order:
        step = done.get(name)
        if step is not None:
            found.append(StepProgress(name, StepState.DONE, step.rows, step.duration_ms, step))
            continue
        if run.status not in UNDER_WAY:
            state = StepState.NEVER
        elif is_reached:
            state = StepState.LATER
        elif name == StepName.APPROVE:
            state = StepState.PERSON
        else:
            state = StepState.AT_WORK if is_alive else StepState.NEXT
        is_reached = True
        found.append(
            StepProgress(name, state, expected.rows.get(name), expected.milliseconds.get(name))
        )
    return found


def _at_work(run: Run) -> tuple[bool, int, Stage, _Copied | None]:
    """Whether the run's holder lives, since when it works on the step, and at what."""
    with connection.cursor() as cursor:
        cursor.execute(
            _AT_WORK,
            {
                "run": run.pk,
                "bulk": runs.bulk_name(run.pk, run.fence),
                "lease": runs._lease(),
            },
        )
        row = cursor.fetchone()
    if row is None:
        return False, 0, Stage.WORKING, None
    is_alive, elapsed, command, table, copied, is_indexing = row
    stage, rows = Stage.WORKING, None
    if command == "COPY TO":
        stage, rows = Stage.READING, _Copied("", int(copied))
    elif command is not None:
        stage, rows = Stage.WRITING, _Copied(table or "", int(copied))
    elif is_indexing:
        stage = Stage.INDEXING
    return bool(is_alive), max(0, int(elapsed or 0)), stage, rows


_AT_WORK = """
    SELECT coalesce(r.lease_until > clock_timestamp() AND a.pid IS NOT NULL, false),
           floor(extract(epoch FROM clock_timestamp() - (r.lease_until - %(lease)s::interval))
                 * 1000)::bigint,
           c.command, t.relname, c.tuples_processed, i.pid IS NOT NULL
    FROM compensation_run r
    LEFT JOIN pg_stat_activity a
           ON a.pid = r.holder_backend AND a.backend_start = r.holder_since
    LEFT JOIN pg_stat_activity b
           ON b.application_name = %(bulk)s AND b.datname = current_database()
    LEFT JOIN pg_stat_progress_copy c ON c.pid = b.pid
    LEFT JOIN pg_class t ON t.oid = c.relid
    LEFT JOIN pg_stat_progress_create_index i ON i.pid = b.pid
    WHERE r.id = %(run)s
    LIMIT 1
"""


def _expected(run: Run, done: dict[str, RunStep]) -> _Expected:
    """Expect of each step as many rows as last time, and time in proportion to them."""
    earlier: dict[str, list[RunStep]] = {}
    steps = (
        RunStep.objects.filter(run__status__in=[RunStatus.COMPUTED, RunStatus.POSTED])
        .exclude(run=run)
        .select_related("run")
        .order_by("-pk")
    )
    for step in steps[: EARLIER_RUNS * len(StepName)]:
        earlier.setdefault(step.name, []).append(step)
    computed = done.get(StepName.COMPUTE)
    rows: dict[str, int] = {}
    milliseconds: dict[str, int] = {}
    for name, of_name in earlier.items():
        last = of_name[0]
        rows[name] = last.rows
        if computed is not None and name in (StepName.VERIFY, StepName.POST):
            size = last.run.member_count + last.run.earning_count + last.run.carried_count
            rows[name] = last.rows * computed.rows // size if size else last.rows
        taken, copied = (
            sum(step.duration_ms for step in of_name),
            sum(step.rows for step in of_name),
        )
        milliseconds[name] = taken * rows[name] // copied if copied else taken // len(of_name)
    reference = earlier.get(StepName.COMPUTE, [])
    timings = reference[0].run.timings if reference else {}
    return _Expected(
        rows,
        milliseconds,
        members=reference[0].run.member_count if reference else 0,
        write_ms=int(timings.get("write", 0)),
    )


def _rows_so_far(expected: _Expected, copied: _Copied | None) -> int | None:
    """Rows of the step: tables are written one after the other, members first."""
    if copied is None:
        return None
    before = expected.members if copied.table.startswith("compensation_earning_") else 0
    return before + copied.rows


def _left(
    steps: Sequence[StepProgress],
    current: StepProgress | None,
    elapsed: int,
    expected: _Expected,
    stage: Stage | None,
    copied: _Copied | None,
) -> int | None:
    """Time of the step at work that is left, and of those behind it up to the next person."""
    if current is None or current.state is StepState.PERSON or current.milliseconds is None:
        return None
    left = max(0, current.milliseconds - elapsed)
    rows, wanted = _rows_so_far(expected, copied), current.rows
    if stage is Stage.WRITING and rows is not None and wanted:
        left = expected.write_ms * max(0, wanted - rows) // wanted
    after = steps[steps.index(current) + 1 :]
    for step in after:
        if step.name == StepName.APPROVE:
            break
        left += step.milliseconds or 0
    return left

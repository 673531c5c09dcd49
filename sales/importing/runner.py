"""Runs an import: reads, sorts, cuts into chunks, and isolates what the database refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from representatives.models import Company
from sales.importing import writer
from sales.importing.chunk import Outcome, Terms, resolve
from sales.importing.source import Rejected, SourceFile, read_source
from sales.importing.units import Unit, UnitFault, UnitParser
from sales.models import ImportBatch
from sales.periods import Interval

CHUNK_UNITS = 10_000
ATTEMPTS = 3
# One import at a time writes: two of the same file then find each other's orders.
IMPORT_LOCK = 5_093_004
# The history of a chunk's customers joins by hashing the chunk: the planner, which does not know
# the chunk, would sort all lines ever sold. The latest earlier order is one step in its index.
PLANNER = """
SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off; SET LOCAL work_mem = '64MB'
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: bytes read while `phase` is read, units done while it is import."""

    phase: str
    done: int
    total: int


@dataclass(slots=True)
class Report:
    """What an import did. `unit` counts are orders or, where a unit only takes back, returns."""

    batch_id: int
    lines: int
    orders: int = 0
    returns: int = 0
    customers: int = 0
    known: int = 0
    rejected: int = 0
    conflicts: int = 0

    @property
    def exit_code(self) -> int:
        """Return 1 if anything was rejected, 3 if there were only conflicts, else 0."""
        if self.rejected:
            return 1
        return 3 if self.conflicts else 0


def import_orders(
    *,
    path: Path,
    open_intervals: Callable[[], Sequence[Interval]],
    now: datetime,
    zone: ZoneInfo,
    into_open_period: bool = False,
    on_rejected: Callable[[Rejected], None] = lambda rejected: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    chunk_units: int = CHUNK_UNITS,
) -> Report:
    """Import the orders and returns of a CSV or CSV.gz file; see the package's first lines.

    `open_intervals` is asked before each chunk, as a period may be frozen meanwhile. Nothing is
    written before the whole file was read; then each chunk commits by itself. Must not be called
    inside a transaction.

    :raises UnableToReadOrders: if the file as a whole can't be read; then nothing was written.
    """
    company = Company.objects.get(pk=Company.ONLY_ID)
    source = read_source(path, lambda done, total: on_progress(Progress("read", done, total)))
    parser = UnitParser(source, zone, company.currency)
    order = sorted(source.pieces, key=parser.sort_key)
    batch = ImportBatch.objects.create(
        file_name=path.name[:255],
        file_digest=source.digest,
        line_count=source.line_count,
        started_at=now,
    )
    run = _Run(source, batch, on_rejected)
    for orphan in source.orphans:
        run.reject(orphan)

    def terms() -> Terms:
        return Terms(now, open_intervals(), into_open_period, company.currency, company.add_on_days)

    try:
        for start in range(0, len(order), chunk_units):
            references = order[start : start + chunk_units]
            run.write(run.parse(parser, references), terms)
            on_progress(Progress("import", start + len(references), len(order)))
    finally:
        if not connection.needs_rollback and connection.is_usable():
            writer.drop_staging()
    batch.finished_at = max(now, batch.started_at)
    batch.save()
    return Report(
        batch_id=batch.pk,
        lines=source.line_count,
        orders=batch.order_count,
        returns=batch.return_count,
        customers=batch.customer_count,
        known=batch.known_count,
        rejected=batch.rejected_count,
        conflicts=batch.conflict_count,
    )


class _Run:
    """One import under way: its file, its log row, and who is told of rejected units."""

    def __init__(
        self, source: SourceFile, batch: ImportBatch, on_rejected: Callable[[Rejected], None]
    ) -> None:
        self.source = source
        self.batch = batch
        self.on_rejected = on_rejected

    def reject(self, rejected: Rejected) -> None:
        """Count a unit that is left out, and tell of it."""
        if rejected.conflict:
            self.batch.conflict_count += 1
        else:
            self.batch.rejected_count += 1
        self.on_rejected(rejected)

    def parse(self, parser: UnitParser, references: Sequence[str]) -> list[Unit]:
        """Return the units of a chunk that are well formed."""
        units = []
        for reference in references:
            try:
                units.append(parser.parse(reference))
            except UnitFault as fault:
                self.reject(self.source.rejected(reference, fault.faults))
        return units

    def write(self, units: list[Unit], terms: Callable[[], Terms]) -> None:
        """Write a chunk in one transaction.

        What Python can tell is told before; where the database still refuses (a period frozen
        meanwhile, say), the chunk is halved until the one at fault stands alone.
        """
        waiting = [units]
        while waiting:
            chunk = waiting.pop()
            if not chunk:
                continue
            try:
                outcome = self._attempt(chunk, terms)
            except (IntegrityError, DataError) as error:
                if len(chunk) > 1:
                    half = len(chunk) // 2
                    waiting += [chunk[half:], chunk[:half]]
                    continue
                reason = str(error).splitlines()[0]
                self.reject(
                    self.source.rejected(chunk[0].external_ref, [(chunk[0].first_line, reason)])
                )
            else:
                self._tell(outcome)

    def _attempt(self, units: list[Unit], terms: Callable[[], Terms]) -> Outcome:
        for attempt in range(1, ATTEMPTS + 1):
            before = (self.batch.order_count, self.batch.return_count, self.batch.customer_count)
            try:
                with transaction.atomic(durable=True):
                    return self._write_chunk(units, terms())
            except Exception as error:
                batch = self.batch
                batch.order_count, batch.return_count, batch.customer_count = before
                # A deadlock with a page is over by now; a lost connection is not.
                passing = isinstance(error, OperationalError) and connection.is_usable()
                if not passing or attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _write_chunk(self, units: list[Unit], terms: Terms) -> Outcome:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
            cursor.execute(PLANNER)
        outcome = resolve(units, terms)
        if outcome.resolved:
            first = not self.batch.order_count
            writer.write(outcome.resolved, terms, self.batch, first=first)
        self.batch.save()
        return outcome

    def _tell(self, outcome: Outcome) -> None:
        self.batch.known_count += outcome.known
        for unit, reason in outcome.conflicts:
            self.reject(
                self.source.rejected(unit.external_ref, [(unit.first_line, reason)], conflict=True)
            )
        for unit, faults in outcome.rejected:
            self.reject(self.source.rejected(unit.external_ref, faults))

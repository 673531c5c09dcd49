"""`manage.py import_orders FILE`: orders and returns from CSV or CSV.gz, safe to repeat."""

from __future__ import annotations

import csv
import json
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from compensation import selectors, tasks
from representatives.clock import company_now, company_zone
from representatives.models import Company
from sales.importing import (
    CHUNK_UNITS,
    COLUMNS,
    Progress,
    Rejected,
    Report,
    UnableToReadOrders,
    import_orders,
)

FAULTS_SHOWN = 100
EVERY_SECONDS = 5
BAR_WIDTH = 30
USAGE, FAULT = 2, 1


class Command(BaseCommand):
    help = (
        "Imports orders and returns from a CSV or CSV.gz file with the columns "
        f"{', '.join(COLUMNS)}. The unit is the order: a bad line rejects its order, the rest is "
        "committed. Exit 0 if all is there, 1 if an order was rejected, 2 if the file can't be "
        "used, 3 if there were only conflicts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--into-open-period",
            action="store_true",
            help="count late orders in the period that holds the clock, keeping their paid date",
        )
        parser.add_argument(
            "--rejects",
            type=Path,
            metavar="FILE",
            help="write the lines of rejected orders here, with line number and reason; corrected, "
            "it can be imported as it is",
        )
        parser.add_argument(
            "--chunk",
            type=int,
            default=CHUNK_UNITS,
            metavar="ORDERS",
            help=f"orders written in one transaction (default {CHUNK_UNITS})",
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        rejects: Path | None = options["rejects"]
        if rejects and rejects.resolve() == path.resolve():
            raise CommandError("--rejects would overwrite the file itself.", returncode=USAGE)
        if options["chunk"] < 1:
            raise CommandError("--chunk must be 1 or more.", returncode=USAGE)
        if not Company.objects.exists():
            raise CommandError("There is no company yet.", returncode=USAGE)
        meter = Meter(self.stderr._out)
        with ExitStack() as stack:
            faults = Faults(meter, _opened(rejects, stack))
            try:
                report = import_orders(
                    path=path,
                    open_intervals=selectors.open_intervals,
                    now=company_now(),
                    zone=company_zone(),
                    into_open_period=options["into_open_period"],
                    on_rejected=faults.add,
                    on_progress=meter.show,
                    chunk_units=options["chunk"],
                )
            except UnableToReadOrders as error:
                code = FAULT if error.field == "damaged" else USAGE
                raise CommandError(error.message, returncode=code) from error
            finally:
                meter.clear()
        if report.orders or report.returns:
            tasks.hint_live()
        if faults.count > FAULTS_SHOWN:
            meter.line(f"… and {faults.count - FAULTS_SHOWN} more faults")
        self.stdout.write(json.dumps(asdict(report)) if options["json"] else _summary(report))
        if report.exit_code:
            sys.exit(report.exit_code)


class Faults:
    """Tells of rejected orders: the first faults as lines, all of them in the rejects file."""

    def __init__(self, meter: Meter, stream: TextIO | None) -> None:
        self.meter = meter
        self.count = 0
        self.rows = csv.writer(stream, lineterminator="\n") if stream else None
        if self.rows:
            self.rows.writerow([*COLUMNS, "line", "reason"])

    def add(self, rejected: Rejected) -> None:
        """Tell of one unit."""
        kind = "conflict" if rejected.conflict else "rejected"
        for line, reason in rejected.faults:
            self.count += 1
            if self.count <= FAULTS_SHOWN:
                self.meter.line(f"line {line}, order {rejected.external_ref!r}, {kind}: {reason}")
        if self.rows:
            self._write(rejected)

    def _write(self, rejected: Rejected) -> None:
        assert self.rows is not None
        reasons = dict(rejected.faults)
        first = rejected.faults[0][0]
        for line, fields in rejected.lines:
            reason = reasons.get(line, f"its order is rejected, see line {first}")
            self.rows.writerow([*fields, line, reason])


class Meter:
    """A progress bar on a terminal; a line every few seconds elsewhere."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.terminal = bool(getattr(stream, "isatty", lambda: False)())
        self.shown_at = time.monotonic()
        self.drawn = False

    def show(self, progress: Progress) -> None:
        """Show how far the import is, not more often than is useful."""
        moment = time.monotonic()
        if moment - self.shown_at < (0.1 if self.terminal else EVERY_SECONDS):
            return
        self.shown_at = moment
        share = progress.done * 100 // max(1, progress.total)
        word = "reading" if progress.phase == "read" else "importing"
        if self.terminal:
            filled = "█" * (share * BAR_WIDTH // 100)
            self.stream.write(f"\r{word:>9} {filled:·<{BAR_WIDTH}} {share:3d} % ")
            self.stream.flush()
            self.drawn = True
        else:
            self.line(f"{word} {share} %: {progress.done} of {progress.total}")

    def line(self, text: str) -> None:
        """Write a whole line, above the bar."""
        self.clear()
        self.stream.write(f"{text}\n")

    def clear(self) -> None:
        """Take the bar away."""
        if self.drawn:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
            self.drawn = False


def _opened(path: Path | None, stack: ExitStack) -> TextIO | None:
    if path is None:
        return None
    try:
        return stack.enter_context(path.open("w", encoding="utf-8", newline=""))
    except OSError as error:
        raise CommandError(
            f"{path} can't be written: {error.strerror}", returncode=USAGE
        ) from error


def _summary(report: Report) -> str:
    return (
        f"lines {report.lines}, orders added {report.orders}, returns added {report.returns}, "
        f"customers added {report.customers}, already there {report.known}, "
        f"rejected {report.rejected}, conflicts {report.conflicts}"
    )

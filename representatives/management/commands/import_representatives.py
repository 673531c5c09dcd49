"""Add representatives from a CSV file: all of them or none."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from representatives.clock import company_now, company_zone
from representatives.errors import TreeBusy
from representatives.importing import COLUMNS, UnableToImport, import_representatives


class Command(BaseCommand):
    help = (
        f"Add representatives from a CSV file (or CSV.gz) with the columns {', '.join(COLUMNS)}:"
        " all of them or none. Dates are written as 2017-03-31; the one root has no sponsor_code."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options["json"]
        now = company_now()
        try:
            outcome = import_representatives(
                path=options["file"],
                now=now,
                today=now.astimezone(company_zone()).date(),
                progress=(lambda _: None) if as_json else self.stdout.write,
            )
        except OSError as error:
            raise CommandError(
                f"{options['file']}: {error.strerror or error}", returncode=2
            ) from error
        except TreeBusy as busy:
            raise CommandError(busy.message, returncode=3) from busy
        except UnableToImport as refusal:
            self._report(refusal, as_json=as_json)
            raise CommandError(f"{options['file']}: {refusal.message}", returncode=1) from refusal
        if as_json:
            self.stdout.write(
                json.dumps({"added": outcome.added, "already_there": outcome.already_there})
            )
        else:
            self.stdout.write(f"{outcome.added} added, {outcome.already_there} already there")

    def _report(self, refusal: UnableToImport, *, as_json: bool) -> None:
        if as_json:
            faults = [
                {"line": one.line, "column": one.column, "message": one.message}
                for one in refusal.faults
            ]
            self.stdout.write(
                json.dumps({"added": 0, "fault_count": refusal.fault_count, "faults": faults})
            )
            return
        for fault in refusal.faults:
            self.stdout.write(str(fault))
        hidden = refusal.fault_count - len(refusal.faults)
        if hidden:
            self.stdout.write(f"and {hidden} more")

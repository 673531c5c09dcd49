"""Import a file of the bank's answers to payouts."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from compensation import ledger, services
from compensation.services.bank_answers import Verdict
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import User

DONE, FAULT, USAGE, BUSY = 0, 1, 2, 3


class Command(BaseCommand):
    """``import_answers FILE --by EMAIL [--json]``; the same file again changes nothing.

    Exit 0: every line fits; 1: a line or the file was refused; 2: usage; 3: the ledger is busy and
    nothing was imported.
    """

    help = "Import a status report (pain.002) or CSV of the bank; repeatable."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say which file, and who."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, metavar="EMAIL")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import it, and print what became of its lines."""
        by = User.objects.filter(email=options["by"].lower()).first()
        if by is None:
            self._leave(USAGE, f"--by: there is no user {options['by']}")
        try:
            data = options["file"].read_bytes()
        except OSError as fault:
            self._leave(USAGE, f"{options['file']}: {fault.strerror}")
        try:
            report = services.import_answers(
                file=data,
                name=options["file"].name,
                by=by,
                now=company_now(),
            )
        except ledger.LedgerBusy as refusal:
            self._leave(BUSY, refusal.message)
        except UnableTo as refusal:
            self._leave(FAULT, refusal.message)
        counts = {verdict.value: report.count(verdict) for verdict in Verdict}
        refused = [
            {"line": row.number, "name": row.name, "text": row.text} for row in report.refused
        ]
        if options["json"]:
            self.stdout.write(json.dumps({**counts, "lines": refused}))
        else:
            self.stdout.write(", ".join(f"{name} {count}" for name, count in counts.items()))
            for row in report.refused:
                self.stdout.write(f"line {row.number}, {row.name}: {row.text}")
        sys.exit(FAULT if report.refused else DONE)

    def _leave(self, code: int, message: str) -> NoReturn:
        self.stderr.write(message)
        sys.exit(code)

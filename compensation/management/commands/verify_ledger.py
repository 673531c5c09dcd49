"""Check the ledger and the guards that hold it; print a digest of it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from compensation import verification


class Command(BaseCommand):
    """``verify_ledger [--digest] [--json]``: exit 0 if sound, 1 with every fault named."""

    help = "Check that the ledger balances, is whole, and that its guards are in force."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say whether the digest is wanted."""
        parser.add_argument(
            "--digest", action="store_true", help="print the sha256 of all journals and entries"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look for faults, then print."""
        faults = verification.ledger_faults()
        found: dict[str, Any] = {"faults": faults}
        if options["digest"]:
            found["digest"], found["journals"] = verification.ledger_digest()
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            for fault in faults:
                self.stderr.write(fault)
            if options["digest"]:
                self.stdout.write(found["digest"])
            elif not faults:
                self.stdout.write("the ledger is sound")
        if faults:
            raise SystemExit(1)

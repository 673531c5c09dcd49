"""Compare the stored balances with the ledger's entries, and set them right."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from compensation import balances


class Command(BaseCommand):
    """``rebuild_balances [--check] [--json]``: exit 0 if all is right, 1 if --check found more."""

    help = "Set the stored balances to the sums of the ledger's entries, or only compare them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say whether to change anything."""
        parser.add_argument("--check", action="store_true", help="compare, change nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, or compare and set right."""
        if not options["check"]:
            mended = balances.rebuild()
            self.stdout.write(
                json.dumps({"mended": mended})
                if options["json"]
                else f"{mended} balances set right"
            )
            return
        found = balances.differences()
        if options["json"]:
            self.stdout.write(json.dumps({"differences": [asdict(one) for one in found]}))
        else:
            for one in found:
                self.stderr.write(str(one))
            self.stdout.write(f"{len(found)} differences")
        if found:
            raise SystemExit(1)

"""Check the ledger and the guards that hold it; print a digest of it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from compensation import anchors, verification

FAULT, USAGE = 1, 2


class Command(BaseCommand):
    """``verify_ledger [--anchors FILE] [--digest] [--json]``: exit 0 if sound, 1 naming the faults.

    The chain is recomputed from the rows. With anchors it is also compared with the heads that
    were noted outside the database, so that a tail that was cut off is found too.
    """

    help = "Check that the ledger balances, is whole and unchanged, and that its guards hold."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the anchors; say whether the digest is wanted."""
        parser.add_argument(
            "--anchors", type=Path, metavar="FILE", help="heads noted outside the database"
        )
        parser.add_argument(
            "--digest", action="store_true", help="print the sha256 of all journals and entries"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look for faults, then print."""
        try:
            noted = anchors.read_anchors(options["anchors"]) if options["anchors"] else []
        except anchors.UnableToReadAnchors as unreadable:
            self.stderr.write(unreadable.message)
            raise SystemExit(USAGE) from unreadable
        faults = verification.ledger_faults(anchors=noted)
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
            raise SystemExit(FAULT)

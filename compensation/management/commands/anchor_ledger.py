"""Note the last head of the ledger's chain in a file outside the database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from compensation import anchors

DONE, FAULT, USAGE = 0, 1, 2


class Command(BaseCommand):
    """``anchor_ledger --to FILE``: exit 0 if it is noted, 1 if the file names another ledger."""

    help = "Append the last head of the ledger's chain to a file kept outside the database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the file."""
        parser.add_argument("--to", required=True, type=Path, metavar="FILE", help="the anchors")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, unless it is there already."""
        try:
            anchor = anchors.write_anchor(options["to"])
        except anchors.AnchorDiffers as fault:
            self.stderr.write(fault.message)
            raise SystemExit(FAULT) from fault
        except (anchors.UnableToReadAnchors, OSError) as fault:
            self.stderr.write(str(fault))
            raise SystemExit(USAGE) from fault
        if anchor is None:
            self.stdout.write("nothing is posted yet")
        else:
            self.stdout.write(f"batch {anchor.number} {anchor.head}")

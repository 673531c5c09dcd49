"""Make the labels of the referral tree anew from the sponsors."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from representatives.checks import rebuild_labels
from representatives.errors import TreeBusy, UnableTo


class Command(BaseCommand):
    help = "Make the labels of the referral tree anew from the sponsors, spread evenly."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            relabelled = rebuild_labels()
        except TreeBusy as busy:
            raise CommandError(busy.message, returncode=3) from busy
        except UnableTo as refusal:
            raise CommandError(refusal.message, returncode=1) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"relabelled": relabelled}))
        else:
            self.stdout.write(f"{relabelled} members relabelled")

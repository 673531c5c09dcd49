"""Verify the labels of the referral tree against the sponsors."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from representatives.checks import check_tree


class Command(BaseCommand):
    help = "Verify the labels of the referral tree against the sponsors; exit 1 if one is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = check_tree()
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "members": report.members,
                        "fault_count": report.fault_count,
                        "faults": report.faults,
                    }
                )
            )
        else:
            for fault in report.faults:
                self.stdout.write(fault)
        if report.fault_count:
            raise CommandError(
                f"{report.fault_count} faults among {report.members} members"
                " (rebuild_tree makes the labels anew)",
                returncode=1,
            )
        if not options["json"]:
            self.stdout.write(f"{report.members} members, every label is right")

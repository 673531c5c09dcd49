"""Carry out the effects that wait in the outbox."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from representatives import outbox

BUSY = 3


class Command(BaseCommand):
    help = (
        "Carry out the effects that are due: e-mails, files, messages. Exit 0 when none is left,"
        " 1 if an attempt failed (it is tried again later), 3 if another drainer is at work."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        sent = failed = 0
        while True:
            done = outbox.drain(now=timezone.now())
            sent += done.sent
            failed += done.failed
            if done.busy or not (done.sent or done.failed):
                break
        waiting = outbox.count_waiting()
        if options["json"]:
            counts = {"sent": sent, "failed": failed, "waiting": waiting, "busy": done.busy}
            self.stdout.write(json.dumps(counts))
        else:
            self.stdout.write(f"{sent} sent, {failed} failed, {waiting} waiting")
            if done.busy:
                self.stderr.write("another drainer is at work")
        if failed or done.busy:
            raise SystemExit(1 if failed else BUSY)

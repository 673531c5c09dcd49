"""Compare what the ledger says is in transit with what batches and answers say."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from compensation import ledger, selectors_reconciling, services
from representatives import outbox
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.formatting import money
from representatives.models import User

DONE, FAULT, USAGE, BUSY = 0, 1, 2, 3


class Command(BaseCommand):
    """``reconcile_payouts [--ask-bank --by EMAIL] [--json]``.

    Exit 0: all records tell the same; 1: they differ, or the bank can't be asked; 2: usage; 3: the
    ledger is busy.
    """

    help = "Reconcile payouts; --ask-bank fetches the answers first (channel http)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say whether to ask the bank, and who."""
        parser.add_argument("--ask-bank", action="store_true")
        parser.add_argument("--by", metavar="EMAIL", help="who imports the bank's answers")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, compare, and print each difference."""
        now = company_now()
        if options["ask_bank"]:
            by = User.objects.filter(email=(options["by"] or "").lower()).first()
            if by is None:
                self._leave(USAGE, "--ask-bank needs --by with the e-mail of a user")
            try:
                services.fetch_answers(by=by, now=now)
            except ledger.LedgerBusy as refusal:
                self._leave(BUSY, refusal.message)
            except (UnableTo, outbox.NotDeliveredError) as refusal:
                self._leave(FAULT, str(refusal))
        found = selectors_reconciling.reconcile(now=now)
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "currency": found.currency,
                        "ledger_minor": found.ledger_minor,
                        "payouts_minor": found.payouts_minor,
                        "differences": [
                            {"name": one.name, "text": one.text} for one in found.differences
                        ],
                    }
                )
            )
        else:
            for one in found.differences:
                self.stdout.write(f"{one.name}: {one.text}")
            self.stdout.write(
                f"in transit: ledger {money(found.ledger_minor, found.currency)},"
                f" payouts {money(found.payouts_minor, found.currency)};"
                f" {len(found.differences)} differences"
            )
        sys.exit(DONE if found.agrees else FAULT)

    def _leave(self, code: int, message: str) -> NoReturn:
        self.stderr.write(message)
        sys.exit(code)

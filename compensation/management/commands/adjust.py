"""Ask for an adjustment by hand and, where settings allow it, grant it as another person."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

from compensation import ledger, selectors, services
from compensation.models import Adjustment, Period, StatementLineKey
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import Company, Representative, User
from sales.amounts import parse_money, parse_scaled

DONE, FAULT, USAGE, CONFLICT = 0, 1, 2, 3


class Command(BaseCommand):
    """``adjust --key KEY --representative CODE [--money 9.99] [--rsp 5] --reason … --by EMAIL``.

    The same command again does nothing: exit 0. The same key with other content: exit 3, and an
    alert; also exit 3 if the ledger is busy: give the command again. 1: refused; 2: usage.
    """

    help = "Ask for an adjustment; --approve-by grants and posts it (local settings only)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say for whom, how much, why, and who."""
        parser.add_argument("--key", required=True, help="what makes the command happen once")
        parser.add_argument("--representative", required=True, metavar="CODE")
        parser.add_argument("--money", default="0", help="such as 12.34 or -12.34")
        parser.add_argument("--rsp", default="0", help="points, such as 120 or -120.50")
        parser.add_argument("--reason", required=True)
        parser.add_argument(
            "--line", metavar="MONTH:LINE", help="a statement line, such as 2017-03:0-1-5-100"
        )
        parser.add_argument("--period", metavar="MONTH", help="the month it is related to")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="who asks")
        parser.add_argument(
            "--approve-by", metavar="EMAIL", help="who grants it (local settings only)"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, then grant if somebody does."""
        self.as_json: bool = options["json"]
        if options["approve_by"] and not settings.CLOSE_APPROVAL_BY_COMMAND:
            self.leave(USAGE, "--approve-by works in local settings only: approve on the page")
        by = self.person(options["by"], "--by")
        approver = None
        if options["approve_by"]:
            approver = self.person(options["approve_by"], "--approve-by")
        now = company_now()
        try:
            adjustment = self.request(options, by)
            was_posted = adjustment.journal_id is not None
            if approver is not None:
                adjustment = services.approve_adjustment(
                    adjustment=adjustment, by=approver, now=now
                )
        except ledger.KeyUsedOtherwise as fault:
            services.report_key_conflict(fault=fault, now=now)
            self.leave(CONFLICT, fault.message)
        except ledger.LedgerBusy as fault:
            self.leave(CONFLICT, fault.message)
        except UnableTo as fault:
            self.leave(FAULT, fault.message)
        if was_posted:
            self.leave(DONE, f"already posted journal={adjustment.journal_id}", adjustment)
        if adjustment.journal_id is not None:
            self.leave(DONE, f"posted journal={adjustment.journal_id}", adjustment)
        self.leave(DONE, f"{adjustment} is {adjustment.status}", adjustment)

    def request(self, options: dict[str, Any], by: User) -> Adjustment:
        """Ask by the service."""
        representative = Representative.objects.filter(code=options["representative"]).first()
        if representative is None:
            self.leave(USAGE, f"--representative: there is no {options['representative']!r}")
        currency = Company.objects.get(pk=Company.ONLY_ID).currency
        line: StatementLineKey | None = None
        if options["line"]:
            line = services.statement_line(representative=representative, text=options["line"])
        return services.request_adjustment(
            representative=representative,
            money_minor=self.amount(options["money"], "--money", currency),
            rsp=self.amount(options["rsp"], "--rsp", None),
            reason=options["reason"],
            line=line,
            related_period=self.period(options["period"]),
            by=by,
            now=company_now(),
            key=options["key"],
        )

    def amount(self, text: str, option: str, currency: str | None) -> int:
        """Return minor units of a currency, or hundredths without one."""
        sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
        try:
            return sign * (parse_money(digits, currency) if currency else parse_scaled(digits, 2))
        except ValueError as fault:
            self.leave(USAGE, f"{option}: {text!r} {fault}")

    def period(self, label: str | None) -> Period | None:
        """Find a month."""
        if label is None:
            return None
        period = selectors.get_period(label)
        if period is None:
            self.leave(USAGE, f"--period: there is no period {label!r}")
        return period

    def person(self, email: str, option: str) -> User:
        """Find a member of staff by e-mail."""
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None or not (user.is_staff and user.is_active):
            self.leave(USAGE, f"{option}: {email} is not an active member of staff")
        return user

    def leave(self, code: int, text: str, adjustment: Adjustment | None = None) -> NoReturn:
        """Say how it ended and end."""
        if self.as_json:
            found: dict[str, Any] = {"exit": code, "message": text}
            if adjustment is not None:
                found |= {
                    "adjustment": adjustment.pk,
                    "status": adjustment.status,
                    "journal": adjustment.journal_id,
                }
            self.stdout.write(json.dumps(found))
        else:
            (self.stdout if code == DONE else self.stderr).write(text)
        raise SystemExit(code)

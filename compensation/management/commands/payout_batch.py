"""Draft, send or cancel a payout batch by hand: what takes longer than a page may."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

from compensation import ledger, services
from compensation.models import BatchStatus, PayoutBatch, PayoutFlag
from compensation.selectors_pages.payouts import with_totals
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.formatting import money
from representatives.models import User

DONE, FAULT, USAGE, CONFLICT = 0, 1, 2, 3
Doing = Callable[[PayoutBatch, User, datetime, dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Act:
    """Something done to a batch: with what permission, from which states to which."""

    do: Doing
    permission: str
    begins: tuple[BatchStatus, ...]
    done: tuple[BatchStatus, ...]


def _approve(batch: PayoutBatch, by: User, now: datetime, options: dict[str, Any]) -> object:
    return services.approve_batch(batch=batch, by=by, now=now, noted=options["note"])


def _send(batch: PayoutBatch, by: User, now: datetime, options: dict[str, Any]) -> object:
    return services.send_batch(batch=batch, by=by, now=now)


def _cancel(batch: PayoutBatch, by: User, now: datetime, options: dict[str, Any]) -> object:
    return services.cancel_batch(batch=batch, reason=options["reason"], by=by, now=now)


DRAFT, APPROVED, CANCELLED = BatchStatus.DRAFT, BatchStatus.APPROVED, BatchStatus.CANCELLED
SENT = (BatchStatus.SENT, BatchStatus.CLOSED)
ACTS = {
    "approve": Act(_approve, "approve_payoutbatch", (DRAFT,), (APPROVED, *SENT)),
    "send": Act(_send, "send_payoutbatch", (APPROVED,), SENT),
    "cancel": Act(_cancel, "add_payoutbatch", (DRAFT, APPROVED), (CANCELLED,)),
}


class Command(BaseCommand):
    """``payout_batch draft --execution-date DAY``, or ``approve|send|cancel REFERENCE``.

    Each with ``--by EMAIL [--json]``; ``cancel`` with ``--reason``; ``approve [--note FLAG…]`` in
    local settings only. Exit 0: done, or already done; 1: refused; 2: usage; 3: the batch is in
    another state than the act begins with, or others post for longer than one waits. Whole or not
    at all; the same command again does nothing more.
    """

    help = "Draft, send or cancel a payout batch; approve one in local settings."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what to do, with which batch, and who."""
        acts = parser.add_subparsers(dest="act", required=True)
        draft = acts.add_parser("draft", help="reserve the balance of everybody payable")
        draft.add_argument("--execution-date", required=True, metavar="DAY", help="2017-03-15")
        approve = acts.add_parser("approve", help="approve it (local settings only)")
        approve.add_argument(
            "--note",
            nargs="+",
            default=[],
            choices=PayoutFlag.values,
            metavar="FLAG",
            help="flags that were looked at: " + ", ".join(PayoutFlag.values),
        )
        send = acts.add_parser("send", help="let an approved batch go")
        cancel = acts.add_parser("cancel", help="cancel and release a batch that was not sent")
        cancel.add_argument("--reason", required=True)
        for act in (approve, send, cancel):
            act.add_argument("reference", help="such as PN20170315-1")
        for act in (draft, approve, send, cancel):
            act.add_argument("--by", required=True, metavar="EMAIL")
            act.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and leave."""
        self.as_json: bool = options["json"]
        if options["act"] == "draft":
            self.draft(options)
        if options["act"] == "approve" and not settings.CLOSE_APPROVAL_BY_COMMAND:
            self.leave(USAGE, "approve works in local settings only: approve on the page")
        act = ACTS[options["act"]]
        by = self.person(options["by"], act.permission)
        batch = PayoutBatch.objects.filter(reference=options["reference"]).first()
        if batch is None:
            self.leave(USAGE, f"there is no batch {options['reference']!r}")
        try:
            act.do(batch, by, company_now(), options)
        except UnableTo as refusal:
            batch.refresh_from_db()
            if batch.status in act.done:
                self.leave(DONE, f"{batch} is {batch.status} already", batch)
            busy = isinstance(refusal, ledger.LedgerBusy) or batch.status not in act.begins
            code = CONFLICT if busy else FAULT
            self.leave(code, refusal.message, batch)
        batch.refresh_from_db()
        self.leave(DONE, f"{batch} is {batch.status}", batch)

    def draft(self, options: dict[str, Any]) -> NoReturn:
        """Draft a batch, or find the one that this person drafted for the day."""
        try:
            day = date.fromisoformat(options["execution_date"])
        except ValueError:
            self.leave(USAGE, f"--execution-date: {options['execution_date']!r} is no day")
        by = self.person(options["by"], "add_payoutbatch")
        try:
            batch = services.draft_batch(by=by, now=company_now(), execution_date=day)
        except services.NobodyPayable as refusal:
            made = PayoutBatch.objects.filter(status=DRAFT, execution_date=day, made_by=by)
            found = made.order_by("-pk").first()
            if found is not None:
                self.leave(DONE, f"{found} is drafted already", found)
            self.leave(FAULT, refusal.message)
        except ledger.LedgerBusy as refusal:
            self.leave(CONFLICT, refusal.message)
        except UnableTo as refusal:
            self.leave(FAULT, refusal.message)
        self.leave(DONE, f"{batch} is {batch.status}", batch)

    def person(self, email: str, permission: str) -> User:
        """Find a member of staff who may do this."""
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None or not (user.is_staff and user.is_active):
            self.leave(USAGE, f"--by: {email} is not an active member of staff")
        if not user.has_perm(f"compensation.{permission}"):
            self.leave(USAGE, f"--by: {email} has no permission {permission}")
        return user

    def leave(self, code: int, text: str, batch: PayoutBatch | None = None) -> NoReturn:
        """Say how it ended and end."""
        found: dict[str, Any] = {"exit": code, "message": text}
        if batch is not None:
            sums: Any = with_totals(PayoutBatch.objects.all()).get(pk=batch.pk)
            count, total = int(sums.count or 0), int(sums.sum or 0)
            found |= {"batch": batch.reference, "status": batch.status}
            found |= {"payouts": count, "total_minor": total, "currency": batch.currency}
            text = f"{text}: {count} payouts, {money(total, batch.currency)}"
        if self.as_json:
            self.stdout.write(json.dumps(found))
        else:
            (self.stdout if code == DONE else self.stderr).write(text)
        raise SystemExit(code)

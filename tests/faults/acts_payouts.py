"""Acts of payouts that are killed at their fault points, and what must be so in the end.

The bank of the sending lives in the test's process: a sender that dies forgets nothing for it. The
senders find it by a file named after the database.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.compensation.bank_stub import Bank, start_bank
from tests.compensation.town import APPROVER, CLOSER, Town

_banks: dict[str, tuple[Bank, Any, Any]] = {}


def reserve() -> None:
    """Draft a batch of everybody who can be paid, unless that is done."""
    from compensation import services
    from tests.compensation.paying import NOW

    try:
        services.draft_batch(by=_user(CLOSER), now=NOW, execution_date=NOW.date())
    except services.UnableToPayOut as refusal:
        if "Nobody can be paid" not in refusal.message:
            raise


def send() -> None:
    """Send the approved batch by HTTP, unless that is done, and carry out what the outbox holds."""
    from compensation import services
    from compensation.models import PayoutBatch
    from representatives import outbox
    from tests.compensation.paying import NOW

    settings.BANK_CHANNEL, settings.BANK_URL = "http", _address().read_text()
    batch = PayoutBatch.objects.get()
    if batch.status == "approved":
        services.send_batch(batch=batch, by=_user(CLOSER), now=NOW)
    outbox.drain(now=datetime.now(UTC) + timedelta(days=1))


def take_answers() -> None:
    """Import the bank's file of answers: everything is settled."""
    from compensation import services
    from compensation.models import Payout
    from tests.compensation.paying import NOW, answers

    file = answers(*((payout, "ACSC") for payout in Payout.objects.order_by("end_to_end_id")))
    services.import_answers(file=file, by=_user(CLOSER), now=NOW)


def with_payees(town: Town) -> None:
    """Make people payable."""
    from tests.compensation.paying import add_payees

    add_payees(town)


def with_an_approved_batch(town: Town) -> None:
    """Have a batch approved, and a bank that waits for it."""
    from compensation import services
    from tests.compensation.paying import NOW, draft

    with_payees(town)
    services.approve_batch(batch=draft(town), by=town.approver, now=NOW)
    bank = start_bank()
    _banks[_database()] = bank
    _address().write_text(bank[0].url)


def with_a_sent_batch(town: Town) -> None:
    """Have a batch at the bank."""
    from tests.compensation.paying import send as send_by_file

    with_payees(town)
    send_by_file(town)


def outcome() -> object:
    """Tell all payouts with their states, balances and what the bank has paid how often."""
    from compensation import selectors_ledger, selectors_reconciling
    from compensation.models import Account, Payout, PayoutBatch
    from tests.compensation.paying import NOW

    assert selectors_reconciling.reconcile(now=NOW).agrees
    bank = _banks.get(_database())
    rows = Payout.objects.order_by("representative__code").values_list(
        "representative__code", "amount_minor", "status", "end_to_end_id"
    )
    return (
        list(rows),
        list(PayoutBatch.objects.values_list("reference", "status")),
        selectors_ledger.balances_of(Account.COMMISSION_PAYABLE, "EUR"),
        selectors_ledger.balances_of(Account.PAYOUT_IN_TRANSIT, "EUR"),
        dict(bank[0].paid) if bank else None,
    )


def _user(email: str) -> Any:
    from representatives.models import User

    assert email in (APPROVER, CLOSER)
    return User.objects.get(email=email)


def _database() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _address() -> Path:
    return Path(tempfile.gettempdir()) / f"bank-of-{_database()}"

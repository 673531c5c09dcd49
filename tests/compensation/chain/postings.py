"""Postings of a small company, and what somebody does to them behind the guards' back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

import compensation
from compensation import ledger, verification
from compensation.models import Account, Journal, JournalKind, Period
from tests.compensation.town import Town, local

NOW = local("2017-02-10T09:00")
SQL = Path(compensation.__file__).parent / "migrations" / "sql"
Owner = psycopg.Connection[Any]


def draft(town: Town, key: str, amount: int, code: str = "A") -> ledger.Draft:
    return ledger.Draft(
        key,
        town.members[code].pk,
        (
            (Account.COMMISSION_EXPENSE, "EUR", -amount),
            (Account.COMMISSION_PAYABLE, "EUR", amount),
        ),
    )


def post(town: Town, *keys: str, amount: int = 100) -> dict[str, int]:
    return ledger.post(
        [draft(town, key, amount) for key in keys],
        kind=JournalKind.ADJUSTMENT,
        period=Period.objects.get(label="2017-02"),
        effective_at=NOW,
    )


def slip_in(owner: Owner, town: Town) -> None:
    member, period = town.members["A"].pk, Period.objects.get(label="2017-02").pk
    owner.execute(
        "WITH j AS (INSERT INTO compensation_journal"
        " (source_key, kind, period_id, representative_id, effective_at)"
        " VALUES ('slipped', 'adjustment', %s, %s, now()) RETURNING id)"
        " INSERT INTO compensation_entry (journal_id, account, representative_id, unit, amount)"
        " SELECT j.id, line.* FROM j, (VALUES (1, NULL::bigint, 'EUR', -5), (2, %s, 'EUR', 5))"
        " AS line (account, representative_id, unit, amount)",
        [period, member, member],
    )
    owner.execute("SELECT compensation_rebuild_balances()")


def guarded_again(owner: Owner) -> list[str]:
    for table in ("journal", "entry", "batch"):
        owner.execute(f"ALTER TABLE compensation_{table} ENABLE TRIGGER USER")
        owner.execute(f"ALTER TABLE compensation_{table} ENABLE ALWAYS TRIGGER append_only")
        if table != "batch":
            owner.execute(f"ALTER TABLE compensation_{table} ENABLE ALWAYS TRIGGER ledger_check")
    owner.execute("ALTER TABLE compensation_journal ENABLE ALWAYS TRIGGER dated_check")
    return verification.ledger_faults()


def number_of(key: str) -> int:
    return Journal.objects.get(source_key=key).pk


def change_an_amount(owner: Owner) -> None:
    for account, amount in ((1, -100_000), (2, 100_000)):
        owner.execute(
            "UPDATE compensation_entry SET amount = %s WHERE account = %s AND journal_id = %s",
            [amount, account, number_of("b")],
        )
    owner.execute("SELECT compensation_rebuild_balances()")

"""Case L01: after every test that left journals behind, the ledger is sound."""

from __future__ import annotations

from django.db import connection
from psycopg.pq import TransactionStatus

UNBALANCED = """
    SELECT j.source_key, e.unit FROM compensation_entry e
    LEFT JOIN compensation_journal j ON j.id = e.journal_id
    GROUP BY j.source_key, e.journal_id, e.unit HAVING sum(e.amount) <> 0 OR count(*) < 2
"""


def ledger_faults() -> list[str]:
    """Return what is wrong with the ledger of the test's database; costs little without journals.

    The sums by a query of the tests' own, then all that ``verify_ledger`` and
    ``rebuild_balances --check`` look at.
    """
    if _is_aborted() or not _has_journals():
        return []
    from compensation import balances, verification

    with connection.cursor() as cursor:
        cursor.execute(UNBALANCED)
        found = [f"{key} in {unit}" for key, unit in cursor.fetchall()]
    found += verification.ledger_faults()
    return found + [str(one) for one in balances.differences()]


def _is_aborted() -> bool:
    """Tell whether the test's transaction ended in an error, which takes back all it did."""
    raw = connection.connection
    return connection.needs_rollback or (
        raw is not None and raw.info.transaction_status == TransactionStatus.INERROR
    )


def _has_journals() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('compensation_journal') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False  # a test of migrations went back before the first one
        cursor.execute("SELECT EXISTS (SELECT FROM compensation_journal)")
        return bool(cursor.fetchone()[0])

"""The stored balances against the entries that they are sums of."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from compensation.models import BALANCE_ACCOUNTS, Account

REBUILDING_MEMORY = "256MB"

_DIFFERENCES = """
    SELECT coalesce(r.code, representative_id::text), coalesce(p.label, period_id::text),
           account, unit, coalesce(held.amount, 0), coalesce(summed.amount, 0)::bigint
    FROM compensation_balance held
    FULL JOIN (
        SELECT e.representative_id, j.period_id, e.account, e.unit, sum(e.amount) AS amount
        FROM compensation_entry e JOIN compensation_journal j ON j.id = e.journal_id
        WHERE e.account = ANY(%s) GROUP BY 1, 2, 3, 4
    ) summed USING (representative_id, period_id, account, unit)
    LEFT JOIN representatives_representative r ON r.id = representative_id
    LEFT JOIN compensation_period p ON p.id = period_id
    WHERE coalesce(held.amount, 0) <> coalesce(summed.amount, 0)
    ORDER BY representative_id, period_id, account, unit LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A balance that is not the sum of its entries; minor units or hundredths."""

    code: str
    period: str
    account: int
    unit: str
    stored: int
    summed: int

    def __str__(self) -> str:
        return (
            f"{self.code}, {self.period}, {Account(self.account).label.lower()}: the balance says"
            f" {self.stored} {self.unit}, the entries {self.summed}"
        )


def differences(*, at_most: int = 1000) -> list[Difference]:
    """Return the balances that are not the sums of their entries."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', %s, true)", [REBUILDING_MEMORY])
        cursor.execute(_DIFFERENCES, [[int(one) for one in BALANCE_ACCOUNTS], at_most])
        return [Difference(*row) for row in cursor.fetchall()]


def rebuild() -> int:
    """Set every balance to the sum of its entries; return how many were not.

    Nobody posts meanwhile: it takes the lock that every posting takes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT compensation_rebuild_balances()")
        return int(cursor.fetchone()[0])

"""Compare what the ledger says is in transit with what batches and answers say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum

from compensation.models import (
    OPEN_PAYOUTS,
    Account,
    Balance,
    BatchStatus,
    Payout,
    PayoutBatch,
    PayoutStatus,
)
from representatives.models import Company

MOST_NAMED = 100
LATE_AFTER = timedelta(days=5)  # bank days and a week-end

# Payouts beside the journals under their keys, in both directions; the key's middle is the number.
_JOURNALS = """
WITH journals AS MATERIALIZED (
    SELECT j.kind, j.source_key, j.representative_id, split_part(j.source_key, ':', 2) AS number,
           e.amount
    FROM compensation_journal j
    LEFT JOIN compensation_entry e ON e.journal_id = j.id AND e.account = %(transit)s
    WHERE j.kind IN ('reserve', 'settle', 'release')
), reserved AS (SELECT * FROM journals WHERE kind = 'reserve'),
ended AS (SELECT * FROM journals WHERE kind <> 'reserve')
SELECT p.end_to_end_id, p.status, p.amount_minor, r.amount, o.kind, o.amount,
       coalesce(r.source_key, o.source_key)
FROM compensation_payout p
FULL JOIN reserved r ON r.number = p.id::text
FULL JOIN ended o ON o.number = coalesce(p.id::text, r.number)
WHERE p.id IS NULL
OR r.amount IS DISTINCT FROM p.amount_minor
OR r.representative_id IS DISTINCT FROM p.representative_id
OR o.kind IS DISTINCT FROM CASE WHEN p.status = 'settled' THEN 'settle'
    WHEN p.status IN ('failed', 'cancelled') THEN 'release' END
OR o.kind IS NOT NULL AND o.amount IS DISTINCT FROM -p.amount_minor
ORDER BY 1 NULLS LAST, 7 LIMIT %(limit)s
"""

# What the bank said last of a payout, where that is final and not how it ended.
_ANSWERS = """
SELECT p.end_to_end_id, p.status, a.code FROM compensation_payout p
CROSS JOIN LATERAL (
    SELECT code FROM compensation_bankanswer a WHERE a.payout_id = p.id
    ORDER BY a.id DESC LIMIT 1
) a
WHERE a.code IN ('ACSC', 'ACCC') AND p.status <> 'settled'
OR a.code IN ('RJCT', 'CANC') AND p.status <> 'failed'
ORDER BY p.id LIMIT %(limit)s
"""

# What the bank said and was refused, unless the payout came to be so; a payout that was never sent
# is one of which the bank should know nothing.
_CONTRADICTIONS = """
SELECT p.end_to_end_id, p.status, string_agg(DISTINCT c.code, ' and ' ORDER BY c.code)
FROM compensation_answercontradiction c
JOIN compensation_payout p ON p.id = c.payout_id
WHERE c.code IN ('ACSC', 'ACCC') AND p.status <> 'settled'
OR c.code IN ('RJCT', 'CANC') AND p.status <> 'failed'
OR p.status IN ('reserved', 'cancelled')
GROUP BY p.id ORDER BY p.id LIMIT %(limit)s
"""

_BALANCES = """
SELECT r.code, coalesce(b.amount, 0), coalesce(p.amount, 0)
FROM (
    SELECT representative_id, sum(amount) AS amount FROM compensation_balance
    WHERE account = %(transit)s AND unit = %(currency)s GROUP BY 1
) b
FULL JOIN (
    SELECT representative_id, sum(amount_minor) AS amount FROM compensation_payout
    WHERE status IN ('reserved', 'sent', 'unknown') GROUP BY 1
) p USING (representative_id)
JOIN representatives_representative r ON r.id = representative_id
WHERE coalesce(b.amount, 0) <> coalesce(p.amount, 0)
ORDER BY r.code LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two records tell differently; `name` is a payout, a key or a member's code."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch whose payouts are with the bank; amounts in minor units."""

    batch: PayoutBatch
    sent_count: int
    unknown_count: int
    amount_minor: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What is in transit by the ledger and by the payouts, in minor units, and each difference.

    Of differences the first hundred of each kind are named.
    """

    currency: str
    ledger_minor: int
    payouts_minor: int
    differences: tuple[Difference, ...]
    waiting: tuple[Waiting, ...]

    @property
    def agrees(self) -> bool:
        """Whether all records tell the same."""
        return not self.differences and self.ledger_minor == self.payouts_minor


def reconcile(*, now: datetime) -> Reconciliation:
    """Compare ledger, payouts and answers, all of them, set-based; changes nothing."""
    currency = Company.objects.values_list("currency", flat=True).get(pk=Company.ONLY_ID)
    in_ledger = Balance.objects.filter(account=Account.PAYOUT_IN_TRANSIT, unit=currency)
    on_the_way = Payout.objects.filter(status__in=OPEN_PAYOUTS)
    return Reconciliation(
        currency=currency,
        ledger_minor=int(in_ledger.aggregate(sum=Sum("amount"))["sum"] or 0),
        payouts_minor=int(on_the_way.aggregate(sum=Sum("amount_minor"))["sum"] or 0),
        differences=(
            *_of_journals(),
            *_of_balances(currency),
            *_of_answers(),
            *_of_contradictions(),
        ),
        waiting=tuple(_waiting(now)),
    )


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {**values, "transit": Account.PAYOUT_IN_TRANSIT.value, "limit": MOST_NAMED},
        )
        return cursor.fetchall()


def _of_journals() -> list[Difference]:
    found = []
    for name, status, amount, reserved, outcome, ended, key in _rows(_JOURNALS):
        if name is None:
            found.append(Difference(key, "the ledger has this journal, but there is no payout"))
        elif reserved != amount:
            found.append(
                Difference(name, f"pays {amount}, but the ledger reserved {reserved or 'nothing'}")
            )
        else:
            journal = f"{outcome} of {-ended}" if outcome else "no outcome"
            found.append(Difference(name, f"is {status}, but the ledger has {journal}"))
    return found


def _of_balances(currency: str) -> list[Difference]:
    return [
        Difference(code, f"in transit by the ledger {held}, by open payouts {paid}")
        for code, held, paid in _rows(_BALANCES, currency=currency)
    ]


def _of_answers() -> list[Difference]:
    return [
        Difference(name, f"is {status}, but the bank last answered {code}")
        for name, status, code in _rows(_ANSWERS)
    ]


def _of_contradictions() -> list[Difference]:
    return [
        Difference(name, f"is {status}, but the bank also answered {codes}")
        for name, status, codes in _rows(_CONTRADICTIONS)
    ]


def _waiting(now: datetime) -> list[Waiting]:
    """Sent batches that are not closed, the oldest first."""
    sent, unknown = Q(payouts__status=PayoutStatus.SENT), Q(payouts__status=PayoutStatus.UNKNOWN)
    batches = (
        PayoutBatch.objects.filter(status=BatchStatus.SENT)
        .annotate(
            sent_count=Count("payouts", filter=sent),
            unknown_count=Count("payouts", filter=unknown),
            amount=Sum("payouts__amount_minor", filter=sent | unknown),
        )
        .order_by("sent_at", "pk")
    )
    return [
        Waiting(
            batch=batch,
            sent_count=batch.sent_count,
            unknown_count=batch.unknown_count,
            amount_minor=batch.amount or 0,
            is_late=batch.sent_at is not None and now - batch.sent_at > LATE_AFTER,
        )
        for batch in batches
    ]

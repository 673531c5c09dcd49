"""The statements that write payouts together with their journals: one each, whatever their number.

A part of the ledger's writing side (`compensation.ledger`): the triggers see at the statement's end
that each payout has exactly the journals of its state. All run in the caller's transaction, and
raise `compensation.ledger.LedgerBusy` if others post for too long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from compensation.ledger import waiting
from compensation.models import Account, PayoutBatch, PayoutStatus, Period

POSTING_MEMORY = "256MB"

# Whose payee row lets a payout go out now; the words of `selectors_payouts.standing` in SQL.
PAYABLE_PAYEE = """
    NOT p.held AND p.kyc_status = 'approved' AND p.tax_form_status = 'approved'
    AND p.account_version > 0 AND p.account_version > p.refused_version
    AND p.usable_from <= %(now)s AND r.status <> 'suspended'
"""

# Reserved payouts of a batch that may not go out any more: the payee is asked in the draft's words.
_STALE = """
    FROM compensation_payout o
    JOIN compensation_payee p USING (representative_id)
    JOIN representatives_representative r ON r.id = o.representative_id
    WHERE o.batch_id = %(batch)s AND o.status = 'reserved' AND (
        p.account_version <> o.account_version OR NOT ({payee})
        OR (SELECT sum(b.amount) FROM compensation_balance b
            WHERE b.representative_id = o.representative_id AND b.account = %(payable)s
            AND b.unit = %(currency)s) < 0
    )
"""
STALE_PAYOUTS = _STALE.format(payee=PAYABLE_PAYEE)

_DRAFT = """
WITH balance AS MATERIALIZED (
    SELECT representative_id, sum(amount)::bigint AS amount
    FROM compensation_balance
    WHERE account = %(payable)s AND unit = %(currency)s
    GROUP BY representative_id HAVING sum(amount) >= %(minimum)s
), chosen AS MATERIALIZED (
    SELECT b.amount, p.representative_id, p.account_version, p.holder_name, p.iban, p.bic,
           row_number() OVER (ORDER BY r.code) AS place,
           array_remove(ARRAY[
               CASE WHEN EXISTS (
                   SELECT FROM compensation_payee o WHERE o.iban = p.iban AND o.iban <> ''
                   AND o.id <> p.id
               ) THEN 'shared_account' END,
               CASE WHEN NOT EXISTS (
                   SELECT FROM compensation_payout o WHERE o.status = 'settled'
                   AND o.representative_id = p.representative_id
                   AND o.account_version = p.account_version
               ) THEN 'first_payout' END,
               CASE WHEN lower(p.holder_name) <> lower(r.name) THEN 'other_name' END,
               CASE WHEN b.amount >= %(large)s THEN 'large' END
           ], NULL) AS flags
    FROM balance b JOIN compensation_payee p USING (representative_id)
    JOIN representatives_representative r ON r.id = p.representative_id
    WHERE {payee}
), written AS (
    INSERT INTO compensation_payout
        (batch_id, representative_id, amount_minor, account_version, holder_name, iban, bic,
         end_to_end_id, flags, status, reason, changed_at)
    SELECT %(batch)s, representative_id, amount, account_version, holder_name, iban, bic,
           %(reference)s || '-' || place, flags, 'reserved', '', %(now)s
    FROM chosen ORDER BY place
    RETURNING id, representative_id, amount_minor
), posted AS (
    INSERT INTO compensation_journal
        (source_key, kind, period_id, representative_id, effective_at)
    SELECT 'payout:' || id || ':reserve', 'reserve', %(period)s, representative_id, %(now)s
    FROM written ORDER BY id
    RETURNING id, representative_id
), entered AS (
    INSERT INTO compensation_entry (journal_id, account, representative_id, unit, amount)
    SELECT posted.id, line.account, posted.representative_id, %(currency)s, line.amount
    FROM posted JOIN written USING (representative_id)
    CROSS JOIN LATERAL (VALUES
        (%(payable)s::smallint, -written.amount_minor),
        (%(transit)s::smallint, written.amount_minor)
    ) AS line (account, amount)
)
SELECT count(*), coalesce(sum(amount_minor), 0)::bigint FROM written
"""

_PAYABLE = """
SELECT count(*) FROM (
    SELECT FROM compensation_balance b JOIN compensation_payee p USING (representative_id)
    JOIN representatives_representative r ON r.id = p.representative_id
    WHERE b.account = %(payable)s AND b.unit = %(currency)s AND {payee}
    GROUP BY b.representative_id HAVING sum(b.amount) >= %(minimum)s
    LIMIT %(limit)s
) payable
"""

_OUTCOMES = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(%(payouts)s::bigint[], %(statuses)s::text[], %(reasons)s::text[])
        AS one (id, status, reason)
), {ended}
"""

_CANCEL = """
WITH wanted AS MATERIALIZED (
    SELECT id, 'cancelled'::text AS status, ''::text AS reason FROM compensation_payout
    WHERE batch_id = %(batch)s AND status = 'reserved'
), {ended}
"""

_CANCEL_STALE = """
WITH wanted AS MATERIALIZED (
    SELECT o.id, 'cancelled'::text AS status, %(reason)s::text AS reason {stale}
), {ended}
"""

_REFUSE_PART = """
WITH wanted AS MATERIALIZED (
    SELECT id, 'failed'::text AS status, %(reason)s::text AS reason FROM compensation_payout
    WHERE batch_id = %(batch)s AND part = %(part)s AND status = 'sent'
), {ended}
"""

_ENDED = """
changed AS (
    UPDATE compensation_payout p
    SET status = wanted.status, reason = wanted.reason, changed_at = %(now)s
    FROM wanted WHERE p.id = wanted.id
    RETURNING p.id, p.representative_id, p.amount_minor, p.status
), posted AS (
    INSERT INTO compensation_journal
        (source_key, kind, period_id, representative_id, effective_at)
    SELECT 'payout:' || id || ':outcome',
           CASE WHEN status = 'settled' THEN 'settle' ELSE 'release' END,
           %(period)s, representative_id, %(now)s
    FROM changed ORDER BY id
    RETURNING id, source_key
), entered AS (
    INSERT INTO compensation_entry (journal_id, account, representative_id, unit, amount)
    SELECT posted.id, line.account, line.owner, %(currency)s, line.amount
    FROM changed JOIN posted ON posted.source_key = 'payout:' || changed.id || ':outcome'
    CROSS JOIN LATERAL (VALUES
        (%(transit)s::smallint, changed.representative_id, -changed.amount_minor),
        (CASE WHEN changed.status = 'settled' THEN %(cash)s ELSE %(payable)s END::smallint,
         CASE WHEN changed.status = 'settled' THEN NULL ELSE changed.representative_id END,
         changed.amount_minor)
    ) AS line (account, owner, amount)
)
SELECT count(*) FROM changed
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a payout ended: settled, failed or cancelled, with the bank's reason."""

    payout_id: int
    status: PayoutStatus
    reason: str


def reserve_payouts(*, batch: PayoutBatch, period: Period, now: datetime) -> tuple[int, int]:
    """Write a payout of the whole balance of everybody payable; return how many and their sum.

    :raises django.db.IntegrityError: if a balance is less by now than it was when it was read.
    """
    count, total = _execute(
        _DRAFT.format(payee=PAYABLE_PAYEE),
        batch=batch,
        period=period,
        now=now,
        reference=batch.reference,
        minimum=max(settings.PAYOUT_MINIMUM_MINOR, 1),
        large=settings.PAYOUT_LARGE_MINOR,
    )
    return count, total


def count_payable(*, currency: str, now: datetime, limit: int) -> int:
    """Return how many payouts a draft would have now, at most `limit`; reads only."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PAYABLE.format(payee=PAYABLE_PAYEE),
            {
                "payable": Account.COMMISSION_PAYABLE.value,
                "now": now,
                "currency": currency,
                "minimum": max(settings.PAYOUT_MINIMUM_MINOR, 1),
                "limit": limit,
            },
        )
        return int(cursor.fetchone()[0])


def cancel_payouts(*, batch: PayoutBatch, period: Period, now: datetime) -> int:
    """Cancel and release all payouts of a batch that are reserved; return how many."""
    return _execute(_CANCEL.format(ended=_ENDED), batch=batch, period=period, now=now)[0]


def cancel_stale_payouts(*, batch: PayoutBatch, reason: str, period: Period, now: datetime) -> int:
    """Cancel and release whatever may not go out any more; return how many."""
    statement = _CANCEL_STALE.format(stale=STALE_PAYOUTS, ended=_ENDED)
    return _execute(statement, batch=batch, period=period, now=now, reason=reason)[0]


def refuse_part(
    *, batch: PayoutBatch, part: int, reason: str, period: Period, now: datetime
) -> int:
    """Fail and release the payouts of a file that the bank refused whole; return how many."""
    statement = _REFUSE_PART.format(ended=_ENDED)
    return _execute(statement, batch=batch, period=period, now=now, part=part, reason=reason)[0]


def end_payouts(
    outcomes: Sequence[Outcome], *, currency: str, period: Period, now: datetime
) -> int:
    """Settle, fail or cancel payouts, each with its journal; return how many.

    :raises django.db.IntegrityError: if one of them has ended before.
    """
    return _execute(
        _OUTCOMES.format(ended=_ENDED),
        period=period,
        now=now,
        currency=currency,
        payouts=[one.payout_id for one in outcomes],
        statuses=[one.status.value for one in outcomes],
        reasons=[one.reason for one in outcomes],
    )[0]


def _execute(
    statement: str,
    *,
    period: Period,
    now: datetime,
    batch: PayoutBatch | None = None,
    **values: Any,
) -> tuple[int, ...]:
    """Run a statement; return its one row, of which the first number counts payouts."""
    if batch is not None:
        values |= {"batch": batch.pk, "currency": batch.currency}
    with waiting(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', %s, true)", [POSTING_MEMORY])
        cursor.execute(
            statement,
            {
                **values,
                "period": period.pk,
                "now": now,
                "payable": Account.COMMISSION_PAYABLE.value,
                "transit": Account.PAYOUT_IN_TRANSIT.value,
                "cash": Account.CASH.value,
            },
        )
        return tuple(cursor.fetchone())

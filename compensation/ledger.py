"""The only writer of journals and entries: one statement a posting, checked by the database.

Sign: positive is what a representative gains, or what the company's counter-account gives up;
each unit of a journal sums to nought. Money in minor units, RSP and BV in hundredths. BV is a
memorandum, not a debt: what a member's period measured, against the contra of the period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from compensation.models import Account, JournalKind, Period, Run

POSTING_MEMORY = "256MB"

# Who earned or sold in a run: one journal each, from the sums that the run stored beside its lines.
# Sorted by representative, so that the ledger's indexes grow at their ends. A return of a posted
# month is in the BV of the period in which it counts, negative if need be; so a reversal journal
# has no BV of its own.
_POST_RUN = """
WITH earned AS MATERIALIZED (
    SELECT m.representative_id AS receiver_id, r.code, m.commission_minor AS money,
           m.rsp_total AS rsp, m.personal_bv AS bv
    FROM compensation_memberresult m
    JOIN representatives_representative r ON r.id = m.representative_id
    WHERE m.run_id = %(run)s
    AND (m.commission_minor <> 0 OR m.rsp_total <> 0 OR m.personal_bv <> 0)
    ORDER BY r.id
), posted AS (
    INSERT INTO compensation_journal
        (source_key, kind, period_id, run_id, representative_id, effective_at)
    SELECT %(prefix)s || code, 'commission', %(period)s, %(run)s, receiver_id, %(effective_at)s
    FROM earned
    RETURNING id, representative_id
), written AS (
    INSERT INTO compensation_entry (journal_id, account, representative_id, unit, amount)
    SELECT posted.id, line.account, line.representative_id, line.unit, line.amount
    FROM posted JOIN earned ON earned.receiver_id = posted.representative_id
    CROSS JOIN LATERAL (VALUES
        (%(expense)s::smallint, NULL::bigint, %(currency)s, -earned.money),
        (%(payable)s::smallint, earned.receiver_id, %(currency)s, earned.money),
        (%(issued)s::smallint, NULL, 'RSP', -earned.rsp),
        (%(bank)s::smallint, earned.receiver_id, 'RSP', earned.rsp),
        (%(contra)s::smallint, NULL, 'BV', -earned.bv),
        (%(granted)s::smallint, earned.receiver_id, 'BV', earned.bv)
    ) AS line (account, representative_id, unit, amount)
    WHERE line.amount <> 0
)
SELECT count(*) FROM posted
"""

_POST_DRAFTS = """
WITH draft AS MATERIALIZED (
    SELECT * FROM unnest(%(keys)s::text[], %(representatives)s::bigint[])
        AS one (source_key, representative_id)
), posted AS (
    INSERT INTO compensation_journal
        (source_key, kind, period_id, run_id, representative_id, return_id, effective_at)
    SELECT source_key, %(kind)s, %(period)s, %(run)s, representative_id, %(return)s,
           %(effective_at)s
    FROM draft ORDER BY source_key COLLATE "C"
    RETURNING id, source_key
)
INSERT INTO compensation_entry (journal_id, account, representative_id, unit, amount)
SELECT posted.id, line.account, line.representative_id, line.unit, line.amount
FROM unnest(
    %(entry_keys)s::text[], %(accounts)s::smallint[], %(owners)s::bigint[], %(units)s::text[],
    %(amounts)s::bigint[]
) WITH ORDINALITY AS line (source_key, account, representative_id, unit, amount, place)
JOIN posted USING (source_key) ORDER BY line.place
"""


@dataclass(frozen=True, slots=True)
class Credit:
    """What a journal brings one representative; negative amounts take back."""

    source_key: str
    representative_id: int
    money: int
    rsp: int


def post_run(*, run: Run, period: Period, currency: str) -> int:
    """Write one journal for each representative who earned or sold in the run; return how many.

    Runs inside the caller's transaction; the period and the run are approved.

    :raises django.db.IntegrityError: if one of them is posted already.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', %s, true)", [POSTING_MEMORY])
        cursor.execute(
            _POST_RUN,
            {
                "run": run.pk,
                "period": period.pk,
                "prefix": f"close:{period.label}:",
                "effective_at": period.ends_at,
                "currency": currency,
                "expense": Account.COMMISSION_EXPENSE,
                "payable": Account.COMMISSION_PAYABLE,
                "issued": Account.RSP_ISSUED,
                "bank": Account.RSP_BANK,
                "contra": Account.VOLUME_CONTRA,
                "granted": Account.VOLUME_GRANTED,
            },
        )
        return int(cursor.fetchone()[0])


def post_credits(
    credits: Sequence[Credit],
    *,
    kind: JournalKind,
    period: Period,
    run: Run | None,
    return_id: int | None,
    effective_at: datetime,
    currency: str,
) -> int:
    """Write a journal for each credit that is not nought; return how many.

    :raises django.db.IntegrityError: if a source key was used before.
    """
    wanted = [credit for credit in credits if credit.money or credit.rsp]
    if not wanted:
        return 0
    entries = [
        (credit.source_key, account, owner, unit, amount)
        for credit in wanted
        for account, owner, unit, amount in (
            (Account.COMMISSION_EXPENSE, None, currency, -credit.money),
            (Account.COMMISSION_PAYABLE, credit.representative_id, currency, credit.money),
            (Account.RSP_ISSUED, None, "RSP", -credit.rsp),
            (Account.RSP_BANK, credit.representative_id, "RSP", credit.rsp),
        )
        if amount
    ]
    keys, accounts, owners, units, amounts = (list(column) for column in zip(*entries, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _POST_DRAFTS,
            {
                "keys": [credit.source_key for credit in wanted],
                "representatives": [credit.representative_id for credit in wanted],
                "kind": kind.value,
                "period": period.pk,
                "run": None if run is None else run.pk,
                "return": return_id,
                "effective_at": effective_at,
                "entry_keys": keys,
                "accounts": [int(account) for account in accounts],
                "owners": owners,
                "units": units,
                "amounts": amounts,
            },
        )
    return len(wanted)

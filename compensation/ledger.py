"""The only writer of journals and entries: one statement a posting, checked by the database.

Sign: positive is what a representative gains, or what the company's counter-account gives up;
each unit of a journal sums to nought. Money in minor units, RSP and BV in hundredths. BV is a
memorandum, not a debt: what a member's period measured, against the contra of the period.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from compensation.models import OWNED_ACCOUNTS, Account, JournalKind, Period, Run
from representatives.errors import UnableTo

POSTING_MEMORY = "256MB"
HELD_BY_OTHERS = ("55P03", "40P01")  # a lock time-out, a deadlock

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
    SELECT * FROM unnest(%(keys)s::text[], %(representatives)s::bigint[], %(reverses)s::bigint[])
        AS one (source_key, representative_id, reverses_id)
), posted AS (
    INSERT INTO compensation_journal
        (source_key, kind, period_id, run_id, representative_id, return_id, reverses_id,
         effective_at)
    SELECT source_key, %(kind)s, %(period)s, %(run)s, representative_id, %(return)s, reverses_id,
           %(effective_at)s
    FROM draft ORDER BY source_key COLLATE "C"
    RETURNING id, source_key
), written AS (
    INSERT INTO compensation_entry (journal_id, account, representative_id, unit, amount)
    SELECT posted.id, line.account, line.representative_id, line.unit, line.amount
    FROM unnest(
        %(entry_keys)s::text[], %(accounts)s::smallint[], %(owners)s::bigint[], %(units)s::text[],
        %(amounts)s::bigint[]
    ) WITH ORDINALITY AS line (source_key, account, representative_id, unit, amount, place)
    JOIN posted USING (source_key) ORDER BY line.place
)
SELECT source_key, id FROM posted
"""

_CONTENT = """
SELECT j.id, j.kind, j.representative_id, j.run_id, j.return_id, j.reverses_id,
       array(SELECT (e.account, e.unit, e.amount)::text FROM compensation_entry e
             WHERE e.journal_id = j.id ORDER BY e.id)
FROM compensation_journal j WHERE j.source_key = %s
"""


class LedgerBusy(UnableTo):
    """Others post for longer than one waits, such as a close; nothing was posted, try again.

    Whatever the transaction did is to be rolled back.
    """


class KeyUsedOtherwise(UnableTo):
    """A key was used before with other content; nothing was posted now.

    Whoever shows it calls `services.report_key_conflict` once the transaction is rolled back.
    """

    def __init__(self, used_key: str) -> None:
        super().__init__(f"The key {used_key} was used with other content.", "key")
        self.used_key = used_key


@dataclass(frozen=True, slots=True)
class Draft:
    """A journal to be posted: (account, unit, amount) each, in minor units or hundredths.

    Amounts of nought are left out; the rest sums to nought in each unit. Entries on accounts of a
    representative belong to the one named here.
    """

    source_key: str
    representative_id: int | None
    entries: tuple[tuple[Account, str, int], ...]
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """The journal of a draft, and whether an earlier call posted it."""

    journal_id: int
    already: bool


@dataclass(frozen=True, slots=True)
class Credit:
    """What a journal brings one representative; negative amounts take back."""

    source_key: str
    representative_id: int
    money: int
    rsp: int


@contextmanager
def waiting() -> Iterator[None]:
    """Wait for the ledger's lock, or for a period's, in the statements inside.

    :raises LedgerBusy: if others hold it longer than the role's lock time-out.
    """
    try:
        yield
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", None) not in HELD_BY_OTHERS:
            raise
        raise LedgerBusy(
            _("The ledger is busy at the moment. Nothing was posted: try again in a minute.")
        ) from fault


def post(
    drafts: Sequence[Draft],
    *,
    kind: JournalKind,
    period: Period,
    effective_at: datetime,
    run: Run | None = None,
    return_id: int | None = None,
) -> dict[str, int]:
    """Write a journal for each draft, all by one statement; return source key → journal.

    Runs in the caller's transaction, which holds the ledger's lock from here to its end: lock
    rows before, and do little after.

    :raises django.db.IntegrityError: if a source key was used before, a draft does not balance, or
        spends more than there is (constraint ``balance_not_overdrawn``).
    :raises LedgerBusy: if others post for too long.
    :raises ValueError: if two drafts have one source key.
    """
    if not drafts:
        return {}
    keys = [draft.source_key for draft in drafts]
    if len(set(keys)) != len(keys):
        raise ValueError("two drafts have one source key")
    lines = [
        (draft.source_key, int(account), _owner(draft, account), unit, amount)
        for draft in drafts
        for account, unit, amount in draft.entries
        if amount
    ]
    entry_keys, accounts, owners, units, amounts = (
        [line[column] for line in lines] for column in range(5)
    )
    with waiting(), connection.cursor() as cursor:
        cursor.execute(
            _POST_DRAFTS,
            {
                "keys": keys,
                "representatives": [draft.representative_id for draft in drafts],
                "reverses": [draft.reverses_id for draft in drafts],
                "kind": kind.value,
                "period": period.pk,
                "run": None if run is None else run.pk,
                "return": return_id,
                "effective_at": effective_at,
                "entry_keys": entry_keys,
                "accounts": accounts,
                "owners": owners,
                "units": units,
                "amounts": amounts,
            },
        )
        return dict(cursor.fetchall())


def post_once(
    draft: Draft,
    *,
    kind: JournalKind,
    period: Period,
    effective_at: datetime,
    run: Run | None = None,
    return_id: int | None = None,
) -> Posted:
    """Post a draft unless its source key was posted before with the same content.

    The content is what is posted for whom, not when: a repetition in a later month is one. A call
    under way elsewhere with the same key is waited for. Locks as `post`.

    :raises KeyUsedOtherwise: if the key was posted with other content.
    :raises django.db.IntegrityError: as `post`, but for the key.
    :raises LedgerBusy: as `post`.
    """
    content = (
        kind.value,
        draft.representative_id,
        None if run is None else run.pk,
        return_id,
        draft.reverses_id,
        [f"({int(account)},{unit},{amount})" for account, unit, amount in draft.entries if amount],
    )
    found = _find(draft.source_key)
    if found is None:
        try:
            with transaction.atomic():
                numbers = post(
                    [draft],
                    kind=kind,
                    period=period,
                    effective_at=effective_at,
                    run=run,
                    return_id=return_id,
                )
            return Posted(numbers[draft.source_key], already=False)
        except IntegrityError as fault:
            if violated(fault) != "journal_source_key_once":
                raise
            found = _find(draft.source_key)
    if found is None or found[1:] != content:
        raise KeyUsedOtherwise(draft.source_key)
    return Posted(found[0], already=True)


def violated(fault: IntegrityError) -> str:
    """Return the name of the constraint that refused a posting, or nothing."""
    diagnosis = getattr(fault.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


def _find(source_key: str) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(_CONTENT, [source_key])
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def _owner(draft: Draft, account: Account) -> int | None:
    return draft.representative_id if account in OWNED_ACCOUNTS else None


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
    :raises LedgerBusy: as `post`.
    """
    drafts = [
        Draft(
            credit.source_key,
            credit.representative_id,
            (
                (Account.COMMISSION_EXPENSE, currency, -credit.money),
                (Account.COMMISSION_PAYABLE, currency, credit.money),
                (Account.RSP_ISSUED, "RSP", -credit.rsp),
                (Account.RSP_BANK, "RSP", credit.rsp),
            ),
        )
        for credit in credits
        if credit.money or credit.rsp
    ]
    posted = post(
        drafts,
        kind=kind,
        period=period,
        run=run,
        return_id=return_id,
        effective_at=effective_at,
    )
    return len(posted)

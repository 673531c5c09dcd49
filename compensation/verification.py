"""Check the ledger from outside the rules that guard it: sums, wholeness, and the guards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from compensation.balances import differences
from compensation.chain import Anchor, chain_faults
from compensation.guard_functions import function_faults
from compensation.verification_bank import conversion_faults
from compensation.verification_returns import return_faults

# table → trigger → the function it must call.
GUARDS: dict[tuple[str, str], str] = {
    ("compensation_journal", "ledger_check"): "compensation_check_journals",
    ("compensation_journal", "dated_check"): "compensation_check_dates",
    ("compensation_journal", "append_only"): "compensation_refuse_change",
    ("compensation_entry", "ledger_check"): "compensation_check_entries",
    ("compensation_entry", "append_only"): "compensation_refuse_change",
    ("compensation_batch", "append_only"): "compensation_refuse_change",
    ("compensation_adjustment", "adjustment_moves"): "compensation_guard_adjustment",
    ("compensation_adjustment", "kept"): "compensation_refuse_change",
    ("compensation_reversal", "append_only"): "compensation_refuse_change",
    ("compensation_reversedpart", "append_only"): "compensation_refuse_change",
    ("compensation_planversion", "append_only"): "compensation_refuse_change",
    ("compensation_period", "period_moves"): "compensation_guard_period_moves",
    ("compensation_period", "kept"): "compensation_refuse_change",
    ("compensation_run", "run_moves"): "compensation_guard_run_moves",
    ("compensation_run", "kept"): "compensation_refuse_change",
    ("compensation_run", "run_approval"): "compensation_guard_approval",
    ("compensation_finding", "finding_of_a_running_close"): "compensation_guard_findings",
    ("compensation_finding", "append_only"): "compensation_refuse_change",
    ("compensation_acknowledgement", "acknowledged_in_time"): "compensation_guard_acknowledgement",
    ("compensation_acknowledgement", "append_only"): "compensation_refuse_change",
    ("representatives_representative", "kept"): "compensation_refuse_change",
    ("representatives_outboxevent", "sent_stands"): "representatives_keep_sent",
    ("representatives_outboxevent", "kept"): "representatives_keep_sent",
    ("compensation_rankoverride", "override_stands"): "compensation_guard_override",
    ("compensation_rankoverride", "kept"): "compensation_refuse_change",
    ("compensation_couponentry", "append_only"): "compensation_refuse_change",
    ("compensation_rspconversion", "bank_check"): "compensation_check_conversions",
    ("compensation_rspconversion", "append_only"): "compensation_refuse_change",
    ("compensation_dispute", "dispute_moves"): "compensation_guard_dispute",
    ("compensation_dispute", "dispute_noted"): "compensation_note_dispute",
    ("compensation_dispute", "kept"): "compensation_refuse_change",
    ("compensation_disputeevent", "append_only"): "compensation_refuse_change",
    ("compensation_statementframe", "append_only"): "compensation_refuse_change",
    ("compensation_statementname", "before_papers"): "compensation_guard_statement_names",
    ("compensation_statementname", "only_erased"): "compensation_guard_statement_erasure",
    ("compensation_statementname", "kept"): "compensation_refuse_change",
    **{
        (f"compensation_{table}", "kept"): "compensation_refuse_change"
        for table in ("payee", "payoutbatch", "payout", "payoutpart")
    },
    **{
        (f"compensation_{table}", "append_only"): "compensation_refuse_change"
        for table in (
            *("payeeevent", "payoutbatchedit", "answerfile", "bankanswer"),
            "answercontradiction",
        )
    },
    ("compensation_payee", "payee_moves"): "compensation_guard_payee",
    ("compensation_payoutbatch", "batch_moves"): "compensation_guard_payout_batch",
    ("compensation_payoutbatch", "batch_edit_noted"): "compensation_note_batch_edit",
    ("compensation_payout", "payouts_begin"): "compensation_check_new_payouts",
    ("compensation_payout", "payouts_move"): "compensation_check_changed_payouts",
    **{
        (table, f"counted_in_open_period_{event}"): "compensation_guard_counted"
        for table in ("sales_order", "sales_return")
        for event in ("insert", "update", "delete")
    },
    **{
        ("sales_return", f"waits_for_reversal_{event}"): "compensation_note_waiting_returns"
        for event in ("insert", "update")
    },
    ("compensation_reversal", "waits_no_longer"): "compensation_forget_waiting_returns",
}
CONSTRAINTS = (
    "journal_source_key_once",
    "journal_reversed_once",
    "rspconversion_token_once",
    "compensation_batch_pkey",
    "compensation_balance_pkey",
    "adjustment_key_once",
    "payout_once_in_a_batch",
    "run_one_live_close_per_period",
)
CHECKS = (
    "entry_amount_not_nought",
    "rspconversion_takes_points",
    "rspconversion_brings_what_it_says",
    "entry_owner_fits_account",
    "batch_not_empty",
    "batch_digests_whole",
    "adjustment_decided_by_another_person",
    "adjustment_decided_whole",
    "run_approved_by_another_person",
    "run_approved_before_posting",
    "period_no_overlap",
    "payoutbatch_approved_by_another_person",
    "payoutbatch_approved_before_it_is_sent",
    "payout_amount_positive",
    "rankoverride_one_lower_bound",
    "rankoverride_one_upper_bound",
)
ROWS_PER_FETCH = 20_000
MOST_NAMED = 20


def ledger_faults(*, anchors: Sequence[Anchor] = ()) -> list[str]:
    """Return what is wrong with the ledger and its guards, each in a sentence; none is sound.

    With anchors, also where the chain differs from what was noted outside the database. All of it
    is read as of one moment, so that what is posted meanwhile is no fault.
    """
    with _one_moment():
        return [
            *_guard_faults(),
            *function_faults(),
            *chain_faults(anchors),
            *_sum_faults(),
            *_run_faults(),
            *_receiver_faults(),
            *conversion_faults(at_most=MOST_NAMED),
            *return_faults(at_most=MOST_NAMED),
            *map(str, differences(at_most=MOST_NAMED)),
        ]


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read from one snapshot; inside a transaction of the caller's, as that one reads."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _guard_faults() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgrelid::regclass::text, t.tgname, t.tgenabled, CASE p.pronamespace"
            " WHEN 'public'::regnamespace THEN '' ELSE p.pronamespace::regnamespace || '.' END"
            " || p.proname FROM pg_trigger t"
            " JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal"
        )
        found = {(table, name): (enabled, function) for table, name, enabled, function in cursor}
        cursor.execute(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indisunique AND i.indisvalid AND c.relname = ANY(%s)",
            [list(CONSTRAINTS)],
        )
        unique = {name for (name,) in cursor}
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE convalidated AND conname = ANY(%s)",
            [list(CHECKS)],
        )
        checks = {name for (name,) in cursor}
    for (table, name), function in GUARDS.items():
        enabled, called = found.get((table, name), ("", ""))
        if not enabled:
            yield f"guard {name} on {table} is missing"
        elif enabled == "D":
            yield f"guard {name} on {table} is disabled"
        elif enabled != "A":
            # As the migrations set it: otherwise a session that says it replays a log passes by.
            yield f"guard {name} on {table} is not always on"
        elif called != function:
            yield f"guard {name} on {table} calls {called}, not {function}"
    for name in CONSTRAINTS:
        if name not in unique:
            yield f"the unique index {name} is missing"
    for name in CHECKS:
        if name not in checks:
            yield f"the constraint {name} is missing"


def _sum_faults() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.source_key, e.unit, e.total FROM ("
            " SELECT journal_id, unit, sum(amount) AS total FROM compensation_entry"
            " GROUP BY journal_id, unit HAVING sum(amount) <> 0) e"
            " LEFT JOIN compensation_journal j ON j.id = e.journal_id ORDER BY 1, 2 LIMIT %s",
            [MOST_NAMED],
        )
        for key, unit, total in cursor.fetchall():
            yield f"journal {key}: the entries in {unit} sum to {total}, not to nought"
        cursor.execute(
            "SELECT j.source_key, count(e.journal_id) FROM compensation_journal j"
            " LEFT JOIN compensation_entry e ON e.journal_id = j.id"
            " GROUP BY j.id, j.source_key HAVING count(e.journal_id) < 2 ORDER BY 1 LIMIT %s",
            [MOST_NAMED],
        )
        for key, count in cursor.fetchall():
            yield f"journal {key}: {count} entries, at least 2 are needed"
        cursor.execute(
            "SELECT e.journal_id FROM compensation_entry e LEFT JOIN compensation_journal j"
            " ON j.id = e.journal_id WHERE j.id IS NULL GROUP BY 1 ORDER BY 1 LIMIT %s",
            [MOST_NAMED],
        )
        for (number,) in cursor.fetchall():
            yield f"entries of journal {number}, which does not exist"


def _run_faults() -> Iterator[str]:
    """What each posted run computed is what its journals hold; no other run has any."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT r.id, p.label, r.status FROM compensation_journal j"
            " JOIN compensation_run r ON r.id = j.run_id"
            " JOIN compensation_period p ON p.id = r.period_id"
            " WHERE r.status <> 'posted' ORDER BY r.id"
        )
        for number, label, status in cursor.fetchall():
            yield f"{label}: run {number} has journals and is not posted but {status}"
        cursor.execute(
            "SELECT p.label, r.commission_minor, r.rsp_credited, coalesce(s.money, 0),"
            " coalesce(s.rsp, 0) FROM compensation_run r"
            " JOIN compensation_period p ON p.id = r.period_id"
            " LEFT JOIN (SELECT j.run_id,"
            "  sum(e.amount) FILTER (WHERE e.account = 2) AS money,"
            "  sum(e.amount) FILTER (WHERE e.account = 4) AS rsp"
            "  FROM compensation_journal j JOIN compensation_entry e ON e.journal_id = j.id"
            "  WHERE j.kind = 'commission' GROUP BY j.run_id) s ON s.run_id = r.id"
            " WHERE r.kind = 'close' AND r.status = 'posted' ORDER BY p.starts_at"
        )
        for label, money, rsp, posted_money, posted_rsp in cursor.fetchall():
            if (money, rsp) != (posted_money, posted_rsp):
                yield (
                    f"{label}: the run earned {money} in money and {rsp} in RSP, its journals"
                    f" hold {posted_money} and {posted_rsp}"
                )


def _receiver_faults() -> Iterator[str]:
    """What each representative's statement lines add up to is what the journal holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM compensation_run WHERE kind = 'close' AND status = 'posted' ORDER BY id"
        )
        for (run,) in cursor.fetchall():
            cursor.execute(_RECEIVERS, {"run": run, "most": MOST_NAMED})
            for label, code, money, rsp, posted_money, posted_rsp in cursor.fetchall():
                yield (
                    f"{label}: the statement lines of {code} are {money} in money and {rsp} in"
                    f" RSP, the journal holds {posted_money} and {posted_rsp}"
                )


_RECEIVERS = """
    SELECT p.label, r.code, coalesce(l.money, 0), coalesce(l.rsp, 0), coalesce(j.money, 0),
           coalesce(j.rsp, 0)
    FROM (
        SELECT receiver_id, coalesce(sum(amount) FILTER (WHERE unit = 0), 0) AS money,
               coalesce(sum(amount) FILTER (WHERE unit = 1), 0) AS rsp
        FROM compensation_earning WHERE run_id = %(run)s GROUP BY receiver_id
    ) l
    FULL JOIN (
        SELECT j.representative_id,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 2), 0) AS money,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 4), 0) AS rsp
        FROM compensation_journal j JOIN compensation_entry e ON e.journal_id = j.id
        WHERE j.run_id = %(run)s AND j.kind = 'commission' GROUP BY j.representative_id
    ) j ON j.representative_id = l.receiver_id
    JOIN representatives_representative r ON r.id = coalesce(l.receiver_id, j.representative_id)
    JOIN compensation_run run ON run.id = %(run)s
    JOIN compensation_period p ON p.id = run.period_id
    WHERE (coalesce(l.money, 0), coalesce(l.rsp, 0))
        IS DISTINCT FROM (coalesce(j.money, 0), coalesce(j.rsp, 0))
    ORDER BY r.code COLLATE "C" LIMIT %(most)s
"""
_CANONICAL = """
    SELECT j.source_key, j.kind, p.label, coalesce(r.code, ''),
           coalesce(b.source_key, ''), string_agg(
               e.account || ' ' || coalesce(er.code, '') || ' ' || e.unit || ' ' || e.amount, ';'
               ORDER BY e.account, coalesce(er.code, '') COLLATE "C", e.unit COLLATE "C", e.amount)
    FROM compensation_journal j
    JOIN compensation_period p ON p.id = j.period_id
    LEFT JOIN representatives_representative r ON r.id = j.representative_id
    LEFT JOIN compensation_journal b ON b.id = j.reverses_id
    LEFT JOIN compensation_entry e ON e.journal_id = j.id
    LEFT JOIN representatives_representative er ON er.id = e.representative_id
    GROUP BY j.id, p.label, r.code, b.source_key
    ORDER BY j.source_key COLLATE "C"
"""


# What each posted run was computed from: a changed price changes the net sales, though the volumes
# of a product may stay.
_POSTED_RUNS = """
    SELECT p.label, r.order_count, r.line_count, r.bv, r.rsp_sold, r.net_minor
    FROM compensation_run r JOIN compensation_period p ON p.id = r.period_id
    WHERE r.kind = 'close' AND r.status = 'posted' ORDER BY p.label COLLATE "C"
"""


def ledger_digest() -> tuple[str, int]:
    """Return the sha256 over all journals and entries in canonical order, and how many journals.

    It begins with the sales of each posted run. Free of ids and of the clock: equal ledgers have
    equal digests on every machine.
    """
    digest = hashlib.sha256(b"perennial ledger 1")
    count = 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_POSTED_RUNS)
            for row in cursor.fetchall():
                digest.update("\0".join(map(str, row)).encode() + b"\n")
        with connection.connection.cursor(name="ledger_digest") as cursor:
            cursor.itersize = ROWS_PER_FETCH
            cursor.execute(_CANONICAL)
            while rows := cursor.fetchmany(ROWS_PER_FETCH):
                count += len(rows)
                for row in rows:
                    digest.update("\0".join(map(str, row)).encode() + b"\n")
    return digest.hexdigest(), count

"""Privileges of the application role on the tables of this application, one entry a table.

The ledger is SELECT and column INSERT only: the columns that the server fills in (id, created_at,
xact) can't be stated by the application.
"""

GRANTS: dict[str, str] = {
    "compensation_planversion": (
        "SELECT, INSERT (name, document, digest, effective_from, created_by_id, created_at)"
    ),
    "compensation_period": "SELECT, INSERT, UPDATE",
    "compensation_run": "SELECT, INSERT, UPDATE",
    "compensation_runstep": "SELECT, INSERT",
    "compensation_memberresult": "SELECT",
    "compensation_earning": "SELECT",
    "compensation_carried": "SELECT",
    "compensation_rankoverride": (
        "SELECT, INSERT, UPDATE (last_day, ended_by_id, ended_at, end_reason)"
    ),
    "compensation_couponentry": "SELECT, INSERT",
    "compensation_journal": (
        "SELECT, INSERT (source_key, kind, period_id, run_id, representative_id, return_id,"
        " reverses_id, effective_at)"
    ),
    "compensation_entry": "SELECT, INSERT (journal_id, account, representative_id, unit, amount)",
    "compensation_finding": "SELECT, INSERT (run_id, code, ordinal, subject_id, figures, text)",
    "compensation_acknowledgement": "SELECT, INSERT (run_id, code, by_id, reason, at)",
    "compensation_batch": "SELECT",
    "compensation_balance": "SELECT",
    "compensation_adjustment": (
        "SELECT, INSERT, UPDATE (status, decided_by_id, decided_at, decision_reason, journal_id)"
    ),
    "compensation_rspconversion": (
        "SELECT, INSERT (representative_id, token, target, asked, points, cash_minor, bv,"
        " decomposition, plan_version_id, period_id, journal_id, by_id, converted_at)"
    ),
    "compensation_expirysweep": "SELECT, INSERT, UPDATE (due, batch, swept_at)",
    "compensation_payee": (
        "SELECT, INSERT, UPDATE (kyc_status, tax_form_status, holder_name, iban, bic,"
        " account_version, account_changed_at, usable_from, refused_version, held, held_reason)"
    ),
    "compensation_payeeevent": (
        "SELECT, INSERT (payee_id, kind, outcome, reason, happened_at, done_by_id)"
    ),
    "compensation_payoutbatch": (
        "SELECT, INSERT, UPDATE (status, execution_date, channel, debtor_name, debtor_iban,"
        " debtor_bic, content_digest, noted_flags, edited_by_id, approved_by_id, approved_at,"
        " sent_by_id, sent_at, confirmed_by_id, confirmed_at, cancelled_by_id, cancel_reason,"
        " ended_at)"
    ),
    "compensation_payoutbatchedit": "SELECT",
    "compensation_payout": "SELECT, INSERT, UPDATE (status, part, reason, changed_at)",
    "compensation_payoutpart": (
        "SELECT, INSERT, UPDATE (status, detail, file_digest, answered_at)"
    ),
    "compensation_answerfile": (
        "SELECT, INSERT (digest, name, line_count, imported_by_id, imported_at)"
    ),
    "compensation_bankanswer": "SELECT, INSERT (payout_id, code, reason, file_id)",
    "compensation_answercontradiction": (
        "SELECT, INSERT (payout_id, code, reason, status, file_id, noted_at)"
    ),
    "compensation_dispute": (
        "SELECT, INSERT, UPDATE (status, answer, answered_by_id, answered_at, adjustment_id)"
    ),
    "compensation_disputeevent": "SELECT",
    "compensation_statementframe": "SELECT, INSERT",
    "compensation_statementname": (
        "SELECT, INSERT (representative_id, from_month, name), UPDATE (name, erased_at)"
    ),
    "compensation_reversal": "SELECT, INSERT",
    "compensation_reversedpart": "SELECT, INSERT",
    "compensation_waitingreturn": "SELECT",
    "compensation_heartbeat": "SELECT, INSERT, UPDATE",
    # Derived: counted anew each time.
    "compensation_quietcustomers": "SELECT, INSERT, UPDATE, DELETE",
}

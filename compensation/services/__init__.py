"""Everything that writes periods, runs and the ledger.

Callers import this module and say ``services.start_run(...)``. The clock is always an argument.
"""

from compensation.selectors_reconciling import reconcile
from compensation.services.adjustments import (
    approve_adjustment,
    refuse_adjustment,
    report_key_conflict,
    request_adjustment,
    statement_line,
)
from compensation.services.anchoring import anchor_ledger, report_unwritten_anchor
from compensation.services.bank import convert_points
from compensation.services.bank_answers import import_answers
from compensation.services.bank_files import part_file
from compensation.services.bank_shared import UnableToConvert
from compensation.services.closing import (
    Advance,
    Progress,
    advance,
    advance_to_end,
    approve_run,
    close_due_periods,
    drop_old_previews,
    drop_results_of_dead_runs,
    live_distance,
    next_step,
    preview_period,
    refresh_live_figures,
    unfinished_runs,
)
from compensation.services.decisions import (
    end_rank_override,
    grant_coupons,
    grant_rank_override,
    wish_coupons,
)
from compensation.services.disputes import answer_dispute, due_after, open_dispute
from compensation.services.errors import (
    Busy,
    FenceLost,
    InputChanged,
    NobodyPayable,
    OwnBatch,
    UnableToAcknowledge,
    UnableToAddPlanVersion,
    UnableToAdjust,
    UnableToAdvance,
    UnableToAnswer,
    UnableToApprove,
    UnableToChangePayee,
    UnableToDecide,
    UnableToDispute,
    UnableToImportAnswers,
    UnableToOpenPeriod,
    UnableToPayOut,
    UnableToReverse,
    UnableToStartRun,
)
from compensation.services.expiry import Expired, expire_points, tell_expiring_points
from compensation.services.gate import acknowledge
from compensation.services.paper import erase_statement_names
from compensation.services.payees import (
    change_bank_account,
    decide_check,
    hold_payee,
    release_payee,
    submit_check,
)
from compensation.services.payments import record_payment
from compensation.services.payouts import (
    approve_batch,
    cancel_batch,
    change_execution_date,
    confirm_sending,
    draft_batch,
    remove_payout,
    remove_stale_payouts,
    send_batch,
)
from compensation.services.periods import ensure_periods, open_months_up_to, open_period
from compensation.services.plans import add_plan_version, currency_of
from compensation.services.returns import accept_return, reverse_waiting_returns
from compensation.services.runs import drop_run, start_run
from compensation.services.sending import fetch_answers

__all__ = [
    "Advance",
    "Busy",
    "Expired",
    "FenceLost",
    "InputChanged",
    "NobodyPayable",
    "OwnBatch",
    "Progress",
    "UnableToAcknowledge",
    "UnableToAddPlanVersion",
    "UnableToAdjust",
    "UnableToAdvance",
    "UnableToAnswer",
    "UnableToApprove",
    "UnableToChangePayee",
    "UnableToConvert",
    "UnableToDecide",
    "UnableToDispute",
    "UnableToImportAnswers",
    "UnableToOpenPeriod",
    "UnableToPayOut",
    "UnableToReverse",
    "UnableToStartRun",
    "accept_return",
    "acknowledge",
    "add_plan_version",
    "advance",
    "advance_to_end",
    "anchor_ledger",
    "answer_dispute",
    "approve_adjustment",
    "approve_batch",
    "approve_run",
    "cancel_batch",
    "change_bank_account",
    "change_execution_date",
    "close_due_periods",
    "confirm_sending",
    "convert_points",
    "currency_of",
    "decide_check",
    "draft_batch",
    "drop_old_previews",
    "drop_results_of_dead_runs",
    "drop_run",
    "due_after",
    "end_rank_override",
    "ensure_periods",
    "erase_statement_names",
    "expire_points",
    "fetch_answers",
    "grant_coupons",
    "grant_rank_override",
    "hold_payee",
    "import_answers",
    "live_distance",
    "next_step",
    "open_dispute",
    "open_months_up_to",
    "open_period",
    "part_file",
    "preview_period",
    "reconcile",
    "record_payment",
    "refresh_live_figures",
    "refuse_adjustment",
    "release_payee",
    "remove_payout",
    "remove_stale_payouts",
    "report_key_conflict",
    "report_unwritten_anchor",
    "request_adjustment",
    "reverse_waiting_returns",
    "send_batch",
    "start_run",
    "statement_line",
    "submit_check",
    "tell_expiring_points",
    "unfinished_runs",
    "wish_coupons",
]

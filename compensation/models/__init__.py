"""Tables of periods, runs and the ledger.

Money is bigint in minor units of the company's currency; volumes (BV) and points (RSP) are bigint
in hundredths. Guards that Django can't express (overlap exclusion, state moves, the ledger's
statement triggers, partitions) are in the SQL beside the migrations.
"""

from compensation.models.adjustments import Adjustment, AdjustmentStatus, StatementLineKey
from compensation.models.bank import ConversionTarget, ExpirySweep, RspConversion
from compensation.models.care import QuietCustomers
from compensation.models.decisions import CouponEntry, CouponKind, OverrideKind, RankOverride
from compensation.models.disputes import Dispute, DisputeEvent, DisputeStatus
from compensation.models.gate import Acknowledgement, CheckCode, Finding
from compensation.models.ledger import (
    BALANCE_ACCOUNTS,
    OWNED_ACCOUNTS,
    Account,
    Balance,
    Batch,
    CurrentTransactionId,
    Entry,
    Journal,
    JournalKind,
    Reversal,
    ReversedPart,
    TransactionIdField,
    WaitingReturn,
)
from compensation.models.payees import CheckStatus, Payee, PayeeEvent, PayeeEventKind
from compensation.models.payouts import (
    FLAGS_TO_NOTE,
    OPEN_PAYOUTS,
    AnswerContradiction,
    AnswerFile,
    BankAnswer,
    BatchStatus,
    PartStatus,
    Payout,
    PayoutBatch,
    PayoutBatchEdit,
    PayoutFlag,
    PayoutPart,
    PayoutStatus,
)
from compensation.models.periods import (
    LIVE_RUN_STATUSES,
    HeartBeat,
    Period,
    PeriodStatus,
    PlanVersion,
    Run,
    RunKind,
    RunStatus,
    RunStep,
    StepName,
)
from compensation.models.results import Carried, Earning, EarningUnit, MemberResult
from compensation.models.statements import StatementFrame, StatementName

__all__ = [
    "BALANCE_ACCOUNTS",
    "FLAGS_TO_NOTE",
    "LIVE_RUN_STATUSES",
    "OPEN_PAYOUTS",
    "OWNED_ACCOUNTS",
    "Account",
    "Acknowledgement",
    "Adjustment",
    "AdjustmentStatus",
    "AnswerContradiction",
    "AnswerFile",
    "Balance",
    "BankAnswer",
    "Batch",
    "BatchStatus",
    "Carried",
    "CheckCode",
    "CheckStatus",
    "ConversionTarget",
    "CouponEntry",
    "CouponKind",
    "CurrentTransactionId",
    "Dispute",
    "DisputeEvent",
    "DisputeStatus",
    "Earning",
    "EarningUnit",
    "Entry",
    "ExpirySweep",
    "Finding",
    "HeartBeat",
    "Journal",
    "JournalKind",
    "MemberResult",
    "OverrideKind",
    "PartStatus",
    "Payee",
    "PayeeEvent",
    "PayeeEventKind",
    "Payout",
    "PayoutBatch",
    "PayoutBatchEdit",
    "PayoutFlag",
    "PayoutPart",
    "PayoutStatus",
    "Period",
    "PeriodStatus",
    "PlanVersion",
    "QuietCustomers",
    "RankOverride",
    "Reversal",
    "ReversedPart",
    "RspConversion",
    "Run",
    "RunKind",
    "RunStatus",
    "RunStep",
    "StatementFrame",
    "StatementLineKey",
    "StatementName",
    "StepName",
    "TransactionIdField",
    "WaitingReturn",
]

"""What people are told of closes, payouts, adjustments, disputes and points: with the event itself.

Each function writes the notices of one event by one statement, in the event's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from compensation.models import (
    Adjustment,
    Dispute,
    DisputeStatus,
    Payee,
    PayoutBatch,
    PayoutStatus,
    RspConversion,
    Run,
)
from compensation.plans import load_plan
from compensation.selectors_bank import Overdue
from representatives.clock import company_zone
from representatives.models import Company
from representatives.notice_kinds import NoticeKind
from representatives.notices import notify, notify_selected

_PUBLISHED = """
    SELECT r.user_id, 'statement:' || %(month)s::text,
           jsonb_build_object('month', %(month)s::text, 'money', m.commission_minor,
                              'rsp', m.rsp_total, 'currency', %(currency)s::text)
    FROM compensation_memberresult m
    JOIN representatives_representative r ON r.id = m.representative_id
    WHERE m.run_id = %(run)s AND r.user_id IS NOT NULL
"""

_ROSE = """
    SELECT r.user_id, 'rank:' || %(month)s::text,
           jsonb_build_object('month', %(month)s::text,
                              'rank', (%(ranks)s::text[])[m.title_rank + 1])
    FROM compensation_memberresult m
    JOIN representatives_representative r ON r.id = m.representative_id
    WHERE m.run_id = %(run)s AND m.title_rank > m.opening_title AND r.user_id IS NOT NULL
"""

_PAYOUTS = """
    SELECT r.user_id, 'payout:' || o.id || ':' || o.status,
           jsonb_build_object('amount', o.amount_minor, 'currency', b.currency,
                              'digits', right(o.iban, 4), 'day', b.execution_date)
    FROM compensation_payout o
    JOIN compensation_payoutbatch b ON b.id = o.batch_id
    JOIN representatives_representative r ON r.id = o.representative_id
    WHERE r.user_id IS NOT NULL AND o.status = %(status)s AND {which}
"""

_LISTED = """
    SELECT r.user_id, one.event, one.facts::jsonb
    FROM unnest(%(people)s::bigint[], %(events)s::text[], %(facts)s::text[])
        AS one (representative_id, event, facts)
    JOIN representatives_representative r ON r.id = one.representative_id
    WHERE r.user_id IS NOT NULL
"""


def tell_published(run: Run, *, now: datetime) -> int:
    """Tell everybody with a log-in of the statement, and of a rank that is new; return how many."""
    plan = load_plan(run.plan_version.document)
    facts = {"run": run.pk, "month": run.period.label, "currency": plan.currency}
    told = notify_selected(
        kind=NoticeKind.STATEMENT, receivers=_PUBLISHED, parameters=facts, now=now
    )
    if run.promotion_count:
        told += notify_selected(
            kind=NoticeKind.RANK,
            receivers=_ROSE,
            parameters=facts | {"ranks": list(plan.ranks.names)},
            now=now,
        )
    return told


def tell_payouts_sent(batch: PayoutBatch, *, now: datetime) -> int:
    """Tell of all payments of a batch that went to the bank."""
    return notify_selected(
        kind=NoticeKind.PAYOUT_SENT,
        receivers=_PAYOUTS.format(which="o.batch_id = %(batch)s"),
        parameters={"batch": batch.pk, "status": PayoutStatus.SENT.value},
        now=now,
    )


def tell_payouts_failed(payouts: Sequence[int], *, now: datetime) -> int:
    """Tell of payments that the bank refused, by the payouts' ids."""
    return notify_selected(
        kind=NoticeKind.PAYOUT_FAILED,
        receivers=_PAYOUTS.format(which="o.id = ANY (%(payouts)s)"),
        parameters={"payouts": list(payouts), "status": PayoutStatus.FAILED.value},
        now=now,
    )


def tell_part_refused(batch: PayoutBatch, part: int, *, now: datetime) -> int:
    """Tell of all payments of a file that the bank refused whole."""
    return notify_selected(
        kind=NoticeKind.PAYOUT_FAILED,
        receivers=_PAYOUTS.format(which="o.batch_id = %(batch)s AND o.part = %(part)s"),
        parameters={"batch": batch.pk, "part": part, "status": PayoutStatus.FAILED.value},
        now=now,
    )


def tell_payee(payee: Payee, *, state: str, reason: str, number: int, now: datetime) -> int:
    """Tell of a hold, its end, or papers that were refused; `number` is the event's own."""
    return notify(
        kind=NoticeKind.PAYOUT_HELD,
        event=f"payee:{number}:{state}",
        representatives=[payee.representative_id],
        facts={"state": state, "reason": reason},
        now=now,
    )


def tell_bank_details(payee: Payee, *, digits: str, usable_on: date, now: datetime) -> int:
    """Tell of a changed bank account, in the portal and by an e-mail that can't be muted."""
    return notify(
        kind=NoticeKind.BANK_DETAILS,
        event=f"payee:{payee.pk}:account:{payee.account_version}",
        representatives=[payee.representative_id],
        facts={"digits": digits, "day": usable_on.isoformat()},
        now=now,
    )


def tell_adjusted(adjustment: Adjustment, *, now: datetime) -> int:
    """Tell of an adjustment that was granted."""
    return notify(
        kind=NoticeKind.ADJUSTMENT,
        event=f"adjustment:{adjustment.pk}",
        representatives=[adjustment.representative_id],
        facts={
            "money": adjustment.money_minor,
            "rsp": adjustment.rsp,
            "currency": Company.objects.get(pk=Company.ONLY_ID).currency,
            "reason": adjustment.reason,
        },
        now=now,
    )


def tell_dispute(dispute: Dispute, *, turn: int, now: datetime) -> int:
    """Tell that a dispute was received or answered; `turn` tells a later answer from an earlier."""
    state = {
        DisputeStatus.OPEN: "opened",
        DisputeStatus.ACCEPTED: "accepted",
        DisputeStatus.REFUSED: "refused",
    }[DisputeStatus(dispute.status)]
    facts: dict[str, Any] = {
        "dispute": dispute.pk,
        "number": f"{dispute.period.label}-{dispute.representative.code}",
        "state": state,
        "language": dispute.language,
    }
    if state == "opened":
        facts["day"] = dispute.due_at.astimezone(company_zone()).date().isoformat()
    else:
        facts["answer"] = dispute.answer
    return notify(
        kind=NoticeKind.DISPUTE,
        event=f"dispute:{dispute.pk}:{'opened' if state == 'opened' else f'answered:{turn}'}",
        representatives=[dispute.representative_id],
        facts=facts,
        now=now,
    )


def tell_expiring(lots: Iterable[Overdue], days: dict[str, date], *, now: datetime) -> int:
    """Tell of points that expire soon, by month of their lots; `days` says when."""
    rows = [
        (
            lot.representative_id,
            f"points:{lot.label}:expiring",
            {"state": "expiring", "points": lot.points, "day": days[lot.label].isoformat()},
        )
        for lot in lots
    ]
    return _tell_of_points(rows, now)


def tell_cashed(conversions: Iterable[RspConversion], *, currency: str, now: datetime) -> int:
    """Tell of points that were turned into cash on their date."""
    rows = [
        (
            one.representative_id,
            f"points:{one.token}",
            {
                "state": "cashed",
                "points": one.points,
                "money": one.cash_minor,
                "currency": currency,
            },
        )
        for one in conversions
    ]
    return _tell_of_points(rows, now)


def _tell_of_points(rows: Sequence[tuple[int, str, dict[str, Any]]], now: datetime) -> int:
    return notify_selected(
        kind=NoticeKind.POINTS,
        receivers=_LISTED,
        parameters={
            "people": [number for number, _event, _facts in rows],
            "events": [event for _number, event, _facts in rows],
            "facts": [json.dumps(facts) for _number, _event, facts in rows],
        },
        now=now,
    )

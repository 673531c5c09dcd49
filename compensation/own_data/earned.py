"""Rows of the export on months, points, money and payouts."""

from __future__ import annotations

from collections.abc import Iterator

from compensation.models import (
    OWNED_ACCOUNTS,
    Account,
    Adjustment,
    CouponEntry,
    Dispute,
    Entry,
    Payee,
    Payout,
    RankOverride,
    RspConversion,
)
from compensation.own_data.parts import Row, Subject, day, points

POINT_UNITS = ("RSP", "BV")


def months(subject: Subject) -> Iterator[Row]:
    """Yield the posted months in which the person has a statement."""
    for one in subject.statements:
        yield {
            "statement": one.number,
            "from": day(one.first_day),
            "to": day(one.last_day),
            "posted_on": day(one.posted_on),
            "plan": one.plan.title,
            "paid_as": one.rank,
            "title": one.title,
            "active": one.active,
            "personal_bv": points(one.personal_bv),
            "group_bv": points(one.group_bv),
            "earned": subject.money(one.earned),
            "rsp_credited": points(one.credited),
            "currency": one.currency,
        }


def entries(subject: Subject) -> Iterator[Row]:
    """Yield the entries on the person's accounts; what belongs to the company is left out."""
    found = Entry.objects.filter(representative=subject.member, account__in=OWNED_ACCOUNTS)
    for one in found.select_related("journal", "journal__period").order_by("pk"):
        is_points = one.unit in POINT_UNITS
        yield {
            "journal": one.journal_id,
            "kind": one.journal.kind,
            "month": one.journal.period.label if one.journal.period else "",
            "on": subject.at(one.journal.effective_at),
            "account": Account(one.account).name.lower(),
            "amount": points(one.amount) if is_points else subject.money(one.amount),
            "unit": one.unit,
        }


def conversions(subject: Subject) -> Iterator[Row]:
    """Yield the conversions of points."""
    found = RspConversion.objects.filter(representative=subject.member)
    for one in found.order_by("pk"):
        yield {
            "converted_at": subject.at(one.converted_at),
            "into": one.target,
            "points": points(one.points),
            "cash": subject.money(one.cash_minor),
            "bv": points(one.bv),
        }


def adjustments(subject: Subject) -> Iterator[Row]:
    """Yield corrections made by hand; who of staff made them is not the person's data."""
    for one in Adjustment.objects.filter(representative=subject.member).order_by("pk"):
        yield {
            "requested_at": subject.at(one.requested_at),
            "status": one.status,
            "money": subject.money(one.money_minor),
            "rsp": points(one.rsp),
            "reason": one.reason,
            "decided_at": subject.at(one.decided_at),
            "decision": one.decision_reason,
        }


def disputes(subject: Subject) -> Iterator[Row]:
    """Yield what the person asked about a line, and what was answered."""
    found = Dispute.objects.filter(representative=subject.member).select_related("period")
    for one in found.order_by("pk"):
        yield {
            "month": one.period.label,
            "opened_at": subject.at(one.opened_at),
            "expected": subject.money(one.expected_minor),
            "question": one.text,
            "status": one.status,
            "answer": one.answer,
            "answered_at": subject.at(one.answered_at),
        }


def rank_decisions(subject: Subject) -> Iterator[Row]:
    """Yield what staff decided on the person's rank."""
    for one in RankOverride.objects.filter(representative=subject.member).order_by("pk"):
        yield {
            "kind": one.kind,
            "rank": one.rank,
            "reason": one.reason,
            "from": day(one.first_day),
            "to": day(one.last_day),
            "decided_at": subject.at(one.decided_at),
            "ended_at": subject.at(one.ended_at),
            "end_reason": one.end_reason,
        }


def coupons(subject: Subject) -> Iterator[Row]:
    """Yield coupons entered for the person."""
    found = CouponEntry.objects.filter(representative=subject.member).select_related("period")
    for one in found.order_by("pk"):
        yield {
            "month": one.period.label,
            "ranking": one.ranking,
            "kind": one.kind,
            "amount": one.amount,
            "reason": one.reason,
            "entered_at": subject.at(one.entered_at),
        }


def payee(subject: Subject) -> Iterator[Row]:
    """Yield the account and the checks as they are, then what happened to them."""
    found = Payee.objects.filter(representative=subject.member).first()
    if found is None:
        return
    yield {
        "what": "now",
        "at": subject.at(found.account_changed_at),
        "account_holder": found.holder_name,
        "iban": found.iban,
        "bic": found.bic,
        "identity": found.kyc_status,
        "tax_form": found.tax_form_status,
        "outcome": "held" if found.held else "",
        "reason": found.held_reason,
    }
    for event in found.events.order_by("pk"):
        yield {
            "what": event.kind,
            "at": subject.at(event.happened_at),
            "account_holder": "",
            "iban": "",
            "bic": "",
            "identity": "",
            "tax_form": "",
            "outcome": event.outcome,
            "reason": event.reason,
        }


def payouts(subject: Subject) -> Iterator[Row]:
    """Yield the payments to the person."""
    found = Payout.objects.filter(representative=subject.member).select_related("batch")
    for one in found.order_by("pk"):
        yield {
            "reference": one.end_to_end_id,
            "day": day(one.batch.execution_date),
            "amount": subject.money(one.amount_minor),
            "account_holder": one.holder_name,
            "iban": one.iban,
            "status": one.status,
            "reason": one.reason,
            "changed_at": subject.at(one.changed_at),
        }

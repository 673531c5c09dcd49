"""Disputes as pages show them: a representative's own, the queue of staff, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from compensation.explaining import evidence
from compensation.models import (
    AdjustmentStatus,
    Dispute,
    DisputeEvent,
    DisputeStatus,
    Earning,
    EarningUnit,
)
from compensation.selectors_pages import plans
from representatives import formatting
from representatives.models import Representative

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class State:
    """Where a dispute stands, in words; ``chip`` is the look of its chip."""

    key: str
    text: str
    chip: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A dispute with what its pages need beside the row."""

    dispute: Dispute
    line_name: str
    line_key: str
    state: State
    amount: str
    expected: str


def all_disputes() -> QuerySet[Dispute]:
    """Return disputes with what their pages show of them."""
    return Dispute.objects.select_related(
        "period", "representative", "run__plan_version", "adjustment__journal__period"
    ).defer("evidence", "run__plan_version__document")


def list_own(representative: Representative, *, now: datetime) -> list[Shown]:
    """Return a representative's disputes, the latest first."""
    found = all_disputes().filter(representative=representative).order_by("-opened_at", "-id")
    return [show(one, now=now) for one in found[:MOST_SHOWN]]


def open_lines(representative_id: int, run_id: int) -> set[str]:
    """Return the address parts of the lines of a run with a dispute that has not ended."""
    found = Dispute.objects.filter(
        Q(status=DisputeStatus.OPEN)
        | Q(adjustment__status__in=[AdjustmentStatus.REQUESTED, AdjustmentStatus.REFUSED]),
        representative_id=representative_id,
        run_id=run_id,
    ).values_list("component", "paid_level", "rate_num", "rate_den")
    return {"-".join(map(str, one)) for one in found}


def needs_answer() -> Q:
    """Return the condition that staff have to answer: open, or sent back by the second person."""
    return Q(status=DisputeStatus.OPEN) | Q(
        status=DisputeStatus.ACCEPTED, adjustment__status=AdjustmentStatus.REFUSED
    )


def show(dispute: Dispute, *, now: datetime) -> Shown:
    """Return a dispute in words."""
    plan = plans.get_plan(dispute.run.plan_version)
    language = get_language()

    def amount(value: int) -> str:
        if dispute.unit == EarningUnit.MONEY:
            return formatting.money(value, plan.currency, language)
        return f"{formatting.hundredths(value, language)}\u00a0RSP"

    return Shown(
        dispute=dispute,
        line_name=plans.line_name(plan, dispute.component, dispute.paid_level),
        line_key=f"{dispute.component}-{dispute.paid_level}-{dispute.rate_num}-{dispute.rate_den}",
        state=state_of(dispute, now=now),
        amount=amount(dispute.amount),
        expected=amount(dispute.expected_minor),
    )


def state_of(dispute: Dispute, *, now: datetime) -> State:
    """Return where a dispute stands."""
    if dispute.status == DisputeStatus.REFUSED:
        return State("refused", _("Stays as it is"), "")
    if dispute.status == DisputeStatus.OPEN:
        if dispute.due_at < now:
            return State("late", _("Open, late"), "reason-stop")
        return State("open", _("Open"), "reason-rank")
    adjustment = dispute.adjustment
    assert adjustment is not None, "an accepted dispute has one"
    if adjustment.status == AdjustmentStatus.APPROVED:
        return State("corrected", _("Corrected"), "reason-paid")
    if adjustment.status == AdjustmentStatus.REFUSED:
        return State("sent_back", _("Looked at again"), "reason-rank")
    return State("checked", _("Accepted, being checked"), "reason-paid")


def list_events(dispute: Dispute) -> list[DisputeEvent]:
    """Return what happened to a dispute, in order."""
    return list(dispute.events.select_related("by").order_by("ordinal"))


def evidence_is_whole(dispute: Dispute) -> bool:
    """Tell whether the evidence is what its digest was taken of."""
    return evidence.digest_of(dispute.evidence) == dispute.evidence_digest


def compare_evidence(dispute: Dispute) -> list[dict[str, Any]]:
    """Return the evidence as it was beside what the same explanation says now."""
    earning = Earning.objects.get(
        run_id=dispute.run_id,
        receiver_id=dispute.representative_id,
        component=dispute.component,
        paid_level=dispute.paid_level,
        rate_num=dispute.rate_num,
        rate_den=dispute.rate_den,
    )
    now = evidence.gather(dispute.run, earning)
    plan = plans.get_plan(dispute.run.plan_version)
    unit = plans.base_unit(plan, dispute.component)
    codes = [one["code"] for one in dispute.evidence["people"]]
    names = dict(Representative.objects.filter(code__in=codes).values_list("code", "name"))
    return [
        {
            "group": row.path[0],
            "name": _label(row.path, names),
            "was": _figure(row, row.was, dispute, unit, plan.currency),
            "now": _figure(row, row.now, dispute, unit, plan.currency),
            "differs": row.differs,
        }
        for row in evidence.compare(dispute.evidence, now)
    ]


def _label(path: tuple[str, ...], names: dict[str, str]) -> str:
    if path[0] == "people":
        code, what = path[1], _("base") if path[2] == "base" else _("amount")
        name = names.get(code)
        return f"{name} ({code}), {what}" if name else f"{code}, {what}"
    return {
        ("line", "source"): _("Component"),
        ("line", "paid_level"): _("Paid level"),
        ("line", "base"): _("Base"),
        ("line", "rate"): _("Rate"),
        ("line", "amount"): _("Amount"),
        ("line", "members"): _("People"),
        ("line", "sales"): _("Orders"),
        ("parts", "people"): _("People behind it"),
        ("parts", "base"): _("Their base together"),
        ("parts", "amount"): _("Their amounts together"),
        ("parts", "unopened"): _("On no single order"),
        ("since", "taken_back"): _("Taken back by returns since"),
        ("since", "adjusted_money"): _("Adjusted since, money"),
        ("since", "adjusted_rsp"): _("Adjusted since, RSP"),
    }.get((path[0], path[1]), path[-1])


def _figure(
    row: evidence.Compared, value: int | str | None, dispute: Dispute, unit: str, currency: str
) -> str:
    if value is None:
        return "–"
    language, what = get_language(), row.path[-1]
    if isinstance(value, str):
        return _rate(value, unit, currency) if what == "rate" else value
    is_money = dispute.unit == EarningUnit.MONEY
    if what == "adjusted_money" or (what in _AMOUNTS and is_money):
        return formatting.money(value, currency, language)
    if what == "adjusted_rsp" or what in _AMOUNTS:
        return formatting.hundredths(value, language)
    if what == "base" and unit not in ("orders", "times"):
        if unit == "net":
            return formatting.money(value, currency, language)
        return formatting.hundredths(value, language)
    return formatting.whole(value, language)


def _rate(value: str, unit: str, currency: str) -> str:
    rate = Fraction(value)
    if unit in ("orders", "times"):
        return f"× {formatting.money(int(rate), currency, get_language())}"
    return formatting.percent(rate, get_language())


_AMOUNTS = ("amount", "unopened", "taken_back")

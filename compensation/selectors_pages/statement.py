"""A representative's statement of one month: the run's lines, reversals and adjustments."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from compensation.engine.plan import Plan
from compensation.models import (
    Account,
    Adjustment,
    AdjustmentStatus,
    Earning,
    EarningUnit,
    Entry,
    Journal,
    MemberResult,
    Period,
    RunStatus,
)
from compensation.selectors_pages import dashboard, downline, months, plans

MOST_CORRECTIONS = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the statement as the page shows it."""

    key: str
    name: str
    is_money: bool
    base: int
    unit: str
    rate: tuple[int, int]
    amount: int
    members: int
    sales: int
    earning: Earning
    is_match: bool = False
    """Whether it pays on what others earned."""
    is_cut: bool = False
    """Whether it is what a limit takes off."""

    @property
    def each(self) -> int:
        """Minor units for one order, where the line pays a fixed amount an order."""
        return self.rate[0] // self.rate[1]


def line_key(line: Earning) -> str:
    """Return the part of an address that names a line within a statement."""
    return f"{line.component}-{line.paid_level}-{line.rate_num}-{line.rate_den}"


def list_lines(earnings: list[Earning], plan: Plan) -> list[Line]:
    """Return the lines of a statement in the plan's order, money and points."""
    return [
        Line(
            key=line_key(line),
            name=plans.line_name(plan, line.component, line.paid_level),
            is_money=line.unit == EarningUnit.MONEY,
            base=line.base,
            unit=plans.base_unit(plan, line.component),
            rate=(line.rate_num, line.rate_den),
            amount=line.amount,
            members=line.members,
            sales=line.sales,
            earning=line,
            is_match=getattr(plans.component_of(plan, line.component), "kind", "") == "match",
            is_cut=line.component >= len(plan.components),
        )
        for line in earnings
    ]


def get_earning(run_id: int, representative_id: int, key: str) -> Earning | None:
    """Return the statement line of an address, or None."""
    parts = key.split("-")
    if len(parts) != 4 or not all(part.isdecimal() and len(part) <= 18 for part in parts):
        return None
    component, level, rate_num, rate_den = (int(part) for part in parts)
    if component > 32_767 or level > 32_767:
        return None
    return Earning.objects.filter(
        run_id=run_id,
        receiver_id=representative_id,
        component=component,
        paid_level=level,
        rate_num=rate_num,
        rate_den=rate_den,
    ).first()


def _corrections(period: Period, representative_id: int) -> QuerySet[Entry]:
    return Entry.objects.filter(
        representative_id=representative_id,
        account__in=(Account.COMMISSION_PAYABLE, Account.RSP_BANK),
        journal__period=period,
        journal__kind__in=dashboard.CORRECTIONS,
    )


def list_corrections(period: Period, representative_id: int) -> list[dict[str, Any]]:
    """Return what reversals and adjustments moved in a month, one row a journal and unit.

    The first MOST_CORRECTIONS of them; `sum_corrections` counts all.
    """
    entries = (
        _corrections(period, representative_id)
        .select_related("journal__sales_return__line__order", "journal__adjustment__related_period")
        .order_by("journal__effective_at", "id")[:MOST_CORRECTIONS]
    )
    return [
        {
            "unit": entry.unit,
            "amount": entry.amount,
            "is_money": entry.account == Account.COMMISSION_PAYABLE,
            "day": entry.journal.effective_at,
            **_cause(entry.journal),
        }
        for entry in entries
    ]


def _cause(journal: Journal) -> dict[str, Any]:
    """Say what a correction is for: the reason, or an order's reference; never whose customer."""
    returned = journal.sales_return
    if returned is None:
        adjustment = getattr(journal, "adjustment", None)
        found = {"kind": journal.kind, "reference": "", "sold_on": None, "reason": "", "about": ""}
        if adjustment is not None:
            found["reason"] = adjustment.reason
            if adjustment.related_period_id not in (None, journal.period_id):
                found["about"] = months.title(adjustment.related_period)
        return found
    order = returned.line.order
    return {
        "kind": journal.kind,
        "reference": order.reference,
        "sold_on": order.paid_at,
        "reason": "",
        "about": "",
    }


def list_later_adjustments(period: Period, representative_id: int) -> list[dict[str, Any]]:
    """Return what was adjusted for a month and posted in a later one, in order of time.

    It is in the sums of that later month, and here only told.
    """
    found = (
        Adjustment.objects.filter(
            ~Q(journal__period=period),
            related_period=period,
            representative_id=representative_id,
            status=AdjustmentStatus.APPROVED,
            journal__isnull=False,
        )
        .order_by("decided_at", "pk")
        .values_list(
            "journal__period__label", "journal__period__first_day", "reason", "money_minor", "rsp"
        )[:MOST_CORRECTIONS]
    )
    return [
        {
            "label": label,
            "title": months.month_name(first_day),
            "reason": reason,
            "money": money,
            "points": points,
        }
        for label, first_day, reason, money, points in found
    ]


def sum_corrections(period: Period, representative_id: int) -> dict[str, int]:
    """Return what reversals and adjustments moved in a month: money, points and their number."""
    sums = _corrections(period, representative_id).aggregate(
        money=Sum("amount", filter=Q(account=Account.COMMISSION_PAYABLE)),
        points=Sum("amount", filter=Q(account=Account.RSP_BANK)),
        count=Count("pk"),
    )
    return {name: int(value or 0) for name, value in sums.items()}


def totals(lines: list[Line], corrected: dict[str, int]) -> dict[str, int]:
    """Return the sums of the statement: money in minor units, points in hundredths."""
    return {
        "money": sum(line.amount for line in lines if line.is_money) + corrected["money"],
        "points": sum(line.amount for line in lines if not line.is_money) + corrected["points"],
    }


def list_statements(periods: list[Period], representative_id: int) -> list[dict[str, Any]]:
    """Return a row a month, newest first: what was earned, credited and the rank paid at.

    Posted months count as the ledger holds them; the open month counts as the live figures.
    """
    shown = [(period, period.visible_run) for period in periods if period.visible_run]
    runs = [run.pk for _period, run in shown]
    members = {
        member.run_id: member
        for member in MemberResult.objects.filter(
            run_id__in=runs, representative_id=representative_id
        )
    }
    moved = dashboard.moved_by_period(representative_id)
    rows = []
    for period, run in shown:
        member = members.get(run.pk)
        if member is None:
            continue
        plan = plans.get_plan(run.plan_version)
        held = moved.get(period.pk, dashboard.Moved())
        money, points = held.money, held.points
        if run.status != RunStatus.POSTED:
            money += member.commission_minor
            points += member.rsp_total
        rows.append(
            {
                "period": period,
                "title": months.title(period),
                "is_posted": run.status == RunStatus.POSTED,
                "rank": downline.rank_name(plan, member.pay_rank),
                "active": member.active,
                "personal_bv": member.personal_bv,
                "group_bv": member.group_bv,
                "money": money,
                "points": points,
                "corrected": held.corrected_money,
            }
        )
    return rows

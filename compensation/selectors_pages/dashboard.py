"""The figures of one representative in one month, for the first page."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format

from compensation.engine.plan import Plan
from compensation.models import (
    Account,
    Earning,
    EarningUnit,
    JournalKind,
    MemberResult,
    Period,
    Run,
)
from compensation.selectors_pages import pictures, plans
from representatives.prepared import fetch_prepared
from sales.models import Order

MONTHS_DRAWN = 6
COUNTED_AT_MOST = 50_000

CORRECTIONS = (JournalKind.REVERSAL, JournalKind.ADJUSTMENT)
"""What changes a month's earnings beside its lines; all other journals only move them on."""


def list_earnings(run_id: int, representative_id: int) -> list[Earning]:
    """Return a representative's statement lines in a run, in the plan's order."""
    return list(
        Earning.objects.filter(run_id=run_id, receiver_id=representative_id).order_by(
            "component", "paid_level", "rate_num", "rate_den"
        )
    )


def points_by_level(
    earnings: list[Earning], plan: Plan, member: MemberResult
) -> list[dict[str, Any]]:
    """Return the RSP credited by paid level from the own sales outward, with the sellers."""
    depth = plans.rsp_depth(plan, member.pay_rank)
    rows: dict[int, dict[str, Any]] = {
        level: {"level": level, "points": 0, "people": 0, "sales": 0, "css": min(level, 4)}
        for level in range(depth + 1)
    }
    for line in earnings:
        if line.unit != EarningUnit.RSP:
            continue
        row = rows.setdefault(
            line.paid_level,
            {
                "level": line.paid_level,
                "points": 0,
                "people": 0,
                "sales": 0,
                "css": min(line.paid_level, 4),
            },
        )
        row["points"] += line.amount
        row["people"] += line.members
        row["sales"] += line.sales
    return [rows[level] for level in sorted(rows)]


def money_lines(earnings: list[Earning], plan: Plan) -> list[dict[str, Any]]:
    """Return the money lines with their names and what they are made of."""
    return [
        {
            "name": plans.line_name(plan, line.component, line.paid_level),
            "base": line.base,
            "unit": plans.base_unit(plan, line.component),
            "rate": (line.rate_num, line.rate_den),
            "amount": line.amount,
        }
        for line in earnings
        if line.unit == EarningUnit.MONEY
    ]


def list_recent(
    periods: list[Period], chosen: Period, representative_id: int, *, viewer_id: int | None = None
) -> list[tuple[Period, MemberResult]]:
    """Return a member's results of the chosen month and the months before, the oldest first.

    With a viewer, only of months in which the member was below the viewer, or is the viewer.
    """
    shown = [period for period in periods if period.starts_at <= chosen.starts_at]
    runs = [
        (period, period.visible_run_id) for period in shown[:MONTHS_DRAWN] if period.visible_run_id
    ][::-1]
    wanted = {representative_id} if viewer_id is None else {representative_id, viewer_id}
    found = {
        (member.run_id, member.representative_id): member
        for member in MemberResult.objects.filter(
            run_id__in=[run_id for _period, run_id in runs], representative_id__in=wanted
        )
    }
    recent = []
    for period, run_id in runs:
        member = found.get((run_id, representative_id))
        top = member if viewer_id is None else found.get((run_id, viewer_id))
        if member is not None and top is not None and _is_within(member, top):
            recent.append((period, member))
    return recent


def _is_within(member: MemberResult, top: MemberResult) -> bool:
    return top.position <= member.position < top.subtree_end


def volume_history(
    recent: list[tuple[Period, MemberResult]], chosen: Period, plan: Plan
) -> dict[str, Any]:
    """Return the bars of group and personal BV of the months of `list_recent`."""

    def series(field: str) -> list[tuple[str, int, bool]]:
        return [
            (
                date_format(period.first_day, "M"),
                int(getattr(member, field)),
                period.pk == chosen.pk,
            )
            for period, member in recent
        ]

    # The line of the activity test only says something where one month decides it.
    activity = plan.activity
    alone = activity.measure == "personal_bv" and activity.window == "period"
    return {
        "group": pictures.bars(series("group_bv")),
        "personal": pictures.bars(series("personal_bv"), test=activity.at_least if alone else 0),
    }


@dataclass(frozen=True, slots=True)
class Moved:
    """What the ledger holds for a representative in a month: minor units and hundredths."""

    money: int = 0
    points: int = 0
    corrected_money: int = 0
    corrected_points: int = 0


MOVED = """
SELECT j.period_id,
       coalesce(sum(e.amount) FILTER (WHERE e.account = %(money)s), 0)::bigint,
       coalesce(sum(e.amount) FILTER (WHERE e.account = %(points)s), 0)::bigint,
       coalesce(sum(e.amount) FILTER (
           WHERE e.account = %(money)s AND j.kind = ANY(%(corrections)s)), 0)::bigint,
       coalesce(sum(e.amount) FILTER (
           WHERE e.account = %(points)s AND j.kind = ANY(%(corrections)s)), 0)::bigint
  FROM compensation_entry e JOIN compensation_journal j ON j.id = e.journal_id
 WHERE e.representative_id = %(representative)s AND e.account IN (%(money)s, %(points)s)
   AND (j.kind = %(commission)s OR j.kind = ANY(%(corrections)s))
 GROUP BY j.period_id
"""


def moved_by_period(representative_id: int) -> dict[int, Moved]:
    """Return what a representative earned by period as the ledger has it, corrections also apart.

    What conversions and payouts moved on is not in it.
    """
    values = {
        "representative": representative_id,
        "money": Account.COMMISSION_PAYABLE.value,
        "points": Account.RSP_BANK.value,
        "commission": JournalKind.COMMISSION.value,
        "corrections": [kind.value for kind in CORRECTIONS],
    }
    return {period: Moved(*sums) for period, *sums in fetch_prepared(MOVED, values)}


def count_waiting_orders(run: Run, period: Period) -> int:
    """Return how many orders count in the month but are not in the run's figures yet.

    Exact up to COUNTED_AT_MOST orders, imports of earlier days included; in a larger month only
    orders that count from later than the run are looked at, so that no page counts a long month.
    """
    orders = Order.objects.filter(counted_at__gte=period.starts_at, counted_at__lt=period.ends_at)
    if run.order_count <= COUNTED_AT_MOST:
        return max(orders.count() - run.order_count, 0)
    return orders.filter(counted_at__gt=run.as_of).count() if run.as_of is not None else 0


def count_unpaid_orders(representative_id: int) -> int:
    """Return how many placed orders of a representative wait for their payment (up to 100)."""
    return Order.objects.filter(seller_id=representative_id, status=Order.Status.PLACED)[
        :100
    ].count()

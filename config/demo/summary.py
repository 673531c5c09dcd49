"""What the demo command prints, computed from the database each time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from django.db.models import Count, Sum

from compensation.models import (
    Adjustment,
    AdjustmentStatus,
    Dispute,
    DisputeStatus,
    PayoutBatch,
    RspConversion,
    Run,
    RunStep,
)
from compensation.plans import load_plan

HEADER = (
    f"{'period':8} {'orders':>7} {'lines':>8} {'BV':>12} {'RSP':>11} {'active':>6} "
    f"{'promoted':>8} {'commission':>12} {'payout':>7} {'seconds':>7}"
)


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month of the summary; money in minor units, volumes and points in hundredths."""

    label: str
    orders: int
    lines: int
    bv: int
    rsp: int
    active: int
    promotions: int
    commission: int
    payout_ratio: Fraction
    duration: timedelta
    live: bool

    def __str__(self) -> str:
        seconds = "live" if self.live else f"{self.duration.total_seconds():.2f}"
        return (
            f"{self.label:8} {self.orders:>7,} {self.lines:>8,} {hundredths(self.bv):>12} "
            f"{hundredths(self.rsp):>11} {self.active:>6,} {self.promotions:>8,} "
            f"{hundredths(self.commission):>12} {percent(self.payout_ratio):>7} {seconds:>7}"
        )


def month_line(run: Run, *, live: bool) -> MonthLine:
    """Return the summary of a posted run, or of the live preview of the open month."""
    milliseconds = RunStep.objects.filter(run=run).aggregate(all=Sum("duration_ms"))["all"] or 0
    return MonthLine(
        label=run.period.label,
        orders=run.order_count,
        lines=run.line_count,
        bv=run.bv,
        rsp=run.rsp_sold,
        active=run.active_count,
        promotions=run.promotion_count,
        commission=run.commission_minor,
        payout_ratio=payout_ratio(run),
        duration=timedelta(milliseconds=milliseconds),
        live=live,
    )


def payout_ratio(run: Run) -> Fraction:
    """Return commissions and RSP at the plan's cash rate over net sales without tax."""
    plan = load_plan(run.plan_version.document)
    rate = plan.rsp_cash_rate
    points_worth = run.rsp_credited * rate.per_point if rate is not None else Fraction(0)
    if not run.net_minor:
        return Fraction(0)
    return (run.commission_minor + points_worth) / Fraction(run.net_minor)


def hundredths(number: int) -> str:
    """Return hundredths as people read them."""
    sign = "-" if number < 0 else ""
    whole, rest = divmod(abs(number), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def percent(ratio: Fraction) -> str:
    """Return a ratio in per cent with two decimals, rounded half up."""
    return hundredths((ratio * 20_000 + 1).__floor__() // 2) + "%"


def money_lines() -> Iterator[str]:
    """Yield what was paid out, converted and disputed since the last month was posted."""
    for batch in PayoutBatch.objects.order_by("pk").annotate(
        count=Count("payouts"), total=Sum("payouts__amount_minor")
    ):
        yield (
            f"payouts        {batch.reference}: {batch.status}, {batch.count:,} payouts, "
            f"{hundredths(batch.total or 0)} {batch.currency}"
        )
    points = RspConversion.objects.aggregate(count=Count("pk"), points=Sum("points"))
    if points["count"]:
        yield f"conversions    {points['count']:,}, {hundredths(points['points'])} RSP"
    open_disputes = Dispute.objects.filter(status=DisputeStatus.OPEN).count()
    waiting = Adjustment.objects.filter(status=AdjustmentStatus.REQUESTED).count()
    yield f"to look at     {open_disputes:,} disputes, {waiting:,} adjustments"


def purchase_lines(counts: dict[str, int]) -> Iterator[str]:
    """Yield what the rule of docs/demo.md did with the receipts."""
    for reason, count in counts.items():
        yield f"  {reason:52} {count:>10,}"

"""Where the points and the money of an order went, and why not, as a page shows it."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, F, Q, Sum
from django.db.models.functions import Cast
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from compensation.engine.plan import Plan
from compensation.engine.types import Reason
from compensation.explaining import words
from compensation.explaining.sales import Paid
from compensation.explaining.why import OrderReport, Row, why_order
from compensation.models import EarningUnit, MemberResult, Period, Run, RunStatus
from compensation.selectors_pages import plans
from representatives import formatting
from representatives.models import Representative
from sales.models import Order, Return

STOPPED = (
    Reason.SUSPENDED,
    Reason.TERMINATED,
    Reason.REFUNDED,
    Reason.BREAKAWAY,
)


def find_order(reference: str) -> Order | None:
    """Return an order with what came back of it, in ``returned_rsp`` and ``returned_bv``, and left.

    The order itself keeps what was sold.
    """
    accepted = Q(lines__returns__status=Return.Status.ACCEPTED)
    rsp = Sum("lines__returns__rsp", filter=accepted & Q(lines__repeat=True), default=0)
    bv = Sum("lines__returns__bv", filter=accepted, default=0)
    return (
        Order.objects.filter(reference=reference)
        .select_related("seller")
        .annotate(
            returned_rsp=Cast(rsp, BigIntegerField()), returned_bv=Cast(bv, BigIntegerField())
        )
        .annotate(left_rsp=F("rsp") - F("returned_rsp"), left_bv=F("bv") - F("returned_bv"))
        .first()
    )


def counts_in(order: Order, period: Period) -> bool:
    """Tell whether an order counts in a period."""
    return order.counted_at is not None and period.starts_at <= order.counted_at < period.ends_at


def may_read(run: Run, order: Order, viewer: Representative) -> bool:
    """Tell whether the seller of an order of the month is the viewer or was below in the run.

    Until the month is posted, somebody who joined after its figures were computed may be, too.
    """
    if order.seller_id == viewer.pk:
        return True
    wanted = {order.seller_id, viewer.pk}
    found = {
        one.representative_id: one
        for one in MemberResult.objects.filter(run_id=run.pk, representative_id__in=wanted)
    }
    seller, top = found.get(order.seller_id), found.get(viewer.pk)
    if seller is None:
        return run.status != RunStatus.POSTED
    return top is not None and top.position < seller.position < top.subtree_end


def explain(
    run: Run, order: Order, *, viewer: Representative, sees_money: bool = False
) -> dict[str, Any]:
    """Return what each component of the plan says about an order.

    Money is told of the viewer alone, unless he may see everybody's; of others that they were
    paid, at which level and rate, or why not. Points are told of all.
    """
    plan = plans.get_plan(run.plan_version)
    report = why_order(run=run, plan=plan, order=order, viewer=viewer)
    components: list[dict[str, Any]] = [
        {
            "name": words.source_name(plan, one.index),
            "rows": [_row(row, plan, viewer, sees_money) for row in _shown(one.rows)],
            "strangers": _strangers(one.rows),
            "together": _together(one.rows, plan, sees_money),
        }
        for one in report.components
    ]
    told = [paid for one in components for row in one["rows"] for paid in row["paid"]]
    return {
        "report": report,
        "whole_reason": _whole(report),
        "is_exact": all(paid["is_exact"] for paid in told if paid["amount"]),
        "hides_money": any(not paid["amount"] for paid in told),
        "components": components,
    }


def _whole(report: OrderReport) -> str:
    """Say why the whole order pays nobody, or nothing where it does."""
    if report.reason is Reason.REFUNDED:
        return _("Everything in it came back while the month was open, so it pays nobody.")
    if report.reason is Reason.NOT_IN_PERIOD:
        return _("It is not in these figures yet.")
    return ""


def _shown(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.person is not None]


def _together(rows: list[Row], plan: Plan, sees_money: bool) -> str:
    """Add up what the people who are shown have of the order, nothing for one alone.

    A sum of money would tell what others have of it.
    """
    shown = [row for row in _shown(rows) if row.is_paid and row.paid]
    parts = [one for row in shown for one in row.paid]
    if len(shown) < 2:
        return ""
    language = get_language()
    total = sum(one.amount for one in parts)
    is_money = parts[0].unit == EarningUnit.MONEY
    if is_money and not sees_money:
        return ""
    amounts = {one.amount for one in parts}
    words_of = {
        "count": formatting.whole(len(shown), language),
        "sum": formatting.money(total, plan.currency, language)
        if is_money
        else f"{formatting.hundredths(total, language)}\u00a0RSP",
    }
    if not is_money and len(amounts) == 1 and len(parts) == len(shown):
        each = f"{formatting.hundredths(parts[0].amount, language)}\u00a0RSP"
        text = ngettext(
            "%(each)s to %(count)s person: %(sum)s.",
            "%(each)s to each of %(count)s people: %(sum)s.",
            len(shown),
        )
        return text % (words_of | {"each": each})
    text = ngettext(
        "%(count)s person together: %(sum)s.", "%(count)s people together: %(sum)s.", len(shown)
    )
    return text % words_of


def _strangers(rows: list[Row]) -> list[dict[str, str]]:
    """Say of people above, whom the viewer may not see, the reasons alone."""
    found: dict[Reason, None] = {row.reason: None for row in rows if row.person is None}
    return [{"text": words.reason_text(one), "kind": _kind(one)} for one in found]


def _row(row: Row, plan: Plan, viewer: Representative, sees_money: bool) -> dict[str, Any]:
    assert row.person is not None
    sees_money = sees_money or row.person.pk == viewer.pk
    return {
        "name": row.person.name,
        "code": row.person.code,
        "is_viewer": row.person.pk == viewer.pk,
        "is_seller": row.distance == 0,
        "distance": row.distance,
        "level": row.level,
        "is_paid": row.is_paid and bool(row.paid),
        "reason": words.reason_text(row.reason),
        "kind": _kind(row.reason),
        "paid": [_paid(one, plan, sees_money) for one in row.paid],
        "notes": _notes(row, plan, sees_money),
    }


def _kind(reason: Reason) -> str:
    if reason in (Reason.PAID, Reason.CAPPED):
        return "paid"
    return "stop" if reason in STOPPED else ""


def _paid(one: Paid, plan: Plan, sees_money: bool) -> dict[str, Any]:
    language = get_language()
    if one.unit == EarningUnit.MONEY and not sees_money:
        is_rate = plans.base_unit(plan, one.earning.component) in ("BV", "net")
        return {
            "level": one.level,
            "is_money": True,
            "is_exact": one.is_exact,
            "how": formatting.percent(one.rate, language) if is_rate else "",
            "amount": "",
        }
    unit = plans.base_unit(plan, one.earning.component)
    if unit == "net":
        base = formatting.money(one.base, plan.currency, language)
    elif unit in ("BV", "RSP"):
        base = f"{formatting.hundredths(one.base, language)}\u00a0{unit}"
    else:
        base = formatting.whole(one.base, language)
    is_money = one.unit == EarningUnit.MONEY
    rate = formatting.percent(one.rate, language)
    if unit == "orders":
        rate = formatting.money(int(one.rate), plan.currency, language)
    return {
        "level": one.level,
        "is_money": is_money,
        "is_exact": one.is_exact,
        "how": f"{base} × {rate}" if is_money else "",
        "amount": (
            formatting.money(one.amount, plan.currency, language)
            if is_money
            else f"{formatting.hundredths(one.amount, language)}\u00a0RSP"
        ),
    }


def _notes(row: Row, plan: Plan, sees_money: bool) -> list[str]:
    """Say what was needed and had, who received it instead, and what was taken off."""
    missed = [one for one in row.missed if sees_money or one.measure not in words.MONEY_MEASURES]
    notes = [words.missed_text(one, plan) for one in missed]
    if row.earner is not None:
        notes.insert(0, _("on what %(name)s earned") % {"name": row.earner.name})
    if row.blocked_by is not None:
        notes.append(_("%(name)s has broken away") % {"name": row.blocked_by.name})
    if row.received_by is not None:
        notes.append(_("%(name)s received it instead") % {"name": row.received_by.name})
    elif row.by_stranger:
        notes.append(_("somebody above received it instead"))
    if row.cut and sees_money:
        amount = formatting.money(row.cut, plan.currency, get_language())
        notes.append(_("the limit takes %(amount)s off") % {"amount": amount})
    if row.taken_back and row.reason is not Reason.REFUNDED:
        notes.append(_("a part was taken back by a return"))
    return notes

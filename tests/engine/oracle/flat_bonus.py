"""A fixed amount for an order (docs/plan/flat-bonus.md)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.engine.oracle.facts import Line, Sale, number, whole
from tests.engine.oracle.statement import Statement, shared_by


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Pay the fixed amount for each order that triggers it."""
    digits = period.plan.get("currency_digits", 2)
    amount = number(component["amount"]) * Decimal(10) ** digits
    for order in period.orders:
        if not triggers(period, component, order):
            continue
        if component.get("to", "sponsor") == "seller":
            if may_have_bonus(period, component, order.seller):
                period.add((order.seller, index, 0), amount, "money", order, 1)
            continue
        for _, above in period.uplines(order.seller):
            if may_have_bonus(period, component, above):
                period.add((above, index, 1), amount, "money", order, 1)
                break
            if component.get("compression", "none") == "none":
                break


def triggers(period: Statement, component: dict[str, Any], order: Sale) -> bool:
    """Whether an order brings a flat bonus: always a sale of something for money."""
    buyers = component.get("buyers", "all")
    return (
        order.net > 0
        and order.bv > 0
        and whole(order.bv) >= number(component.get("minimum_bv", "0"))
        and (order.first_order or component["trigger"] == "every_order")
        and (buyers == "all" or order.own == (buyers == "own"))
    )


def may_have_bonus(period: Statement, component: dict[str, Any], member_id: int) -> bool:
    """Whether a member qualifies for a flat bonus."""
    if component.get("requires_active", True):
        return period.members[member_id].active
    return period.is_enrolled(member_id)


def parts(period: Statement, component: dict[str, Any], line: Line) -> dict[int, int]:
    """Share each order's amount out among its own rows, by net sales."""
    found: dict[int, int] = {}
    for order, times in line.orders.items():
        of_order = Line(line.receiver, line.component, line.level, line.rate, line.unit)
        of_order.amount, of_order.orders = line.amount // line.base * times, {order: times}
        found |= shared_by(period, of_order, lambda row: row.net)
    return found

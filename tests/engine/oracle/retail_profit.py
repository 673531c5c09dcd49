"""What customers pay above the representative's price (docs/plan/retail-profit.md)."""

from __future__ import annotations

from typing import Any

from tests.engine.oracle.facts import Line
from tests.engine.oracle.statement import Statement, shared_by


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Pay each seller the margin of his customers' orders."""
    rate = period.rate(component.get("percent", "100"), "money")
    for order in period.orders:
        if order.own or not period.is_enrolled(order.seller):
            continue
        if "qualification" in component and not period.is_qualified(component, order.seller):
            continue
        period.add((order.seller, index, 0), rate, "money", order, order.margin)


def parts(period: Statement, component: dict[str, Any], line: Line) -> dict[int, int]:
    """Share a line's amount out by the rows' margins."""
    return shared_by(period, line, lambda row: row.margin)

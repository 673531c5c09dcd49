"""Percentages on what new members sell to customers (docs/plan/quick-start.md)."""

from __future__ import annotations

from typing import Any

from tests.engine.oracle.facts import Line
from tests.engine.oracle.level_percent import may_be_paid, receivers_of_levels
from tests.engine.oracle.statement import Statement, shared_by, volume_of


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Pay the levels above a seller who is new; he himself gets nothing."""
    rates, on = component["rates"], component.get("on", "bv")
    for order in period.orders:
        age = order.day - period.members[order.seller].person.enrolled
        if order.own or age < 0 or age > component["days"]:
            continue
        for receiver, level in receivers_of_levels(period, component, order.seller):
            if may_be_paid(period, component, receiver, level):
                rate = period.rate(rates[level - 1], on)
                key = (receiver, index, level)
                period.add(key, rate, "money", order, volume_of(order, on))


def parts(period: Statement, component: dict[str, Any], line: Line) -> dict[int, int]:
    """Share a line's amount out by the rows' BV or net sales."""
    return shared_by(period, line, lambda row: volume_of(row, component.get("on", "bv")))

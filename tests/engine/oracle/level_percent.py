"""Percentages by level (docs/plan/level-percent.md, compression.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.engine.oracle.facts import Line, Sale
from tests.engine.oracle.statement import Statement, shared_by


def base_of(component: dict[str, Any], row: Sale) -> int:
    """Net sales in minor units, or hundredths of BV."""
    return row.net if component.get("on", "bv") == "net" else row.bv


def counts(period: Statement, component: dict[str, Any], order: Sale) -> bool:
    """Whether an order counts for a level percentage at all."""
    seller = period.members[order.seller]
    if "window_days_from_enrolment" in component:
        day = order.day - seller.person.enrolled
        if day < 0 or day > component["window_days_from_enrolment"]:
            return False
    return seller.active or component.get("unqualified_volume_pays", True)


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Pay the seller, and each level by the kind of compression."""
    rates = component["rates"]
    for order in period.orders:
        if not counts(period, component, order):
            continue
        base = base_of(component, order)
        if period.members[order.seller].active:
            rate = period.rate(component, component.get("seller_rate", "0"))
            period.add((order.seller, index, 0), rate, "money", order, base)
        for receiver, level in receivers_of_levels(period, component, order.seller):
            if level <= period.depth_of(component, receiver, len(rates)):
                rate = period.rate(component, rates[level - 1])
                period.add((receiver, index, level), rate, "money", order, base)


def receivers_of_levels(
    period: Statement, component: dict[str, Any], seller_id: int
) -> Iterator[tuple[int, int]]:
    """Who is due which level that has a rate, before his depth is looked at."""
    most = len(component["rates"])
    compression = component.get("compression", "none")
    if compression == "roll_up":
        above = [member_id for _, member_id in period.uplines(seller_id)]
        for level in range(1, min(most, len(above)) + 1):
            for candidate in above[level - 1 :]:
                if period.members[candidate].active:
                    yield candidate, level
                    break
        return
    for member_id, level in period.levels(seller_id, compression):
        if level is not None and level > most:
            return
        if level is not None and period.members[member_id].active:
            yield member_id, level


def parts(period: Statement, component: dict[str, Any], line: Line) -> dict[int, int]:
    """Share a line's amount out by the rows' BV or net sales."""
    return shared_by(period, line, lambda row: base_of(component, row))

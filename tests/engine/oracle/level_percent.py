"""Percentages by level (docs/plan/level-percent.md, compression.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.engine.oracle.facts import Line, Sale
from tests.engine.oracle.statement import Statement, shared_by, volume_of


def counts(period: Statement, component: dict[str, Any], order: Sale) -> bool:
    """Whether an order counts for a level percentage at all."""
    seller = period.members[order.seller]
    if "window_days_from_enrolment" in component:
        day = order.day - seller.person.enrolled
        if day < 0 or day > component["window_days_from_enrolment"]:
            return False
    return component.get("unqualified_volume_pays", True) or period.is_qualified(
        component, order.seller
    )


def may_be_paid(period: Statement, component: dict[str, Any], member_id: int, level: int) -> bool:
    """Whether a member's depth reaches a level, and his measure its minimum."""
    if level > period.depth_of(component, member_id, len(component["rates"])):
        return False
    minimum = component.get("level_minimum")
    if minimum is None:
        return True
    needed = {"measure": minimum["measure"], "at_least": minimum["at_least"][level - 1]}
    return period.is_met(member_id, [needed])


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Pay the seller, and each level by the kind of compression."""
    rates, on = component["rates"], component.get("on", "bv")
    for order in period.orders:
        if not counts(period, component, order):
            continue
        base = volume_of(order, on)
        if period.is_qualified(component, order.seller):
            rate = period.rate(component.get("seller_rate", "0"), on)
            period.add((order.seller, index, 0), rate, "money", order, base)
        for receiver, level in receivers_of_levels(period, component, order.seller):
            if may_be_paid(period, component, receiver, level):
                rate = period.rate(rates[level - 1], on)
                period.add((receiver, index, level), rate, "money", order, base)


def receivers_of_levels(
    period: Statement, component: dict[str, Any], seller_id: int
) -> Iterator[tuple[int, int]]:
    """Who is due which level that has a rate, before his depth and minimum are looked at."""
    most = len(component["rates"])
    compression = component.get("compression", "none")
    above = [member_id for _, member_id in period.uplines(seller_id)]
    qualified = {member_id for member_id in above if period.is_qualified(component, member_id)}
    if compression == "none":
        for level, member_id in enumerate(above[:most], start=1):
            if member_id in qualified:
                yield member_id, level
    elif compression == "skip_and_recount":
        counted = [member_id for member_id in above if member_id in qualified]
        for level, member_id in enumerate(counted[:most], start=1):
            yield member_id, level
    elif compression == "roll_up":
        for level in range(1, min(most, len(above)) + 1):
            for candidate in above[level - 1 :]:
                if candidate in qualified:
                    yield candidate, level
                    break
    elif compression == "dynamic":
        asked = iter(above)
        for level in range(1, most + 1):
            for candidate in asked:
                if candidate in qualified and may_be_paid(period, component, candidate, level):
                    yield candidate, level
                    break


def parts(period: Statement, component: dict[str, Any], line: Line) -> dict[int, int]:
    """Share a line's amount out by the rows' BV or net sales."""
    return shared_by(period, line, lambda row: volume_of(row, component.get("on", "bv")))

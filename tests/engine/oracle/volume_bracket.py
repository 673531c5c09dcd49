"""A percentage chosen by volume (docs/plan/volume-bracket.md)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.engine.oracle.facts import Line, Sale, number
from tests.engine.oracle.statement import Statement, shared_by, volume_of


def base_of(component: dict[str, Any]) -> str:
    """What is paid on: BV or net sales."""
    return component.get("paid_on", {}).get("base", "bv")


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Pay each member on the volume of his scope: in one bracket, or in each its own part."""
    on = base_of(component)
    brackets = component["brackets"]
    for member_id in period.members:
        if not period.is_qualified(component, member_id):
            continue
        orders = orders_of(period, component, member_id)
        volume = sum(volume_of(order, on) for order in orders)
        if component.get("method", "whole") == "whole":
            reached = period.bracket_of(component, member_id)
            bases = {} if reached is None else {reached: volume}
        else:
            bases = marginal_bases(period, component, volume)
        for bracket, base in bases.items():
            rate = period.rate(brackets[bracket]["percent"], on)
            if base == 0 or rate == 0:
                continue
            line = Line(member_id, index, bracket + 1, rate, "money", base=base)
            for order in orders:
                if volume_of(order, on):
                    line.sellers.add(order.seller)
                    line.orders[order.order] = volume_of(order, on)
            period.lines[member_id, index, bracket + 1, rate] = line


def orders_of(period: Statement, component: dict[str, Any], member_id: int) -> list[Sale]:
    """The orders on which a member is paid: his own, or his whole group's."""
    if component.get("paid_on", {}).get("scope", "own") == "own":
        return [order for order in period.orders if order.seller == member_id]
    return [
        order
        for order in period.orders
        if order.seller == member_id
        or any(above == member_id for _, above in period.uplines(order.seller))
    ]


def marginal_bases(period: Statement, component: dict[str, Any], volume: int) -> dict[int, int]:
    """The part of a volume that lies in each bracket."""
    digits = 2
    if base_of(component) == "net":
        digits = period.plan.get("currency_digits", 2)
    begins = [
        int(number(bracket["from"]) * Decimal(10) ** digits) for bracket in component["brackets"]
    ]
    bases = {}
    for bracket, begin in enumerate(begins):
        if begin < volume:
            end = min([volume, *begins[bracket + 1 : bracket + 2]])
            bases[bracket] = end - begin
    return bases


def parts(period: Statement, component: dict[str, Any], line: Line) -> dict[int, int]:
    """Share a line's amount out by the BV or net sales of the whole scope."""
    on = base_of(component)
    return shared_by(period, line, lambda row: volume_of(row, on))

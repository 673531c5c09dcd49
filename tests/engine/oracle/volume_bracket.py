"""A percentage chosen by volume (docs/plan/volume-bracket.md)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.engine.oracle.facts import Line, Sale, number
from tests.engine.oracle.statement import Statement, bracket_of, shared_by, volume_of


def base_of(component: dict[str, Any]) -> str:
    """What is paid on: BV or net sales."""
    return component.get("paid_on", {}).get("base", "bv")


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Pay each member on the volume of his scope: in one bracket, or in each its own part."""
    on = base_of(component)
    brackets = component["brackets"]
    for member_id, orders in orders_by_member(period, component).items():
        if not period.is_qualified(component, member_id):
            continue
        volume = sum(volume_of(order, on) for order in orders)
        if component.get("method", "whole") == "whole":
            reached = bracket_of(component, period.figure(member_id, component["chosen_by"]))
            bases = {} if reached is None else {reached: volume}
        else:
            bases = marginal_bases(period, component, volume)
        for bracket, base in bases.items():
            rate = period.rate(brackets[bracket]["percent"], on)
            if base == 0 or rate == 0:
                continue
            line = Line(member_id, index, bracket + 1, rate, "money", base=base)
            for order in orders:
                line.orders[order.order] = volume_of(order, on)
                if volume_of(order, on):
                    line.sellers.add(order.seller)
            period.lines[member_id, index, bracket + 1, rate] = line


def orders_by_member(period: Statement, component: dict[str, Any]) -> dict[int, list[Sale]]:
    """The orders on which each member is paid: his own, or his whole group's."""
    found: dict[int, list[Sale]] = {member_id: [] for member_id in period.members}
    for order in period.orders:
        found[order.seller].append(order)
        if component.get("paid_on", {}).get("scope", "own") == "group":
            for _, above in period.uplines(order.seller):
                found[above].append(order)
    return found


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

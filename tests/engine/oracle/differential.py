"""Own percentage less the highest below (docs/plan/differential.md)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.engine.oracle.facts import Line, number
from tests.engine.oracle.statement import Statement, bracket_of, shared_by, volume_of


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Walk up from each sale: whoever has more than everybody below him earns the difference."""
    on = component.get("on", "bv")
    from_level = component.get("from_level", 0)
    levels = paid_levels(component)
    remaining, broken = break_away(period, component)
    if remaining:
        period.breakaways[component["id"]] = remaining, broken
    for order in period.orders:
        highest = Decimal(0)
        gone = False
        for distance, member_id in [(0, order.seller), *period.uplines(order.seller)]:
            if gone:
                break
            gone = member_id in broken
            if not period.is_qualified(component, member_id):
                continue
            percent = percent_of(period, component, member_id, remaining)
            if distance >= from_level and percent > highest:
                difference = percent - highest
                key = (member_id, index, levels.index(difference) + 1)
                period.add(
                    key, period.rate(str(difference), on), "money", order, volume_of(order, on)
                )
            if distance == 0 and from_level > 0 and order.own:
                continue  # the buyer himself: he does not stand between
            highest = max(highest, percent)


def break_away(period: Statement, component: dict[str, Any]) -> tuple[dict[int, Decimal], set[int]]:
    """Group BV without the legs that have broken away, and who has broken away.

    Nobody has where the component does not say so.
    """
    remaining: dict[int, Decimal] = {}
    broken: set[int] = set()
    if not component.get("breakaway", False):
        return remaining, broken
    top = number(component["brackets"][-1]["from"])
    for member_id in period.from_the_leaves():
        member = period.members[member_id]
        remaining[member_id] = member.personal_bv
        for direct in member.directs:
            if direct not in broken:
                remaining[member_id] += remaining[direct]
        if remaining[member_id] >= top:
            broken.add(member_id)
    return remaining, broken


def percent_of(
    period: Statement,
    component: dict[str, Any],
    member_id: int,
    remaining: dict[int, Decimal],
) -> Decimal:
    """A member's own percentage."""
    if "percent_by_rank" in component:
        name = period.ladder()[period.members[member_id].pay_rank]["name"]
        return number(component["percent_by_rank"][name])
    figure = period.figure(member_id, component["chosen_by"])
    if remaining and "group_bv" not in period.stated.get(member_id, {}):
        figure = remaining[member_id]
    reached = bracket_of(component, figure)
    if reached is None:
        return Decimal(0)
    return number(component["brackets"][reached]["percent"])


def paid_levels(component: dict[str, Any]) -> list[Decimal]:
    """All differences that the plan allows, ascending."""
    if "percent_by_rank" in component:
        percents = {number(percent) for percent in component["percent_by_rank"].values()}
    else:
        percents = {number(bracket["percent"]) for bracket in component["brackets"]}
    return sorted(
        {
            larger - smaller
            for larger in percents
            for smaller in percents | {Decimal(0)}
            if larger > smaller
        }
    )


def parts(period: Statement, component: dict[str, Any], line: Line) -> dict[int, int]:
    """Share a line's amount out by the rows' BV or net sales."""
    on = component.get("on", "bv")
    return shared_by(period, line, lambda row: volume_of(row, on))

"""Cycles of volume in the two legs of the placement tree (docs/plan/binary-cycles.md)."""

from __future__ import annotations

from typing import Any

from tests.engine.oracle.facts import number
from tests.engine.oracle.statement import Statement

SIDES = ("left", "right")


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Pay each member his cycles; what is left of both legs is left behind."""
    legs = legs_of(period)
    pays = number(component["pays"]) * 10 ** period.plan.get("currency_digits", 2)
    cycle = {side: int(number(component["cycle"][side]) * 100) for side in SIDES}
    for member_id in period.members:
        volume = {}
        for side in SIDES:
            brought = period.brought(member_id, f"binary:{component['id']}:{side}")
            volume[side] = brought + legs[member_id][side]
        cycles = 0
        if period.is_qualified(component, member_id):
            possible = max(0, min(volume[side] // cycle[side] for side in SIDES))
            cycles = min(possible, component.get("most_cycles", possible))
            for side in SIDES:
                volume[side] -= cycles * cycle[side]
                if component.get("flush_over_most", False) and possible > cycles:
                    volume[side] = 0
        elif component.get("flush_when_unqualified", True):
            volume = dict.fromkeys(SIDES, 0)
        if cycles:
            period.add_fact((member_id, index, 0), pays, cycles)
        for side in SIDES:
            rest = volume[side]
            if "carry_at_most" in component:
                rest = min(rest, int(number(component["carry_at_most"]) * 100))
            period.leave(member_id, f"binary:{component['id']}:{side}", rest)


def legs_of(period: Statement) -> dict[int, dict[str, int]]:
    """BV of the period of everybody in the left and the right leg of each member."""
    people = {member_id: member.person for member_id, member in period.members.items()}
    legs = {member_id: dict.fromkeys(SIDES, 0) for member_id in people}
    for member_id, person in people.items():
        sold = sum(order.bv for order in period.orders_of[member_id])
        while sold and person.placement is not None:
            legs[person.placement][person.side] += sold
            person = people[person.placement]
    return legs

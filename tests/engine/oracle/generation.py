"""Percentages by generation of leaders (docs/plan/generation.md)."""

from __future__ import annotations

from typing import Any

from tests.engine.oracle.facts import Line
from tests.engine.oracle.statement import Statement, shared_by, volume_of


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Walk up from each sale: each leader met starts the next generation."""
    rates, on = component["rates"], component.get("on", "bv")
    for order in period.orders:
        generation = 0
        for _, member_id in [(0, order.seller), *period.uplines(order.seller)]:
            if generation > len(rates):
                break
            if not is_leader(period, component, member_id):
                continue
            percent = rates[generation - 1] if generation else component.get("own_rate", "0")
            if generation <= period.depth_of(component, member_id, len(rates)):
                key = (member_id, index, generation)
                period.add(key, period.rate(percent, on), "money", order, volume_of(order, on))
            generation += 1


def is_leader(period: Statement, component: dict[str, Any], member_id: int) -> bool:
    """Whether a member is qualified and is paid as the leaders' rank or above."""
    rank = period.members[member_id].pay_rank
    return rank >= period.rank_index(component["leader_rank"]) and period.is_qualified(
        component, member_id
    )


def parts(period: Statement, component: dict[str, Any], line: Line) -> dict[int, int]:
    """Share a line's amount out by the rows' BV or net sales."""
    return shared_by(period, line, lambda row: volume_of(row, component.get("on", "bv")))

"""An amount for a rank that is reached, once (docs/plan/rank-bonus.md)."""

from __future__ import annotations

from typing import Any

from tests.engine.oracle.facts import number
from tests.engine.oracle.statement import Statement

PAID = -1


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Look at every member and every rank that has a bonus."""
    for member_id in period.members:
        for name, amount in component["amounts"].items():
            rank = period.rank_index(name)
            key = f"bonus:{component['id']}:{name}"
            note = note_after(period, component, member_id, rank, period.brought(member_id, key))
            if note == PAID and period.brought(member_id, key) != PAID:
                minor = number(amount) * 10 ** period.plan.get("currency_digits", 2)
                period.add_fact((member_id, index, rank), minor, 1)
            period.leave(member_id, key, note)


def note_after(
    period: Statement, component: dict[str, Any], member_id: int, rank: int, note: int
) -> int:
    """What is noted at the end of the period: 1 and the periods in a row, or that it is paid.

    The period of the promotion is one of those in a row, so the bonus is due when there are as
    many as it asks for and one more.
    """
    member = period.members[member_id]
    if note == PAID:
        return PAID
    reached_now = member.person.opening_title < rank <= member.title_rank
    if note == 0 and not reached_now:
        return 0
    needed = 1 + component.get("after_periods", 0)
    counts = (
        period.is_enrolled(member_id)
        and member.pay_rank >= rank
        and period.figure(member_id, "group_bv") > 0
    )
    in_a_row = max(note, 1) - 1
    in_a_row = in_a_row + 1 if counts else 0
    return PAID if in_a_row >= needed else 1 + in_a_row

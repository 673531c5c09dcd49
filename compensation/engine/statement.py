"""Statement lines of a run: who is paid what, rounded once, and their order.

Rules: docs/plan/rounding-and-parts.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compensation.engine.arrays import as_numbers
from compensation.engine.components import Component
from compensation.engine.components.base import Situation
from compensation.engine.levels import Level
from compensation.engine.money import multiply_and_round, require_sum_fits
from compensation.engine.plan import Plan
from compensation.engine.results import Earnings
from compensation.engine.types import Int, Int32, Unit
from compensation.engine.volumes import Sums


@dataclass(frozen=True, slots=True)
class Block:
    """Statement lines of one component (or cap) and paid level; receivers ascend."""

    component: int
    level: int
    unit: Unit
    receiver: Int
    base: Int
    amount: Int
    members: Int32
    orders: Int32
    rate_num: int | Int
    """The rate of all lines, or of each."""
    rate_den: int | Int


def component_blocks(
    plan: Plan, index: int, levels: Sequence[Level], situation: Situation
) -> list[Block]:
    """Make a component's statement lines: who is paid on which level, rounded once.

    :raises SumTooLargeError: if a product would leave 64 bits.
    """
    component: Component = plan.components[index]
    standing = situation.standing
    depth = component.depth(standing.ranks())
    made = []
    for level in sorted(levels, key=lambda one: one.number):
        rate = component.rate(level.number, plan.bv_value)
        if rate == 0 and level.rates is None:
            continue
        paid = component.may_receive(level.number, standing)[level.receiver] & (level.base != 0)
        if depth is not None:
            paid &= depth[level.receiver] >= level.number
        base = level.base[paid]
        what = f"component {component.id}, level {level.number}"
        numerators, denominators = level.rates or (None, None)
        made.append(
            Block(
                component=index,
                level=level.number,
                unit=component.unit,
                receiver=level.receiver[paid],
                base=base,
                amount=(
                    multiply_and_round(base, rate, plan.rounding, what)
                    if level.amount is None
                    else level.amount[paid]
                ),
                members=level.members[paid],
                orders=level.orders[paid],
                rate_num=rate.numerator if numerators is None else numerators[paid],
                rate_den=rate.denominator if denominators is None else denominators[paid],
            )
        )
    return made


def paid_sums(what: str, blocks: Sequence[Block], count: int) -> Sums:
    """Add up what blocks pay each member, and how many of his lines are not nought.

    :raises SumTooLargeError: if a sum would leave 64 bits.
    """
    require_sum_fits(what, *(block.amount for block in blocks))
    total, number = (np.zeros(count, dtype=np.int64) for _ in range(2))
    for block in blocks:
        np.add.at(total, block.receiver, block.amount)
        np.add.at(number, block.receiver, as_numbers(block.amount != 0))
    return Sums(total=total, orders=number)


def assembled(blocks: Sequence[Block], count: int) -> Earnings:
    """Put all lines in the order of receiver, component and level.

    The blocks come in the order of component and level, each with ascending receivers; so a
    line's place is its receiver's first place plus the lines this receiver already has.
    """
    per_receiver = np.zeros(count + 1, dtype=np.int64)
    for block in blocks:
        per_receiver[1:][block.receiver] += 1
    free = np.cumsum(per_receiver)
    total = int(free[-1])
    kind = np.empty(total, dtype=np.int16 if len(blocks) < 2**15 else np.int32)
    receiver, base, amount, num, den = (np.empty(total, dtype=np.int64) for _ in range(5))
    members, sales = (np.empty(total, dtype=np.int32) for _ in range(2))
    for number, block in enumerate(blocks):
        place = free[block.receiver]
        free[block.receiver] = place + 1
        kind[place] = number
        receiver[place] = block.receiver
        base[place] = block.base
        amount[place] = block.amount
        members[place] = block.members
        sales[place] = block.orders
        num[place] = block.rate_num
        den[place] = block.rate_den

    def of_kind(values: Sequence[int]) -> Any:
        return np.array(values, dtype=np.int16)[kind]

    return Earnings(
        receiver=receiver,
        component=of_kind([block.component for block in blocks]),
        paid_level=of_kind([block.level for block in blocks]),
        base=base,
        rate_num=num,
        rate_den=den,
        amount=amount,
        unit=of_kind([block.unit for block in blocks]),
        members=members,
        sales=sales,
    )


def credited(blocks: Sequence[Block], count: int) -> tuple[Int, Int, Int]:
    """Add up each member's own points, all points and money.

    :raises SumTooLargeError: if a sum would leave 64 bits.
    """
    own, points, money = (np.zeros(count, dtype=np.int64) for _ in range(3))
    for unit, sums in ((Unit.RSP, points), (Unit.MONEY, money)):
        chosen = [block for block in blocks if block.unit == unit]
        if not chosen:
            continue
        require_sum_fits(unit.name.lower(), *(block.amount for block in chosen))
        for block in chosen:
            sums[block.receiver] += block.amount
            if unit == Unit.RSP and block.level == 0:
                own[block.receiver] += block.amount
    return own, points, money

"""What caps take away, as statement lines of their own. Rules: docs/plan/caps.md."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from compensation.engine.caps import Cap
from compensation.engine.money import INT64_MAX, SumTooLargeError, require_sum_fits
from compensation.engine.plan import Plan
from compensation.engine.shares import share_out
from compensation.engine.statement import Block, paid_sums
from compensation.engine.types import Int, Unit
from compensation.engine.volumes import Orders


def cut_blocks(plan: Plan, blocks: Sequence[Block], orders: Orders, ids: Int) -> list[Block]:
    """Make the lines of what all caps take away, in the order of the caps.

    ``blocks`` are the lines of the components, ``ids`` everybody's, by position.

    :raises SumTooLargeError: if a sum would leave 64 bits.
    """
    made: list[Block] = []
    for place, cap in enumerate(plan.caps):
        covered = [*blocks_of(plan, blocks, cap), *_earlier_cuts(plan, made, place)]
        subject = paid_sums(f"cap {cap.id}", covered, len(ids)).total
        receiver = np.flatnonzero(subject > 0)
        subject = subject[receiver]
        limit = most(plan, cap, orders)
        if cap.scope == "person":
            paid = np.minimum(subject, limit)
        else:
            require_sum_fits(f"cap {cap.id}", subject)
            paid = subject
            if int(subject.sum()) > limit:
                paid = share_out(limit, subject, ids[receiver])
        cut = subject - paid
        if cut.any():
            made.append(_block(plan, place, receiver, subject, cut))
    return made


def blocks_of(plan: Plan, blocks: Sequence[Block], cap: Cap) -> list[Block]:
    """Give the lines of the components that a cap covers."""
    return [block for block in blocks if plan.components[block.component].id in cap.of]


def most(plan: Plan, cap: Cap, orders: Orders) -> int:
    """Give what a cap lets through, minor units: rounded down, never below nought.

    :raises SumTooLargeError: if it leaves 64 bits.
    """
    if cap.amount is not None:
        return cap.amount
    volumes = orders.net if cap.on == "net" else orders.bv
    require_sum_fits(f"cap {cap.id}", volumes)
    exact = int(volumes.sum()) * cap.percent
    if cap.on == "bv":
        exact *= plan.bv_value
    limit = max(0, exact.numerator // exact.denominator)
    if limit > INT64_MAX:
        raise SumTooLargeError(f"cap {cap.id}: the limit does not fit into 64 bits")
    return limit


def _earlier_cuts(plan: Plan, made: Sequence[Block], place: int) -> list[Block]:
    """Give the cuts of earlier caps that cover nothing but what this one does."""
    of = set(plan.caps[place].of)
    first = len(plan.components)
    return [block for block in made if set(plan.caps[block.component - first].of) <= of]


def _block(plan: Plan, place: int, receiver: Int, subject: Int, cut: Int) -> Block:
    """Make a cap's lines: the rate is the part that is cut, below nought."""
    num: int | Int
    den: int | Int
    if plan.caps[place].scope == "company":
        scale = Fraction(int(cut.sum()), int(subject.sum()))
        num, den = -scale.numerator, scale.denominator
    chosen = cut > 0
    receiver, subject, cut = receiver[chosen], subject[chosen], cut[chosen]
    if plan.caps[place].scope == "person":
        common = np.gcd(cut, subject)
        num, den = -(cut // common), subject // common
    nobody = np.zeros(len(receiver), dtype=np.int32)
    return Block(
        component=len(plan.components) + place,
        level=0,
        unit=Unit.MONEY,
        receiver=receiver,
        base=subject,
        amount=-cut,
        members=nobody,
        orders=nobody,
        rate_num=num,
        rate_den=den,
    )

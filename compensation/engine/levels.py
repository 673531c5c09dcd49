"""Volumes by level below each receiver, under every kind of compression.

Rules: docs/plan/compression.md. A level is reached by pushing the sums of the level before to
the next counted upline: one array pass per *paid* level, never one per depth of the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from compensation.engine.tree import Tree
from compensation.engine.types import Bool, Int, Int32
from compensation.engine.volumes import Sums

COUNT_BITS = 32


@dataclass(frozen=True, slots=True)
class Level:
    """Sums of one paid level; ``receiver`` are distinct positions in ascending order."""

    number: int
    receiver: Int
    base: Int
    members: Int32
    """Sellers behind the sum."""
    orders: Int32
    """Orders behind the sum."""
    rates: tuple[Int, Int] | None = None
    """Each receiver's own rate (numerators and denominators), with ``amount``.

    Stand instead of the component's rate where they are given.
    """
    amount: Int | None = None
    """Stand instead of base × rate, rounded, where they are given (shares of a pool)."""


def own_level(sums: Sums) -> Level:
    """Give level 0: each seller's own volume."""
    receiver = np.flatnonzero(sums.orders)
    return Level(
        number=0,
        receiver=receiver,
        base=sums.total[receiver],
        members=np.ones(len(receiver), dtype=np.int32),
        orders=sums.orders[receiver].astype(np.int32),
    )


def levels_below(
    tree: Tree, sums: Sums, counted: Bool, compression: str, deepest: int
) -> Iterator[Level]:
    """Give levels 1 to ``deepest``, as far as there are any.

    ``counted`` says who is qualified. With ``none`` a level is the plain distance and every
    member is a receiver (the caller leaves out who is not qualified); with ``skip_and_recount``
    distance is counted over qualified members alone; with ``roll_up`` the plain distance decides
    the level and its sum goes to the nearest qualified member from there upwards.
    """
    if deepest < 1:
        return
    recount = compression == "skip_and_recount"
    above = tree.nearest_above(counted) if recount else tree.sponsor
    catcher = None
    if compression == "roll_up":
        itself = np.arange(len(tree))
        catcher = np.where(counted, itself, tree.nearest_above(counted))
    level = own_level(sums)
    for number in range(1, deepest + 1):
        level = pushed(level, above, number, len(tree))
        if len(level.receiver) == 0:
            return
        yield level if catcher is None else pushed(level, catcher, number, len(tree))


def levels_taken(
    tree: Tree, sums: Sums, takers: Callable[[int], Bool], deepest: int
) -> Iterator[Level]:
    """Give levels 1 to ``deepest`` under dynamic compression, as far as there are any.

    ``takers(k)`` says who may be paid on level k. The sums of a level go on from its taker to the
    next person above who may take the following one.
    """
    level = own_level(sums)
    before: Bool | None = None
    above = tree.sponsor
    for number in range(1, deepest + 1):
        may = takers(number)
        if before is None or not np.array_equal(may, before):
            above, before = tree.nearest_above(may), may
        level = pushed(level, above, number, len(tree))
        if len(level.receiver) == 0:
            return
        yield level


def pushed(level: Level, towards: Int, number: int, count: int) -> Level:
    """Add up a level's sums at the positions that ``towards`` names; -1 drops them."""
    target = towards[level.receiver]
    kept = target >= 0
    if not kept.all():
        target = target[kept]
        base, members, orders = level.base[kept], level.members[kept], level.orders[kept]
    else:
        base, members, orders = level.base, level.members, level.orders
    sums = np.zeros(count, dtype=np.int64)
    counts = np.zeros(count, dtype=np.int64)
    np.add.at(sums, target, base)
    np.add.at(counts, target, (members.astype(np.int64) << COUNT_BITS) | orders)
    receiver = np.flatnonzero(counts)
    both = counts[receiver]
    return Level(
        number=number,
        receiver=receiver,
        base=sums[receiver],
        members=(both >> COUNT_BITS).astype(np.int32),
        orders=both.astype(np.int32),  # the lower half
    )

"""Volumes going up to whoever has a higher percentage. Rules: docs/plan/differential.md.

What has been taken at one percentage is passed on together, so there is one pass for each
percentage and none for each depth of the tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from compensation.engine.arrays import as_numbers
from compensation.engine.levels import Level
from compensation.engine.tree import nearest_above
from compensation.engine.types import Bool, Int
from compensation.engine.volumes import Orders, by_seller


@dataclass(frozen=True, slots=True)
class Volumes:
    """What sellers send up, one element for each seller and what sets out together.

    Places are those of percentages in ascending order, nought first.
    """

    start: Int
    """Above whom it is paid; -1: nobody is left."""
    below: Int
    """Place of the highest percentage that stands between so far."""
    base: Int
    members: Int
    """1, or 0 where the seller is counted with what else he sends up."""
    orders: Int
    """Orders that are not nought."""

    @classmethod
    def of(cls, orders: Orders, quantity: Int, start: Int, below: Int, between: Int) -> Volumes:
        """Add up orders by seller; ``start`` and both places are by seller's position.

        ``below`` is for customers' orders, ``between`` for own purchases. A seller sends these up
        apart where the two differ, and is counted with his own purchases then: whom the others
        reach, those have reached before.
        """
        apart = orders.own & (between != below)[orders.seller]
        own = by_seller(orders.seller[apart], quantity[apart], len(start))
        rest = by_seller(orders.seller[~apart], quantity[~apart], len(start))
        buyer, seller = np.flatnonzero(own.orders), np.flatnonzero(rest.orders)
        counted = own.orders[seller] == 0
        return cls(
            start=start[np.concatenate((buyer, seller))],
            below=np.concatenate((between[buyer], below[seller])),
            base=np.concatenate((own.total[buyer], rest.total[seller])),
            members=np.concatenate((np.ones_like(buyer), as_numbers(counted))),
            orders=np.concatenate((own.orders[buyer], rest.orders[seller])),
        )


def climb(
    volumes: Volumes, sponsor: Int, places: Int, numbers: Int, *, pays_seller: bool
) -> list[Level]:
    """Give what everybody is paid on, by the number of the step (``numbers``).

    ``places`` is the place of everybody's own percentage, ``sponsor`` who comes next above.
    """
    levels: list[Level] = []
    # What has been taken so far at the percentage of a receiver, by his position.
    taken = [np.zeros(len(places), dtype=np.int64) for _ in range(3)]
    for place in range(len(numbers) - 1):
        begins = (volumes.start >= 0) & (volumes.below == place)
        passed_on = np.flatnonzero((taken[2] > 0) & (places == place))
        here = np.concatenate((volumes.start[begins], passed_on))
        if len(here) == 0:
            continue
        above = nearest_above(sponsor, places > place)
        target = above[here]
        if place == 0 and pays_seller:
            target = np.where(places[here] > 0, here, target)
        going = target >= 0
        alone = _alone(volumes, begins, sponsor, places >= place, above)
        sent = (volumes.base, volumes.members, volumes.orders)
        arrived = []
        for total, fact in zip(taken, sent, strict=True):
            received = np.zeros(len(places), dtype=np.int64)
            np.add.at(
                received, target[going], np.concatenate((fact[begins], total[passed_on]))[going]
            )
            arrived.append(received)
        receiver = np.flatnonzero(arrived[2])
        for total, fact in zip(taken, arrived, strict=True):
            total[receiver] += fact[receiver]
        np.add.at(arrived[1], alone, 1)
        found = tuple(one[receiver] for one in arrived)
        levels.extend(_by_step(receiver, found, numbers[places[receiver], place]))
    return sorted(levels, key=lambda level: level.number)


def _alone(volumes: Volumes, begins: Bool, sponsor: Int, as_high: Bool, above: Int) -> Int:
    """Give the receivers of what arrives without the same seller's own purchases beside it.

    Once for each time. These arrive by the same step where somebody with the very percentage at
    which the rest begins stands between.
    """
    start: Int = volumes.start[begins & (volumes.members == 0)]
    if len(start) == 0:
        return start
    target = above[start]
    found: Int = target[(target >= 0) & (nearest_above(sponsor, as_high)[start] == target)]
    return found


@cache
def steps_of(percents: tuple[Fraction, ...]) -> tuple[tuple[Fraction, ...], Int]:
    """Give the differences in ascending order, and the number of each [higher, lower] pair."""
    steps = tuple(sorted({high - low for high in percents for low in percents if high > low}))
    numbers = np.zeros((len(percents), len(percents)), dtype=np.int64)
    for high, upper in enumerate(percents):
        for low, lower in enumerate(percents[:high]):
            numbers[high, low] = steps.index(upper - lower) + 1
    return steps, numbers


def _by_step(receiver: Int, facts: tuple[Int, ...], number: Int) -> list[Level]:
    """Part the sums of distinct, ascending receivers by their step."""
    base, members, orders = facts
    levels = []
    for one in np.flatnonzero(np.bincount(number)).tolist():
        chosen = number == one
        levels.append(
            Level(
                number=one,
                receiver=receiver[chosen],
                base=base[chosen],
                members=members[chosen].astype(np.int32),
                orders=orders[chosen].astype(np.int32),
            )
        )
    return levels

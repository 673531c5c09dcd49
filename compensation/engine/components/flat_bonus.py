"""A fixed amount for an order. Rules: docs/plan/flat-bonus.md."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

import numpy as np

from compensation.engine.components.base import (
    Situation,
    Standing,
    component_table,
    read_identifier,
)
from compensation.engine.levels import Level, levels_below, own_level
from compensation.engine.reading import Node
from compensation.engine.types import Bool, Int, Unit
from compensation.engine.volumes import Orders, by_seller

TRIGGERS = ("first_order", "every_order")


@dataclass(frozen=True, slots=True)
class FlatBonus:
    """A fixed amount for each order that triggers it; never without a product sale."""

    id: str
    amount: int
    """Minor units for each order."""
    to: str
    """``sponsor`` (of the seller, paid level 1) or ``seller`` (paid level 0)."""
    trigger: str
    """``first_order`` (of a customer) or ``every_order``."""
    buyers: str
    """Whose orders: ``all``, ``customers`` or ``own`` (the seller's own purchases)."""
    minimum_bv: int
    """The order's BV must reach it; hundredths."""
    requires_active: bool
    compression: str
    """``none``: an unqualified sponsor's bonus is not paid; ``roll_up``: the next qualified."""

    kind: ClassVar[str] = "flat_bonus"
    unit: ClassVar[Unit] = Unit.MONEY

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(
            node,
            ("amount", "trigger"),
            ("to", "buyers", "minimum_bv", "requires_active", "compression"),
        )
        return cls(
            id=read_identifier(table),
            amount=(
                table["amount"].scaled("an amount of money", digits) if table.has("amount") else 0
            ),
            to=table["to"].choice(("sponsor", "seller")) if table.has("to") else "sponsor",
            trigger=_trigger(table["trigger"]),
            buyers=(
                table["buyers"].choice(("all", "customers", "own"))
                if table.has("buyers")
                else "all"
            ),
            minimum_bv=table["minimum_bv"].volume() if table.has("minimum_bv") else 0,
            requires_active=(
                table["requires_active"].flag() if table.has("requires_active") else True
            ),
            compression=(
                table["compression"].choice(("none", "roll_up"))
                if table.has("compression")
                else "none"
            ),
        )

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """Give 1 for each order that triggers the bonus, else 0."""
        # A kit or a fee carries no BV: it is no product sale and must not pay.
        triggers = (orders.net > 0) & (orders.bv > 0) & (orders.bv >= self.minimum_bv)
        if self.trigger == "first_order":
            triggers &= orders.first_order
        if self.buyers != "all":
            triggers &= orders.own == (self.buyers == "own")
        return triggers.astype(np.int64)

    def spread(self, situation: Situation) -> list[Level]:
        """Give the number of orders by receiver."""
        sums = by_seller(
            situation.orders.seller,
            self.quantity(situation.orders, situation.standing),
            len(situation.tree),
        )
        if self.to == "seller":
            return [own_level(sums)]
        counted = self.counted(situation.standing)
        return list(levels_below(situation.tree, sums, counted, self.compression, 1))

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give the amount for one order, minor units."""
        return Fraction(self.amount)

    def may_receive(self, level: int, standing: Standing) -> Bool:
        """Tell who can be paid: who is counted."""
        return self.counted(standing)

    def counted(self, standing: Standing) -> Bool:
        """Tell who is qualified: active members, or all enrolled ones."""
        return standing.qualified if self.requires_active else standing.enrolled

    def depth(self, pay_rank: Int) -> None:
        """There is no limit of depth."""
        return


def _trigger(node: Node) -> str:
    """Read what sets the bonus off; anything but an order is pay without a product sale."""
    if node.given and node.value not in TRIGGERS:
        node.fault(
            f'"{node.value}" would pay without a product sale; a bonus can hang on '
            f"{' or '.join(TRIGGERS)} alone"
        )
        return TRIGGERS[0]
    return str(node.value or TRIGGERS[0])

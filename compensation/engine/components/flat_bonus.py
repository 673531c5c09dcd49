"""A fixed amount for an order. Rules: docs/plan/flat-bonus.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar, Self

import numpy as np

from compensation.engine.arrays import as_numbers
from compensation.engine.branches import Branch, Missed, Upline, Verdict
from compensation.engine.components.base import (
    Situation,
    Standing,
    component_table,
    read_identifier,
)
from compensation.engine.components.receiving import AnyDepth
from compensation.engine.levels import Level, levels_below, own_level
from compensation.engine.parts import OrderLines, Parts, allot
from compensation.engine.reading import Node
from compensation.engine.reasons import Cause, behind_level, verdicts_by_level
from compensation.engine.requirements import Requirement
from compensation.engine.types import Bool, EngineError, Int, Reason, Unit
from compensation.engine.volumes import Orders, by_seller

TRIGGERS = ("first_order", "every_order")


@dataclass(frozen=True, slots=True)
class FlatBonus(AnyDepth):
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
    opens_to_orders: ClassVar[bool] = True
    qualification: ClassVar[tuple[Requirement, ...]] = ()
    depths: ClassVar[tuple[int, ...]] = ()

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
        return as_numbers(triggers)

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

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """Give the places in the branch of those whose orders pay the receiver."""
        return behind_level(self, paid_level, branch)

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """Tell whom an order pays."""
        return verdicts_by_level(self, sale, seller, enrolled_day, path)

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """Give each order its fixed amount; its lines share it by net sales.

        :raises EngineError: if the orders bring another amount than the line says.
        """
        orders = lines.orders
        base, shares = (np.zeros(len(lines), dtype=np.int64) for _ in range(2))
        by_order = np.argsort(orders.number, kind="stable")
        begins = np.flatnonzero(np.diff(orders.number[by_order], prepend=-1, append=-1))
        given = 0
        for start, stop in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True):
            rows = by_order[start:stop]
            if self.quantity(orders.whole(rows), standing)[0]:
                base[rows] = 1
                shares[rows] = allot(
                    self.amount, orders.net[rows], lines.reference[rows], lines.number[rows]
                )
                given += self.amount
        if given != amount:
            raise EngineError(f"the orders bring {given}, the statement line says {amount}")
        return Parts(base=base, amount=shares)

    def deepest(self) -> int:
        """Give the level of who is paid."""
        return 0 if self.to == "seller" else 1

    def pays_seller(self) -> bool:
        """Tell whether it is the seller who is paid."""
        return self.to == "seller"

    def why_nobody(self, sale: Orders, seller: Upline, standing: Standing) -> Cause | None:
        """Tell what BV an order lacks that would set the bonus off otherwise."""
        if not replace(self, minimum_bv=0).quantity(sale, standing)[0]:
            return None
        missed = Missed("order_bv", self.minimum_bv, int(sale.bv[0]))
        return Cause(Reason.BELOW_MINIMUM, (missed,))


def _trigger(node: Node) -> str:
    """Read what sets the bonus off; anything but an order is pay without a product sale."""
    if node.given and node.value not in TRIGGERS:
        node.fault(
            f'"{node.value}" would pay without a product sale; a bonus can hang on '
            f"{' or '.join(TRIGGERS)} alone"
        )
        return TRIGGERS[0]
    return str(node.value or TRIGGERS[0])

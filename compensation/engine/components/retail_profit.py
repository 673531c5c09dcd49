"""What customers pay above the representative's price. Rules: docs/plan/retail-profit.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from compensation.engine.bounds import Given, Share
from compensation.engine.branches import (
    Branch,
    Upline,
    Verdict,
    own_reason,
    standing_of_people,
    unmet,
)
from compensation.engine.components.base import (
    Situation,
    Standing,
    component_table,
    read_identifier,
)
from compensation.engine.components.receiving import AnyDepth
from compensation.engine.levels import Level, own_level
from compensation.engine.parts import OrderLines, Parts, weighed_parts
from compensation.engine.reading import Node
from compensation.engine.requirements import MEASURES, Requirement, read_requirements
from compensation.engine.types import Bool, Int, Reason, Unit
from compensation.engine.volumes import Orders, by_seller
from compensation.engine.wording import percent_text, qualified_sentences

if TYPE_CHECKING:
    from compensation.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class RetailProfit(AnyDepth):
    """The seller's margin on his customers' orders; paid level 0."""

    id: str
    percent: Fraction
    """Share of the margin that is paid out, usually all of it."""
    qualification: tuple[Requirement, ...]
    """None: every enrolled member is qualified."""

    kind: ClassVar[str] = "retail_profit"
    unit: ClassVar[Unit] = Unit.MONEY
    compression: ClassVar[str] = "none"
    opens_to_orders: ClassVar[bool] = True

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(node, (), ("percent", "qualification"))
        return cls(
            id=read_identifier(table),
            percent=table["percent"].percentage() if table.has("percent") else Fraction(1),
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
        )

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """Give each customer's order's margin, minor units."""
        return np.where(orders.own, 0, orders.margin)

    def spread(self, situation: Situation) -> list[Level]:
        """Give each seller's margins, as level 0."""
        quantity = self.quantity(situation.orders, situation.standing)
        return [own_level(by_seller(situation.orders.seller, quantity, len(situation.tree)))]

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give minor units for one minor unit of margin."""
        return self.percent

    def counted(self, standing: Standing) -> Bool:
        """Who is enrolled, or meets the component's own qualification."""
        return standing.meets(self.qualification)

    def may_receive(self, level: int, standing: Standing) -> Bool:
        """Only qualified sellers are paid."""
        return self.counted(standing)

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """The seller himself."""
        return np.zeros(1, dtype=np.int64)

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """Tell whether the seller is paid; nobody above him ever is."""
        standing = standing_of_people([seller], enrolled_day)
        if int(self.quantity(sale, standing)[0]) == 0:
            return []
        if bool(self.counted(standing)[0]):
            return [Verdict(seller.position, 0, Reason.PAID, (0,), None, None)]
        reason = own_reason(self.qualification, seller)
        missed = unmet(self.qualification, seller)
        return [Verdict(seller.position, 0, reason, (), None, None, missed)]

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """Allot a line's amount by the order lines' margins."""
        return weighed_parts(amount, self.quantity(lines.orders, standing), lines)

    def prose(self, plan: Plan) -> list[str]:
        """Tell the component in plain sentences."""
        share = "" if self.percent == 1 else f"{percent_text(self.percent)} of "
        return [
            f"{self.id}: an enrolled seller earns {share}what his customers' orders bring above "
            "the representative's price, without tax, where the company invoices the customer.",
            *qualified_sentences(self.id, self.qualification, plan.ranks.names),
        ]

    def worst_case_share(self, given: Given) -> tuple[Share, ...]:
        """Give its share of the margin: the customer pays it on top of the company's price."""
        how = "paid by customers above the representative's price"
        return (Share(self.id, "margin", self.percent, 0, how),)

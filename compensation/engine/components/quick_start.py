"""Percentages on what new members sell to customers. Rules: docs/plan/quick-start.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from compensation.engine.bounds import Given, Share
from compensation.engine.branches import Branch, Missed, Upline, Verdict
from compensation.engine.components.base import (
    COMPRESSIONS,
    MOST_LEVELS,
    Situation,
    Standing,
    component_table,
    read_depths,
    read_identifier,
)
from compensation.engine.components.level_percent import in_window
from compensation.engine.components.receiving import TakesLevels
from compensation.engine.levels import Level, levels_below, levels_taken
from compensation.engine.parts import OrderLines, Parts, weighed_parts
from compensation.engine.reading import Node
from compensation.engine.reasons import Cause, behind_taker, verdicts_by_level
from compensation.engine.requirements import MEASURES, Requirement, read_requirements
from compensation.engine.types import Int, Reason, Unit
from compensation.engine.volumes import Orders, by_seller
from compensation.engine.wording import (
    COMPRESSION_SENTENCES,
    depth_text,
    percent_text,
    qualified_sentences,
)

if TYPE_CHECKING:
    from compensation.engine.plan import Plan

MOST_DAYS = 36500


@dataclass(frozen=True, slots=True)
class QuickStart(TakesLevels):
    """Percentages by level on customers' orders of sellers who enrolled lately."""

    id: str
    on: str
    """``bv`` or ``net``."""
    rates: tuple[Fraction, ...]
    """Rate of level 1, 2, ...; 5 % is 1/20."""
    days: int
    """Orders 0 to so many days after the seller's enrolment count."""
    depths: tuple[int, ...]
    """Deepest paid level for each rank of the ladder (by the receiver's own pay rank)."""
    compression: str
    qualification: tuple[Requirement, ...]

    kind: ClassVar[str] = "quick_start"
    unit: ClassVar[Unit] = Unit.MONEY
    opens_to_orders: ClassVar[bool] = True

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(
            node,
            ("rates", "days"),
            ("on", "compression", "depth", "depth_by_rank", "qualification"),
        )
        rates = tuple(
            entry.percentage()
            for entry in (
                table["rates"].items(least=1, most=MOST_LEVELS) if table.has("rates") else ()
            )
        )
        depths = read_depths(table, ranks, len(rates))
        return cls(
            id=read_identifier(table),
            on=table["on"].choice(("bv", "net")) if table.has("on") else "bv",
            rates=rates,
            days=table["days"].count(0, MOST_DAYS) if table.has("days") else 0,
            depths=(len(rates),) * len(ranks) if depths is None else depths,
            compression=(
                table["compression"].choice((*COMPRESSIONS, "dynamic"))
                if table.has("compression")
                else "none"
            ),
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
        )

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """Give each order's BV or net sales, nought unless a new member sold it to a customer."""
        values = orders.net if self.on == "net" else orders.bv
        is_new = in_window(orders.day, standing.enrolled_day[orders.seller], self.days)
        return np.where(is_new & ~orders.own, values, 0)

    def spread(self, situation: Situation) -> list[Level]:
        """Give the volume of each level that has a rate; the seller gets nothing."""
        tree, orders, standing = situation.tree, situation.orders, situation.standing
        sums = by_seller(orders.seller, self.quantity(orders, standing), len(tree))
        deepest = min(len(self.rates), max(self.depths))
        if self.compression == "dynamic":
            return list(levels_taken(tree, sums, lambda k: self.takers(k, standing), deepest))
        return list(levels_below(tree, sums, self.counted(standing), self.compression, deepest))

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give minor units for one hundredth of BV or one minor unit of net sales."""
        rate = self.rates[level - 1]
        return rate if self.on == "net" else rate * bv_value

    def deepest(self) -> int:
        """Give the last level with a rate."""
        return len(self.rates)

    def pays_seller(self) -> bool:
        """The new member himself gets nothing."""
        return False

    def why_nobody(self, sale: Orders, seller: Upline, standing: Standing) -> Cause | None:
        """Tell of a customer's order that lies outside the seller's first days."""
        if sale.own[0] or (sale.net if self.on == "net" else sale.bv)[0] == 0:
            return None
        age = int(sale.day[0] - standing.enrolled_day[0])
        return Cause(Reason.OUTSIDE_WINDOW, (Missed("days", self.days, age),))

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """Give the places in the branch of those whose sales make the receiver's line."""
        return behind_taker(self, paid_level, branch)

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """Tell whom a sale pays and on which level."""
        return verdicts_by_level(self, sale, seller, enrolled_day, path)

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """Allot a line's amount by what each order line has of its base."""
        return weighed_parts(amount, self.quantity(lines.orders, standing), lines)

    def prose(self, plan: Plan) -> list[str]:
        """Tell the component in plain sentences."""
        base = "BV" if self.on == "bv" else "net sales without tax"
        rates = ", ".join(percent_text(rate) for rate in self.rates)
        return [
            f"{self.id}: what a new member sells to customers up to {self.days} days after his "
            f"enrolment pays qualified uplines {rates} of the {base} on levels 1 to "
            f"{len(self.rates)}, on {depth_text(plan, self.depths)}. His own purchases count for "
            "nothing here, and he himself gets nothing.",
            COMPRESSION_SENTENCES[self.compression],
            *qualified_sentences(self.id, self.qualification, plan.ranks.names),
        ]

    def worst_case_share(self, given: Given) -> tuple[Share, ...]:
        """Give the bound: all levels, as if everything were sold by new members."""
        levels = self.rates[: max(self.depths)]
        how = " + ".join(percent_text(rate) for rate in levels if rate)
        share = sum(levels) * given.of_base(self.on)
        return (Share(self.id, self.on, share, 0, how),)

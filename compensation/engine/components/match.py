"""A percentage of what people below have earned. Rules: docs/plan/matching.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

import numpy as np

from compensation.engine.branches import Branch, Upline, Verdict
from compensation.engine.components.base import (
    COMPRESSIONS,
    IDENTIFIER,
    MOST_LEVELS,
    Situation,
    Standing,
    component_table,
    read_depths,
    read_identifier,
)
from compensation.engine.components.receiving import TakesLevels
from compensation.engine.levels import Level, levels_below, levels_taken
from compensation.engine.parts import OrderLines, Parts, no_parts
from compensation.engine.reading import Node
from compensation.engine.reasons import behind_taker
from compensation.engine.requirements import MEASURES, Requirement, read_requirements
from compensation.engine.types import Int, Unit
from compensation.engine.volumes import Orders, Sums

MOST_MATCHED = 50


@dataclass(frozen=True, slots=True)
class Match(TakesLevels):
    """Percentages by level of what other components paid; the earner is in the seller's place."""

    id: str
    of: tuple[str, ...]
    """Ids of the matched components; all stand before this one in the plan and pay money."""
    rates: tuple[Fraction, ...]
    depths: tuple[int, ...]
    compression: str
    qualification: tuple[Requirement, ...]

    kind: ClassVar[str] = "match"
    unit: ClassVar[Unit] = Unit.MONEY
    opens_to_orders: ClassVar[bool] = True

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(
            node, ("of", "rates"), ("depth", "depth_by_rank", "compression", "qualification")
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
            of=tuple(
                entry.text(pattern=IDENTIFIER, what="an id in a-z, 0-9 and _")
                for entry in (
                    table["of"].items(least=1, most=MOST_MATCHED) if table.has("of") else ()
                )
            ),
            rates=rates,
            depths=(len(rates),) * len(ranks) if depths is None else depths,
            compression=(
                table["compression"].choice((*COMPRESSIONS, "dynamic"))
                if table.has("compression")
                else "none"
            ),
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
        )

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """No order has a share of its own: what is matched are statement lines."""
        return np.zeros(len(orders), dtype=np.int64)

    def spread(self, situation: Situation) -> list[Level]:
        """Give the matched earnings of each level that has a rate."""
        tree, standing = situation.tree, situation.standing
        total, lines = (np.zeros(len(tree), dtype=np.int64) for _ in range(2))
        for matched in self.of:
            total += situation.earned[matched].total
            lines += situation.earned[matched].orders
        sums = Sums(total=total, orders=lines)
        deepest = min(len(self.rates), max(self.depths))
        if self.compression == "dynamic":
            return list(levels_taken(tree, sums, lambda k: self.takers(k, standing), deepest))
        counted = self.counted(standing)
        return list(levels_below(tree, sums, counted, self.compression, deepest))

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give minor units for one minor unit that was earned."""
        return self.rates[level - 1]

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """Give the places in the branch of the earners whose lines the receiver matches."""
        return behind_taker(self, paid_level, branch)

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """No sale pays by itself; ``explain.why_matched`` tells of what an earner has."""
        return []

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """Lines of a match open through the lines that they match (``engine.opening``)."""
        return no_parts(self.id, amount, lines)

    def deepest(self) -> int:
        """Give the last level with a rate."""
        return len(self.rates)

"""A percentage of volume for each level. Rules: docs/plan/level-percent.md, compression.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, Self

import numpy as np

from compensation.engine.branches import Branch, Missed, Upline, Verdict, own_reason, unmet
from compensation.engine.components.base import (
    COMPRESSIONS,
    LATER,
    MOST_LEVELS,
    Situation,
    Standing,
    component_table,
    read_depths,
    read_identifier,
)
from compensation.engine.components.receiving import TakesLevels
from compensation.engine.levels import Level, levels_below, levels_taken, own_level
from compensation.engine.parts import OrderLines, Parts, weighed_parts
from compensation.engine.reading import Mapping, Node
from compensation.engine.reasons import Cause, behind_taker, verdicts_by_level
from compensation.engine.requirements import MEASURES, Requirement, digits_of, read_requirements
from compensation.engine.types import Bool, Int, Reason, Unit
from compensation.engine.volumes import Orders, by_seller


@dataclass(frozen=True, slots=True)
class LevelMinimum:
    """What the receiver's ``measure`` must be at least to be paid on level 1, 2, ..."""

    measure: str
    at_least: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LevelPercent(TakesLevels):
    """Percentages of BV or of net sales by level."""

    id: str
    on: str
    """``bv`` or ``net``."""
    rates: tuple[Fraction, ...]
    """Rate of level 1, 2, ...; 5 % is 1/20."""
    seller_rate: Fraction
    """Rate for the seller's own volume, paid level 0."""
    depths: tuple[int, ...]
    """Deepest paid level for each rank of the ladder (by the receiver's own pay rank)."""
    compression: str
    unqualified_volume_pays: bool
    window_days: int | None
    """Only sales up to so many days after the seller's enrolment; ``None``: all sales."""
    qualification: tuple[Requirement, ...] = field(default=(), metadata={LATER: True})
    """Who is qualified for this component; none: who is active."""
    level_minimum: LevelMinimum | None = field(default=None, metadata={LATER: True})

    kind: ClassVar[str] = "level_percent"
    unit: ClassVar[Unit] = Unit.MONEY
    opens_to_orders: ClassVar[bool] = True

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(
            node,
            ("rates",),
            (
                "on",
                "seller_rate",
                "depth",
                "depth_by_rank",
                "compression",
                "unqualified_volume_pays",
                "window_days_from_enrolment",
                "qualification",
                "level_minimum",
            ),
        )
        rates = tuple(
            entry.percentage()
            for entry in (table["rates"].items(most=MOST_LEVELS) if table.has("rates") else ())
        )
        seller_rate = table["seller_rate"].percentage() if table.has("seller_rate") else Fraction(0)
        if table.has("rates") and not rates and not seller_rate:
            table["rates"].fault("no rate at all")
        depths = read_depths(table, ranks, MOST_LEVELS)
        for index, rate_depth in enumerate(depths or ()):
            if rate_depth > len(rates):
                table["depth" if table.has("depth") else "depth_by_rank"].fault(
                    f"{rate_depth} levels for {ranks[index]}, but there are {len(rates)} rates"
                )
                break
        return cls(
            id=read_identifier(table),
            on=table["on"].choice(("bv", "net")) if table.has("on") else "bv",
            rates=rates,
            seller_rate=seller_rate,
            depths=(len(rates),) * len(ranks) if depths is None else depths,
            compression=(
                table["compression"].choice((*COMPRESSIONS, "dynamic"))
                if table.has("compression")
                else "none"
            ),
            unqualified_volume_pays=(
                table["unqualified_volume_pays"].flag()
                if table.has("unqualified_volume_pays")
                else True
            ),
            window_days=(
                table["window_days_from_enrolment"].count(0, 36500)
                if table.has("window_days_from_enrolment")
                else None
            ),
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
            level_minimum=_read_minimum(table, len(rates)),
        )

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """Give each order's BV (hundredths) or net sales (minor units), nought if left out."""
        values = orders.net if self.on == "net" else orders.bv
        counts = np.ones(len(orders), dtype=np.bool_)
        if not self.unqualified_volume_pays:
            counts &= self.counted(standing)[orders.seller]
        if self.window_days is not None:
            counts &= in_window(orders.day, standing.enrolled_day[orders.seller], self.window_days)
        return values if bool(counts.all()) else np.where(counts, values, 0)

    def spread(self, situation: Situation) -> list[Level]:
        """Give the volume of own sales (level 0) and of each level that has a rate."""
        sums = by_seller(
            situation.orders.seller,
            self.quantity(situation.orders, situation.standing),
            len(situation.tree),
        )
        levels = [own_level(sums)] if self.seller_rate else []
        deepest = min(len(self.rates), max(self.depths))
        tree, standing = situation.tree, situation.standing
        if self.compression == "dynamic":
            levels.extend(levels_taken(tree, sums, lambda k: self.takers(k, standing), deepest))
        else:
            counted = self.counted(standing)
            levels.extend(levels_below(tree, sums, counted, self.compression, deepest))
        return levels

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give minor units for one hundredth of BV or one minor unit of net sales."""
        rate = self.seller_rate if level == 0 else self.rates[level - 1]
        return rate if self.on == "net" else rate * bv_value

    def may_receive(self, level: int, standing: Standing) -> Bool:
        """Only qualified members are paid, the seller too; above him who reaches the minimum."""
        qualified = self.counted(standing)
        if self.level_minimum is None or level == 0:
            return qualified
        least = self.level_minimum.at_least[level - 1]
        return qualified & (standing.figure(self.level_minimum.measure) >= least)

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

    def deepest(self) -> int:
        """Give the last level with a rate."""
        return len(self.rates)

    def pays_seller(self) -> bool:
        """Tell whether sellers are paid on their own sales."""
        return self.seller_rate > 0

    def lacks(self, level: int, person: Upline) -> tuple[Missed, ...]:
        """Give the level's minimum, where somebody does not reach it."""
        assert self.level_minimum is not None  # else nobody within his depth lacks anything
        measure, needed = self.level_minimum.measure, self.level_minimum.at_least[level - 1]
        return unmet((Requirement(measure, needed),), person)

    def why_nobody(self, sale: Orders, seller: Upline, standing: Standing) -> Cause | None:
        """Tell why the volume of a sale does not count: for its seller, or for its day."""
        if (sale.net if self.on == "net" else sale.bv)[0] == 0:
            return None
        if not self.unqualified_volume_pays and not self.counted(standing)[0]:
            return Cause(own_reason(self.qualification, seller), unmet(self.qualification, seller))
        age = int(sale.day[0] - standing.enrolled_day[0])
        return Cause(Reason.OUTSIDE_WINDOW, (Missed("days", self.window_days or 0, age),))


def in_window(day: Int, enrolled: Int, window_days: int) -> Bool:
    """Tell which sales lie 0 to ``window_days`` days after the seller's enrolment."""
    age = day - enrolled
    return (age >= 0) & (age <= window_days)


def _read_minimum(table: Mapping, levels: int) -> LevelMinimum | None:
    """Read ``level_minimum``: a measure, and one figure for each level with a rate."""
    if not table.has("level_minimum"):
        return None
    parts = table["level_minimum"].mapping(("measure", "at_least"))
    if parts.broken or not parts.has("measure") or not parts.has("at_least"):
        return None
    measure = parts["measure"].choice(MEASURES)
    figures = tuple(
        node.scaled("a figure", digits_of(measure))
        for node in parts["at_least"].items(most=MOST_LEVELS)
    )
    if len(figures) != levels:
        parts["at_least"].fault(f"{len(figures)} figures, but there are {levels} rates")
    return LevelMinimum(measure, figures)

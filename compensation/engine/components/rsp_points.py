"""RSP: every eligible upline gets the full points of a sale. Rules: docs/plan/rsp-points.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

import numpy as np

from compensation.engine.branches import Branch, Upline, Verdict
from compensation.engine.components.base import (
    MOST_LEVELS,
    Situation,
    Standing,
    component_table,
    read_depths,
    read_identifier,
)
from compensation.engine.components.receiving import DepthByRank
from compensation.engine.levels import Level, levels_below, own_level
from compensation.engine.parts import OrderLines, Parts, weighed_parts
from compensation.engine.reading import Node
from compensation.engine.reasons import Cause, behind_level, verdicts_by_level
from compensation.engine.requirements import Requirement
from compensation.engine.types import Bool, Int, Unit
from compensation.engine.volumes import POINTS, Orders, by_seller

COMPRESSIONS = ("none", "skip_and_recount")
POINTS_FROM = tuple(POINTS)


@dataclass(frozen=True, slots=True)
class RspPoints(DepthByRank):
    """Points on own sales and on levels below, at face value."""

    id: str
    depths: tuple[int, ...]
    """Deepest level credited, for each rank of the ladder (by the receiver's own pay rank)."""
    base_depth: int
    """Depth at which the rank measure ``rsp_total`` is taken, the same for everybody."""
    compression: str
    own_points: bool
    points_from: str

    kind: ClassVar[str] = "rsp_points"
    unit: ClassVar[Unit] = Unit.RSP
    opens_to_orders: ClassVar[bool] = True
    qualification: ClassVar[tuple[Requirement, ...]] = ()

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(
            node,
            (),
            (
                "depth",
                "depth_by_rank",
                "base_depth",
                "compression",
                "own_points",
                "points_from",
            ),
        )
        depths = read_depths(table, ranks, MOST_LEVELS)
        if depths is None:
            table["depth"].fault("is missing (depth or depth_by_rank)")
            depths = (0,) * len(ranks)
        return cls(
            id=read_identifier(table),
            depths=depths,
            base_depth=(
                table["base_depth"].count(0, MOST_LEVELS) if table.has("base_depth") else depths[0]
            ),
            compression=(
                table["compression"].choice(COMPRESSIONS)
                if table.has("compression")
                else "skip_and_recount"
            ),
            own_points=table["own_points"].flag() if table.has("own_points") else True,
            points_from=(
                table["points_from"].choice(POINTS_FROM)
                if table.has("points_from")
                else "repeat_only"
            ),
        )

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """Give each order's points, hundredths."""
        return orders.points(self.points_from)

    def spread(self, situation: Situation) -> list[Level]:
        """Give the points of own sales (level 0) and of each level, to the deepest in use."""
        sums = by_seller(
            situation.orders.seller,
            self.quantity(situation.orders, situation.standing),
            len(situation.tree),
        )
        levels = [own_level(sums)] if self.own_points else []
        deepest = max(self.base_depth, *self.depths)
        levels.extend(
            levels_below(
                situation.tree, sums, situation.standing.qualified, self.compression, deepest
            )
        )
        return levels

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Points are credited at face value."""
        return Fraction(1)

    def counted(self, standing: Standing) -> Bool:
        """Active members are counted."""
        return standing.qualified

    def may_receive(self, level: int, standing: Standing) -> Bool:
        """Own points need no activity; levels do."""
        return standing.enrolled if level == 0 else standing.qualified

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """Give the places in the branch of those whose sales make the receiver's line."""
        return behind_level(self, paid_level, branch)

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """Tell whom a sale pays and on which level."""
        return verdicts_by_level(self, sale, seller, enrolled_day, path)

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """Allot a line's amount by what each order line has of its base."""
        return weighed_parts(amount, self.quantity(lines.orders, standing), lines)

    def deepest(self) -> int:
        """Give the last level that anybody is credited."""
        return max(self.depths)

    def pays_seller(self) -> bool:
        """Tell whether sellers are credited their own points."""
        return self.own_points

    def why_nobody(self, sale: Orders, seller: Upline, standing: Standing) -> Cause | None:
        """A sale without points has no share."""
        return None

    def at_base_depth(self, levels: list[Level], situation: Situation) -> Int:
        """Give each member's points with everybody's depth at the base depth."""
        points = np.zeros(len(situation.tree), dtype=np.int64)
        for level in levels:
            if level.number <= self.base_depth:
                allowed = self.may_receive(level.number, situation.standing)[level.receiver]
                points[level.receiver] += np.where(allowed, level.base, 0)
        return points

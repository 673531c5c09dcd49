"""RSP: every eligible upline gets the full points of a sale. Rules: docs/plan/rsp-points.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from compensation.engine.components.base import (
    MOST_LEVELS,
    component_table,
    read_depths,
    read_identifier,
)
from compensation.engine.reading import Node
from compensation.engine.types import Unit

COMPRESSIONS = ("none", "skip_and_recount")
POINTS_FROM = ("repeat_only", "all_products")


@dataclass(frozen=True, slots=True)
class RspPoints:
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
                table["base_depth"].count(0, MOST_LEVELS)
                if table.has("base_depth")
                else depths[0]
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

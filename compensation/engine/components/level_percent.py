"""A percentage of volume for each level. Rules: docs/plan/level-percent.md, compression.md."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

from compensation.engine.components.base import (
    COMPRESSIONS,
    MOST_LEVELS,
    component_table,
    read_depths,
    read_identifier,
)
from compensation.engine.reading import Node
from compensation.engine.types import Unit


@dataclass(frozen=True, slots=True)
class LevelPercent:
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

    kind: ClassVar[str] = "level_percent"
    unit: ClassVar[Unit] = Unit.MONEY

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
            ),
        )
        rates = tuple(
            entry.percentage()
            for entry in (
                table["rates"].items(most=MOST_LEVELS) if table.has("rates") else ()
            )
        )
        seller_rate = (
            table["seller_rate"].percentage()
            if table.has("seller_rate")
            else Fraction(0)
        )
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
                table["compression"].choice(COMPRESSIONS)
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
        )

"""Cycles of two legs of the placement tree. Rules: docs/plan/binary-cycles.md."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from compensation.engine.bounds import Given, Share
from compensation.engine.components.base import (
    Situation,
    component_table,
    read_identifier,
)
from compensation.engine.components.closed import OpensToNothing
from compensation.engine.components.receiving import AnyDepth, ByQualification
from compensation.engine.levels import Level
from compensation.engine.money import require_sum_fits
from compensation.engine.reading import Mapping, Node
from compensation.engine.requirements import MEASURES, Requirement, read_requirements
from compensation.engine.types import EngineError, Int, Unit
from compensation.engine.wording import decimal_text, money_text, qualified_sentences

if TYPE_CHECKING:
    from compensation.engine.plan import Plan

MOST_CYCLES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Legs:
    """What a period makes of the two legs, by position."""

    cycles: Int
    left: Int
    """BV that is carried to the next period."""
    right: Int


@dataclass(frozen=True, slots=True)
class BinaryCycles(OpensToNothing, ByQualification, AnyDepth):
    """A fixed amount for each time that both legs have brought their volume."""

    id: str
    cycle_left: int
    """BV of the left leg that a cycle takes, hundredths."""
    cycle_right: int
    pays: int
    """Minor units for each cycle."""
    most_cycles: int | None
    """The most cycles paid in a period; ``None``: no limit."""
    carry_at_most: int | None
    """The most BV carried on each side, hundredths; ``None``: no limit."""
    flush_when_unqualified: bool
    """Who is not qualified loses what both legs hold."""
    flush_over_most: bool
    """Who has more cycles than are paid loses what is left."""
    qualification: tuple[Requirement, ...]

    kind: ClassVar[str] = "binary_cycles"
    unit: ClassVar[Unit] = Unit.MONEY

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(
            node,
            ("cycle", "pays"),
            (
                "most_cycles",
                "carry_at_most",
                "flush_when_unqualified",
                "flush_over_most",
                "qualification",
            ),
        )
        left, right = _read_cycle(table)
        over = table["flush_over_most"].flag() if table.has("flush_over_most") else False
        if over and not table.has("most_cycles"):
            table["flush_over_most"].fault("has no meaning without most_cycles")
        return cls(
            id=read_identifier(table),
            cycle_left=left,
            cycle_right=right,
            pays=table["pays"].scaled("an amount of money", digits) if table.has("pays") else 0,
            most_cycles=(
                table["most_cycles"].count(1, MOST_CYCLES) if table.has("most_cycles") else None
            ),
            carry_at_most=table["carry_at_most"].volume() if table.has("carry_at_most") else None,
            flush_when_unqualified=(
                table["flush_when_unqualified"].flag()
                if table.has("flush_when_unqualified")
                else True
            ),
            flush_over_most=over,
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
        )

    @property
    def compression(self) -> str:
        """Legs are not counted in levels."""
        return "none"

    def spread(self, situation: Situation) -> list[Level]:
        """Give the cycles of everybody who has any, as level 0."""
        cycles = self._legs(situation).cycles
        receiver = np.flatnonzero(cycles)
        nobody = np.zeros(len(receiver), dtype=np.int32)
        return [
            Level(number=0, receiver=receiver, base=cycles[receiver], members=nobody, orders=nobody)
        ]

    def carries(self, situation: Situation) -> dict[str, Int]:
        """Give the BV of each leg that is left for the next period."""
        legs = self._legs(situation)
        return {f"binary:{self.id}:left": legs.left, f"binary:{self.id}:right": legs.right}

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give the amount for one cycle, minor units."""
        return Fraction(self.pays)

    def worst_case_share(self, given: Given) -> tuple[Share, ...]:
        """Give the bound: so much a head where the plan limits the cycles."""
        if self.most_cycles is None:
            how = "a sale counts in the legs of everybody above, however many there are"
            return (Share(self.id, "bv", None, 0, how),)
        how = f"at most {self.most_cycles} cycles for each person"
        return (Share(self.id, "head", None, self.most_cycles * self.pays, how),)

    def prose(self, plan: Plan) -> list[str]:
        """Tell the component in plain sentences."""
        sentences = [
            f"{self.id}: the BV of everybody below on the left and on the right of the placement "
            f"tree makes cycles of {decimal_text(self.cycle_left, 2)} and "
            f"{decimal_text(self.cycle_right, 2)}; each pays a qualified member "
            f"{money_text(self.pays, plan)}. Own sales count in neither leg.",
            "What cycles don't take is carried to the next period"
            + (
                "."
                if self.carry_at_most is None
                else f", at most {decimal_text(self.carry_at_most, 2)} BV on each side."
            ),
        ]
        if self.most_cycles is not None:
            over = "lost" if self.flush_over_most else "carried like any other"
            sentences.append(
                f"At most {self.most_cycles} cycles are paid in a period; who has more finds what "
                f"is left {over}."
            )
        sentences.append(
            "Who is not qualified loses what both legs hold."
            if self.flush_when_unqualified
            else "Who is not qualified has no cycles and keeps what both legs hold."
        )
        return [*sentences, *qualified_sentences(self.id, self.qualification, plan.ranks.names)]

    def _legs(self, situation: Situation) -> _Legs:
        """Take cycles out of what both legs hold.

        :raises EngineError: if there is no placement tree.
        """
        if situation.placement is None:
            raise EngineError(f"component {self.id}: the placement tree is needed and not at hand")
        carried = [situation.carried(f"binary:{self.id}:{side}") for side in ("left", "right")]
        orders = situation.orders
        require_sum_fits(f"component {self.id}", orders.bv, *carried)
        volume = np.zeros(len(situation.tree), dtype=np.int64)
        np.add.at(volume, orders.seller, orders.bv)
        left, right = situation.placement.leg_sums(volume)
        left, right = left + carried[0], right + carried[1]
        qualified = self.counted(situation.standing)
        possible = np.maximum(np.minimum(left // self.cycle_left, right // self.cycle_right), 0)
        possible[~qualified] = 0
        limit = MOST_CYCLES if self.most_cycles is None else self.most_cycles
        cycles = possible if self.most_cycles is None else np.minimum(possible, limit)
        left -= cycles * self.cycle_left
        right -= cycles * self.cycle_right
        lost = ~qualified & self.flush_when_unqualified
        if self.flush_over_most:
            lost |= possible > cycles
        for rest in (left, right):
            rest[lost] = 0
            if self.carry_at_most is not None:
                np.minimum(rest, self.carry_at_most, out=rest)
        return _Legs(cycles=cycles, left=left, right=right)


def _read_cycle(table: Mapping) -> tuple[int, int]:
    """Read the volumes that a cycle takes from each leg; both are above nought."""
    if not table.has("cycle"):
        return 1, 1
    parts = table["cycle"].mapping(("left", "right"))
    left, right = (
        parts[side].scaled("a volume above nought", 2, least=1) if parts.has(side) else 1
        for side in ("left", "right")
    )
    return max(left, 1), max(right, 1)

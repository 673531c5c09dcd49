"""An amount for a rank that is reached, once. Rules: docs/plan/rank-bonus.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from compensation.engine.bounds import Given, Share
from compensation.engine.components.base import (
    Situation,
    Standing,
    component_table,
    read_identifier,
)
from compensation.engine.components.closed import OpensToNothing
from compensation.engine.components.receiving import AnyDepth
from compensation.engine.figures import is_volume
from compensation.engine.levels import Level
from compensation.engine.reading import Mapping, Node
from compensation.engine.requirements import Requirement
from compensation.engine.types import Bool, EngineError, Int, Unit
from compensation.engine.wording import money_text

if TYPE_CHECKING:
    from compensation.engine.plan import Plan

MOST_PERIODS = 36
PAID = -1
"""What is carried for a rank whose bonus has been paid."""


@dataclass(frozen=True, slots=True)
class RankBonus(OpensToNothing, AnyDepth):
    """A fixed amount for each rank that is reached and held; paid level is the rank's index."""

    id: str
    ranks: tuple[str, ...]
    """Names of the ranks with a bonus, as the ladder has them."""
    indexes: tuple[int, ...]
    """Their indexes in the ladder."""
    amounts: tuple[int, ...]
    """Minor units for each of them."""
    after_periods: int
    """Periods in a row, after that of the promotion, in which the rank must be held."""

    kind: ClassVar[str] = "rank_bonus"
    unit: ClassVar[Unit] = Unit.MONEY
    compression: ClassVar[str] = "none"
    qualification: ClassVar[tuple[Requirement, ...]] = ()

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(node, ("amounts",), ("after_periods",))
        given = _read_amounts(table, ranks, digits)
        indexes = tuple(sorted(given))
        return cls(
            id=read_identifier(table),
            ranks=tuple(ranks[index] for index in indexes),
            indexes=indexes,
            amounts=tuple(given[index] for index in indexes),
            after_periods=(
                table["after_periods"].count(0, MOST_PERIODS) if table.has("after_periods") else 0
            ),
        )

    def keys(self) -> tuple[str, ...]:
        """Give the names under which the count of each rank is carried."""
        return tuple(f"bonus:{self.id}:{name}" for name in self.ranks)

    def spread(self, situation: Situation) -> list[Level]:
        """Give who is paid for which rank in this period."""
        levels = []
        for index, key, counted in zip(
            self.indexes, self.keys(), self._counts(situation), strict=True
        ):
            receiver = np.flatnonzero((counted == PAID) & (situation.carried(key) != PAID))
            nobody = np.zeros(len(receiver), dtype=np.int32)
            ones = np.ones(len(receiver), dtype=np.int64)
            levels.append(Level(index, receiver, ones, nobody, nobody))
        return levels

    def carries(self, situation: Situation) -> dict[str, Int]:
        """Give, by rank, 1 and the periods in a row so far, or that the bonus is paid."""
        return dict(zip(self.keys(), self._counts(situation), strict=True))

    def _counts(self, situation: Situation) -> list[Int]:
        """Give what is noted for each rank at the end of the period."""
        standing = situation.standing
        if standing.title_rank is None or standing.opening_title is None:
            raise EngineError("titles are needed and not at hand")
        sells = standing.enrolled & (standing.figure("group_bv") > 0)
        found = []
        for index, key in zip(self.indexes, self.keys(), strict=True):
            before = situation.carried(key)
            reached = (standing.opening_title < index) & (standing.title_rank >= index)
            counts = sells & (standing.ranks() >= index)
            in_a_row = np.where(counts, np.maximum(before, 1), 0)  # with this period
            after = np.where(in_a_row > self.after_periods, PAID, 1 + in_a_row)
            begun = (before > 0) | ((before == 0) & reached)
            found.append(np.where(begun, after, before))
        return found

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give the amount for a rank, minor units."""
        return Fraction(self.amounts[self.indexes.index(level)])

    def counted(self, standing: Standing) -> Bool:
        """Who is enrolled."""
        return standing.enrolled

    def may_receive(self, level: int, standing: Standing) -> Bool:
        """Who is enrolled; the rest is decided by the rank."""
        return standing.enrolled

    def prose(self, plan: Plan) -> list[str]:
        """Tell the component in plain sentences."""
        table = ", ".join(
            f"{name} {money_text(amount, plan)}"
            for name, amount in zip(self.ranks, self.amounts, strict=True)
        )
        when = "in the period of the promotion"
        if self.after_periods:
            periods = f"{self.after_periods} period{'' if self.after_periods == 1 else 's'}"
            when = f"once the rank is held in {periods} in a row after that of the promotion"
        return [
            f"{self.id}: a rank that is reached pays once: {table}. It is paid {when}.",
            "A period counts with the rank as pay rank and a group BV above nought; where one "
            "does not, the count starts anew.",
        ]

    def worst_case_share(self, given: Given) -> tuple[Share, ...]:
        """Give the fixed amount that one person can be paid in all."""
        return (Share(self.id, "head", None, sum(self.amounts), "for each person, all ranks"),)


def check_volumes(
    bonus: RankBonus, node: Node, requires: Sequence[tuple[Requirement, ...]]
) -> None:
    """Refuse a bonus for a rank that can be reached without a product sale.

    ``requires`` are those of every rank of the ladder, ``node`` is the component's.
    """
    for name, index in zip(bonus.ranks, bonus.indexes, strict=True):
        if any(one.at_least > 0 and is_volume(one.measure) for one in requires[index]):
            continue
        place = Node(None, f"{node.path}.amounts.{name}", node.faults)
        place.fault(
            f"would pay without a product sale: {name} requires no volume (BV or RSP above nought)"
        )


def _read_amounts(table: Mapping, ranks: tuple[str, ...], digits: int) -> dict[int, int]:
    """Read the amount of each rank that has one."""
    if not table.has("amounts"):
        return {}
    node = table["amounts"]
    given: dict[int, int] = {}
    for name, entry in node.entries():
        if name not in ranks:
            entry.fault(f'"{name}" is not a rank of the ladder')
        elif name == ranks[0]:
            entry.fault(f"nobody is promoted to {name}, the lowest rank")
        else:
            given[ranks.index(name)] = entry.scaled("an amount of money", digits)
    if isinstance(node.value, dict) and not node.value:
        node.fault("no amount at all")
    return given

"""Rankings: people in order of what they sold, coupons added. Rules: docs/plan/rankings.md.

A ranking pays nothing by itself. A pool may share its money out by position.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import numpy as np

from compensation.engine.components.base import Ranked, Situation, read_identifier
from compensation.engine.money import INT64_MAX, SumTooLargeError, largest, require_sum_fits
from compensation.engine.reading import Mapping, Node
from compensation.engine.requirements import MEASURES, Requirement, read_requirements
from compensation.engine.types import Int
from compensation.engine.volumes import Orders
from compensation.engine.wording import plain_text, qualified_sentences

if TYPE_CHECKING:
    from compensation.engine.plan import Plan

MOST_RANKINGS = 20
VALUES = ("units", "units_plus_coupons_used")
TIES = ("earlier_last_sale_first",)
UNLIMITED = "unlimited"
NO_SALE = INT64_MAX
"""Last sale of somebody who sold nothing: behind everybody who did."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """People in order of the units they sold in the period."""

    id: str
    value: str
    """``units``, or ``units_plus_coupons_used``."""
    coupons_per_unit: Fraction | None
    """The most coupons that can be used for each unit sold; ``None``: as many as are held."""
    tie: str
    """What goes first among equal values; the last of all is the member's id."""
    qualification: tuple[Requirement, ...]
    """Who can have a position; none: who is active."""

    @property
    def coupons_key(self) -> str:
        """Under what the coupons that are left are carried to the next period."""
        return f"coupons:{self.id}"

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...] = ()) -> Self:
        """Read a ranking from its part of the plan document."""
        table = node.mapping(("id", "value"), ("coupons_per_unit", "tie", "qualification"))
        value = table["value"].choice(VALUES)
        return cls(
            id=read_identifier(table),
            value=value,
            coupons_per_unit=_coupons_per_unit(table, value),
            tie=table["tie"].choice(TIES) if table.has("tie") else TIES[0],
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
        )

    def ranked(self, situation: Situation) -> Ranked:
        """Decide values and positions of a period, and how many coupons are used.

        :raises SumTooLargeError: if sums or products would leave 64 bits.
        """
        orders, standing, ids = situation.orders, situation.standing, situation.ids
        nothing = np.zeros(len(ids), dtype=np.int64)
        held = situation.carried(self.coupons_key)
        if situation.coupons is not None:
            require_sum_fits(f"ranking {self.id}: coupons", held, situation.coupons)
            held = held + situation.coupons
        wished = nothing if situation.coupons_to_use is None else situation.coupons_to_use
        require_sum_fits(f"ranking {self.id}", orders.units, held, wished)
        units = nothing.copy()
        np.add.at(units, orders.seller, orders.units)
        used = self._used(units, held, wished)
        value = units + used
        qualified = standing.meets(self.qualification) if self.qualification else standing.qualified
        order = np.lexsort((ids, _last_sale(orders, len(ids)), -value))
        order = order[(qualified & (value > 0))[order]]
        position = nothing.copy()
        position[order] = np.arange(1, len(order) + 1)
        return Ranked(value=value, position=position, used=used, left=held - used)

    def prose(self, plan: Plan) -> list[str]:
        """Tell the ranking in plain sentences."""
        text = f"Ranking {self.id}: qualified members in the order of the units they sold"
        if self.value != "units":
            text += " and the coupons they used, at most "
            limit = self.coupons_per_unit
            if limit is None:
                text += "those they hold"
            else:
                text += f"{plain_text(limit)} for each unit; coupons not used stay theirs"
        return [
            f"{text}. Among equals whose last sale was earlier goes first.",
            *qualified_sentences(self.id, self.qualification, plan.ranks.names),
        ]

    def _used(self, units: Int, held: Int, wished: Int) -> Int:
        """Give the coupons used: as many as wished, at hand and allowed by the units sold."""
        if self.value == "units":
            return np.zeros(len(units), dtype=np.int64)
        used = np.minimum(wished, held)
        if self.coupons_per_unit is not None:
            num, den = self.coupons_per_unit.numerator, self.coupons_per_unit.denominator
            if largest(units) * num > INT64_MAX:
                raise SumTooLargeError(f"ranking {self.id}: units × coupons leaves 64 bits")
            used = np.minimum(used, units * num // den)
        allowed: Int = np.maximum(used, 0)
        return allowed


def read_rankings(node: Node, ranks: tuple[str, ...] = ()) -> tuple[Ranking, ...]:
    """Read the plan document's ``rankings``; nothing given is no ranking."""
    if not node.given:
        return ()
    found: list[Ranking] = []
    for element in node.items(most=MOST_RANKINGS):
        ranking = Ranking.read(element, ranks)
        if ranking.id and any(ranking.id == before.id for before in found):
            element.fault(f'the id "{ranking.id}" is taken by a ranking before it')
        found.append(ranking)
    return tuple(found)


def _coupons_per_unit(table: Mapping, value: str) -> Fraction | None:
    if not table.has("coupons_per_unit"):
        return Fraction(1)
    node = table["coupons_per_unit"]
    if value == "units":
        node.fault("has no meaning where the value is units alone")
    if node.value == UNLIMITED:
        return None
    noted = len(node.faults)
    exact = node.decimal(f"a number of coupons, or {UNLIMITED}")
    if not 0 <= exact <= 1000 and len(node.faults) == noted:
        node.fault("is outside 0 to 1000")
        return Fraction(0)
    return exact


def _last_sale(orders: Orders, count: int) -> Int:
    """Give the time of each one's latest order with units, ``NO_SALE`` where there is none."""
    sold = orders.units > 0
    latest = np.full(count, -INT64_MAX)
    np.maximum.at(latest, orders.seller[sold], orders.paid_at[sold])
    return np.where(latest == -INT64_MAX, NO_SALE, latest)

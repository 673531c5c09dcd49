"""Own percentage less the highest one below. Rules: docs/plan/differential.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import ClassVar, Self

import numpy as np

from compensation.engine.arrays import as_numbers
from compensation.engine.branches import (
    Branch,
    Missed,
    Upline,
    Verdict,
    own_reason,
    standing_of_people,
    unmet,
)
from compensation.engine.components.base import (
    LATER,
    Situation,
    Standing,
    component_table,
    read_identifier,
)
from compensation.engine.components.brackets import (
    LOOKED_UP,
    Bracket,
    bracket_numbers,
    read_brackets,
)
from compensation.engine.components.breakaway import broken_away
from compensation.engine.components.climbing import Volumes, climb, steps_of
from compensation.engine.components.receiving import AnyDepth, ByQualification
from compensation.engine.levels import Level
from compensation.engine.parts import OrderLines, Parts, weighed_parts
from compensation.engine.reading import Mapping, Node
from compensation.engine.requirements import MEASURES, Requirement, read_requirements
from compensation.engine.tree import Tree, count_above
from compensation.engine.types import NOT_STATED, Bool, Int, Reason, Unit
from compensation.engine.volumes import Orders

MOST_FROM_LEVEL = 10


@dataclass(frozen=True, slots=True)
class Differential(ByQualification, AnyDepth):
    """Own percentage less the highest of any qualified person between; paid level: which step."""

    id: str
    on: str
    """``bv`` or ``net``."""
    percent_by_rank: tuple[Fraction, ...]
    """Percentage of each rank of the ladder; empty where brackets say it."""
    chosen_by: str
    """Measure that is looked up in ``brackets``; empty where ranks say the percentage."""
    brackets: tuple[Bracket, ...]
    from_level: int
    """Sales at a smaller distance pay nothing; 0 stands for own sales.

    Where it is above 0 a seller stands between on customers' orders, though he is not paid; on
    his own purchases he is the buyer.
    """
    qualification: tuple[Requirement, ...]
    breakaway: bool = field(default=False, metadata={LATER: True})
    """Whoever reaches the highest bracket leaves the group volume of those above."""

    kind: ClassVar[str] = "differential"
    unit: ClassVar[Unit] = Unit.MONEY
    compression: ClassVar[str] = "none"
    opens_to_orders: ClassVar[bool] = True

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(
            node,
            (),
            (
                "on",
                "percent_by_rank",
                "brackets",
                "chosen_by",
                "from_level",
                "breakaway",
                "qualification",
            ),
        )
        by_rank = _read_by_rank(table, ranks)
        brackets = read_brackets(table["brackets"], 2) if table.has("brackets") else ()
        chosen_by = ""
        if table.has("percent_by_rank"):
            for key in ("brackets", "chosen_by"):
                if table.has(key):
                    table[key].fault("has no meaning with percent_by_rank")
        elif not table.has("brackets"):
            table["brackets"].fault("is missing (brackets or percent_by_rank)")
        elif table.has("chosen_by"):
            chosen_by = table["chosen_by"].choice(LOOKED_UP)
        else:
            table["chosen_by"].fault("is missing")
        breakaway = table["breakaway"].flag() if table.has("breakaway") else False
        if breakaway and (table.has("percent_by_rank") or chosen_by not in ("", "group_bv")):
            table["breakaway"].fault("needs brackets that are chosen by group_bv")
        return cls(
            id=read_identifier(table),
            on=table["on"].choice(("bv", "net")) if table.has("on") else "bv",
            percent_by_rank=by_rank,
            chosen_by=chosen_by,
            brackets=brackets,
            from_level=(
                table["from_level"].count(0, MOST_FROM_LEVEL) if table.has("from_level") else 0
            ),
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
            breakaway=breakaway,
        )

    @property
    def _choosing(self) -> str:
        """Name of the figure that chooses a bracket."""
        return f"group_bv:breakaway:{self.id}" if self.breakaway else self.chosen_by

    @property
    def _leaving(self) -> str:
        """Name of the figure that is 1 for who has broken away."""
        return f"broken_away:breakaway:{self.id}"

    @property
    def figure_names(self) -> tuple[str, ...]:
        """Names of the figures that the component adds to the plan's."""
        return (self._choosing, self._leaving) if self.breakaway else ()

    def figures(self, tree: Tree, personal_bv: Int, stated_group_bv: Int | None) -> dict[str, Int]:
        """Give the figures that the component adds to the plan's, by name.

        ``personal_bv`` as computed, whatever is stated; ``stated_group_bv`` is ``NOT_STATED``
        where nothing is. With breakaway: the group volume less that of legs that have broken
        away (what is stated stands in its place, for the choice of a bracket alone), and who has.
        """
        if not self.breakaway:
            return {}
        group, broken = broken_away(tree, personal_bv, self.brackets[-1].start)
        if stated_group_bv is not None:
            group = np.where(stated_group_bv == NOT_STATED, group, stated_group_bv)
        return {self._choosing: group, self._leaving: as_numbers(broken)}

    def has_left(self, standing: Standing) -> Bool:
        """Tell who has broken away; nobody without breakaway."""
        if not self.breakaway:
            return np.zeros(len(standing.enrolled), dtype=np.bool_)
        left: Bool = standing.figure(self._leaving) != 0
        return left

    def _sponsors(self, sponsor: Int, standing: Standing) -> Int:
        """Give the sponsors along which sales go up: from who has broken away to nobody."""
        return np.where(self.has_left(standing), -1, sponsor)

    def percents(self) -> tuple[Fraction, ...]:
        """Give all percentages of the plan in ascending order, nought first."""
        named = (*self.percent_by_rank, *(bracket.percent for bracket in self.brackets))
        return tuple(sorted({Fraction(0), *named}))

    def steps(self) -> tuple[Fraction, ...]:
        """Give all differences above nought in ascending order: paid level 1, 2, ..."""
        return steps_of(self.percents())[0]

    def places(self, standing: Standing) -> Int:
        """Give the place of everybody's percentage in ``percents``; 0 for who isn't qualified."""
        percents = self.percents()
        if self.percent_by_rank:
            place_of = np.array([percents.index(one) for one in self.percent_by_rank])
            places = place_of[standing.ranks()]
        else:
            place_of = np.array([0, *(percents.index(one.percent) for one in self.brackets)])
            places = place_of[bracket_numbers(self.brackets, standing.figure(self._choosing))]
        return np.where(self.counted(standing), places, 0).astype(np.int64)

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """Give each order's BV (hundredths) or net sales (minor units)."""
        return orders.net if self.on == "net" else orders.bv

    def spread(self, situation: Situation) -> list[Level]:
        """Give the volumes by step.

        Each sale goes up from one to the next whose percentage is higher than all between.
        """
        orders, standing = situation.orders, situation.standing
        places = self.places(standing)
        sponsor = self._sponsors(situation.tree.sponsor, standing)
        start, between = self._starts(places, sponsor)
        below = np.maximum(between, places) if self.from_level else between
        volumes = Volumes.of(orders, self.quantity(orders, standing), start, below, between)
        numbers = steps_of(self.percents())[1]
        return climb(volumes, sponsor, places, numbers, pays_seller=self.from_level == 0)

    def _starts(self, places: Int, sponsor: Int) -> tuple[Int, Int]:
        """For everybody: above whom his sales pay, and the highest percentage up to there.

        The own one is not in it yet.
        """
        start = np.arange(len(sponsor))
        between = np.zeros(len(sponsor), dtype=np.int64)
        for _ in range(1, self.from_level):
            start = np.where(start >= 0, sponsor[start], -1)
            between = np.where(start >= 0, np.maximum(between, places[start]), between)
        return start, between

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give minor units for one hundredth of BV or one minor unit of net sales."""
        step = self.steps()[level - 1]
        return step if self.on == "net" else step * bv_value

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """Give the places in the branch of those whose sales pay the receiver this step."""
        found = self._behind(paid_level, branch, minding_sellers=True)
        if self.from_level:
            found |= self._behind(paid_level, branch, minding_sellers=False)
        return np.flatnonzero(found)

    def orders_behind(self, paid_level: int, branch: Branch, orders: Orders) -> Bool:
        """Tell which orders of sellers in the branch pay the receiver this step.

        Where sellers are not paid themselves, one stands between on customers' orders alone.
        """
        others = self._behind(paid_level, branch, minding_sellers=True)[orders.seller]
        if not self.from_level:
            return others
        own = self._behind(paid_level, branch, minding_sellers=False)[orders.seller]
        return np.where(orders.own, own, others)

    def _behind(self, paid_level: int, branch: Branch, *, minding_sellers: bool) -> Bool:
        """Tell whose sales pay the receiver this step, if sellers stand between or not."""
        places = self.places(branch.standing)
        numbers = steps_of(self.percents())[1]
        own = int(places[0])
        below = [place for place in range(own) if numbers[own, place] == paid_level]
        if not below:
            return np.zeros(len(branch), dtype=np.bool_)
        higher, equal = places > below[0], (places == below[0]) & (below[0] > 0)
        higher[0] = equal[0] = False
        end = branch.end - branch.start
        over, same = count_above(end, higher), count_above(end, equal)
        if minding_sellers:
            over, same = over + higher, same + equal
        found: Bool = (over == 0) & (branch.depth - branch.depth[0] >= self.from_level)
        if below[0] > 0:
            found &= same > 0
        if self.breakaway:
            leaving = self.has_left(branch.standing)
            leaving[0] = False  # the receiver's own leaving keeps nothing from him
            found &= ~leaving & (count_above(end, leaving) == 0)
        return found

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """Tell whom a sale pays and at which step, the seller first where he can be paid.

        Where he can't, he stands between all the same, unless he is the buyer.
        """
        people = [seller, *path]
        standing = standing_of_people(people, enrolled_day)
        if int(self.quantity(sale, standing)[0]) == 0:
            return []
        qualified, places = self.counted(standing).tolist(), self.places(standing).tolist()
        numbers = steps_of(self.percents())[1]
        leaving = self.has_left(standing).tolist()
        percents = self.percents()
        found = []
        highest = 0
        blocked_by: int | None = None
        for distance, person in enumerate(people):
            paid: tuple[int, ...] = ()
            missed: tuple[Missed, ...] = ()
            if distance >= self.from_level:
                place = places[distance]
                if not qualified[distance]:
                    reason = own_reason(self.qualification, person)
                    missed = unmet(self.qualification, person)
                elif blocked_by is not None:
                    reason = Reason.BREAKAWAY
                elif place > highest:
                    reason, paid = Reason.PAID, (int(numbers[place, highest]),)
                else:
                    reason = Reason.BELOW_MINIMUM
                    missed = (Missed("percent", percents[highest], percents[place]),)
                found.append(Verdict(person.position, distance, reason, paid, None, None, missed))
                if reason == Reason.BREAKAWAY:
                    found[-1] = replace(found[-1], blocked_by=blocked_by)
            if distance or self.from_level == 0 or not sale.own[0]:
                highest = max(highest, places[distance])
            if leaving[distance] and blocked_by is None:
                blocked_by = person.position
        return found

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """Allot a line's amount by BV or net sales."""
        return weighed_parts(amount, self.quantity(lines.orders, standing), lines)


def _read_by_rank(table: Mapping, ranks: tuple[str, ...]) -> tuple[Fraction, ...]:
    """Read a percentage for every rank of the ladder."""
    if not table.has("percent_by_rank"):
        return ()
    node = table["percent_by_rank"]
    given: dict[str, Fraction] = {}
    for name, entry in node.entries():
        if name in ranks:
            given[name] = entry.percentage()
        else:
            entry.fault(f'"{name}" is not a rank of the ladder')
    missing = [name for name in ranks if name not in given]
    if missing and isinstance(node.value, dict):
        node.fault(f"no percentage for {', '.join(missing)}")
    return tuple(given.get(name, Fraction(0)) for name in ranks)

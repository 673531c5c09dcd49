"""A percentage chosen by volume. Rules: docs/plan/volume-bracket.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from compensation.engine.components.receiving import AnyDepth, ByQualification
from compensation.engine.levels import Level
from compensation.engine.parts import OrderLines, Parts, weighed_parts
from compensation.engine.reading import Mapping, Node
from compensation.engine.requirements import MEASURES, Requirement, read_requirements
from compensation.engine.types import Bool, Int, Reason, Unit
from compensation.engine.volumes import Orders, by_seller

METHODS = ("whole", "marginal")


@dataclass(frozen=True, slots=True)
class VolumeBracket(ByQualification, AnyDepth):
    """A percentage from a table, paid on own or group volume; paid level is the bracket."""

    id: str
    chosen_by: str
    """Measure that is looked up; empty for ``marginal``, which slices the paid volume."""
    on: str
    """``bv`` or ``net``."""
    scope: str
    """``own`` or ``group``, which includes own."""
    brackets: tuple[Bracket, ...]
    method: str
    qualification: tuple[Requirement, ...]

    kind: ClassVar[str] = "volume_bracket"
    unit: ClassVar[Unit] = Unit.MONEY
    opens_to_orders: ClassVar[bool] = True
    compression: ClassVar[str] = "none"

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(
            node, ("brackets",), ("chosen_by", "paid_on", "method", "qualification")
        )
        method = table["method"].choice(METHODS) if table.has("method") else METHODS[0]
        base, scope = _read_paid_on(table)
        chosen_by = ""
        if method == "marginal":
            if table.has("chosen_by"):
                table["chosen_by"].fault("has no meaning with marginal: the paid volume is sliced")
        elif table.has("chosen_by"):
            chosen_by = table["chosen_by"].choice(LOOKED_UP)
        else:
            table["chosen_by"].fault("is missing")
        in_money = method == "marginal" and base == "net"
        return cls(
            id=read_identifier(table),
            chosen_by=chosen_by,
            on=base,
            scope=scope,
            brackets=read_brackets(table["brackets"], digits if in_money else 2),
            method=method,
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
        )

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """Give each order's BV (hundredths) or net sales (minor units)."""
        return orders.net if self.on == "net" else orders.bv

    def spread(self, situation: Situation) -> list[Level]:
        """Give the paid volume by bracket."""
        tree, orders = situation.tree, situation.orders
        sums = by_seller(orders.seller, self.quantity(orders, situation.standing), len(tree))
        volume, count, members = sums.total, sums.orders, as_numbers(sums.orders > 0)
        if self.scope == "group":
            volume, count, members = map(tree.subtree_sums, (volume, count, members))
        levels = []
        for index, (base, reached) in enumerate(self._bases(volume, situation.standing), start=1):
            receiver = np.flatnonzero(reached)
            levels.append(
                Level(
                    number=index,
                    receiver=receiver,
                    base=base[receiver],
                    members=members[receiver].astype(np.int32),
                    orders=count[receiver].astype(np.int32),
                )
            )
        return levels

    def _bases(self, volume: Int, standing: Standing) -> Iterator[tuple[Int, Bool]]:
        """Give for each bracket what is paid on of everybody's volume, and who reaches it."""
        if self.method == "whole":
            number = bracket_numbers(self.brackets, standing.figure(self.chosen_by))
            for index, _ in enumerate(self.brackets, start=1):
                yield volume, number == index
            return
        ends = (*(bracket.start for bracket in self.brackets[1:]), None)
        for bracket, end in zip(self.brackets, ends, strict=True):
            within = volume if end is None else np.minimum(volume, end)
            yield within - bracket.start, within > bracket.start

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give minor units for one hundredth of BV or one minor unit of net sales."""
        percent = self.brackets[level - 1].percent
        return percent if self.on == "net" else percent * bv_value

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """Give the places in the branch of those whose sales are the receiver's base."""
        return np.arange(1 if self.scope == "own" else len(branch))

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """Tell whom a sale pays: the seller, and with group scope everybody above.

        With ``marginal`` a sale is part of every bracket that the paid volume reaches: those of
        which there is a line, or all where lines are not at hand.
        """
        people = [seller, *(path if self.scope == "group" else ())]
        standing = standing_of_people(people, enrolled_day)
        if int(self.quantity(sale, standing)[0]) == 0:
            return []
        qualified = self.counted(standing).tolist()
        paying = [index for index, one in enumerate(self.brackets, start=1) if one.percent]
        found = []
        for distance, person in enumerate(people):
            reached, missed = self._reached(person, paying)
            reason = Reason.PAID if reached else Reason.BELOW_MINIMUM
            if not qualified[distance]:
                reason = own_reason(self.qualification, person)
                missed = unmet(self.qualification, person)
            paid = reached if reason == Reason.PAID else ()
            found.append(Verdict(person.position, distance, reason, paid, None, None, missed))
        return found

    def _reached(
        self, person: Upline, paying: Sequence[int]
    ) -> tuple[tuple[int, ...], tuple[Missed, ...]]:
        """Give the paying brackets that somebody reaches; if none, what the next one takes."""
        if self.method == "marginal":
            if person.lines is None:
                return tuple(paying), ()
            reached = tuple(one for one in paying if (self.id, one) in person.lines)
            if reached or not paying:
                return reached, ()
            return (), (self._volume_missed(person, self.brackets[paying[0] - 1].start),)
        standing = standing_of_people([person], 0)
        figure = int(standing.figure(self.chosen_by)[0])
        number = int(bracket_numbers(self.brackets, standing.figure(self.chosen_by))[0])
        if number in paying:
            if person.lines is not None and (self.id, number) not in person.lines:
                # Returns have undone all that would be paid on: no base, no line.
                return (), (self._volume_missed(person, 1),)
            return (number,), ()
        following = [self.brackets[one - 1].start for one in paying if one > number]
        return (), tuple(Missed(self.chosen_by, start, figure) for start in following[:1])

    def _volume_missed(self, person: Upline, needed: int) -> Missed:
        """Say how much of what is paid on was needed, and how much there was."""
        # Net sales are not stored; BV is, but for returns of posted months.
        measure = "group_bv" if self.scope == "group" else "personal_bv"
        measure = measure if self.on == "bv" else "net"
        return Missed(measure, needed, person.figures.get(measure))

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """Allot a line's amount by BV or net sales."""
        return weighed_parts(amount, self.quantity(lines.orders, standing), lines)


def _read_paid_on(table: Mapping) -> tuple[str, str]:
    if not table.has("paid_on"):
        return "bv", "own"
    parts = table["paid_on"].mapping((), ("base", "scope"))
    base = parts["base"].choice(("bv", "net")) if parts.has("base") else "bv"
    scope = parts["scope"].choice(("own", "group")) if parts.has("scope") else "own"
    return base, scope

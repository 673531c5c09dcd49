"""Open a statement line down to order lines: matches and cuts through the lines behind them.

Rules: docs/plan/rounding-and-parts.md, matching.md, caps.md.

* ``Opener.parts(line)``: what each order line has of a statement line. The parts add up to the
  line's amount, except for what hangs on no order (``Opener.unopened(line)``): lines of a bonus
  for a rank, a pool or cycles, and the shares of a match or a cut that fall on such lines.
* ``Opener.through(line)``: for a match or a cut, the statement lines behind it with the share that
  each of them has; empty for all other lines.
* ``Opener.behind(line)``: the positions of those whose sales (or, of a match, whose lines) are
  behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from compensation.engine.arrays import column
from compensation.engine.branches import Branch
from compensation.engine.caps import Cap
from compensation.engine.components import Component, Match
from compensation.engine.explain import contributors, orders_behind
from compensation.engine.parts import OrderLines, allot, line_parts
from compensation.engine.plan import Plan
from compensation.engine.types import Int

Key = tuple[str, int]
"""An order line: the order's reference and the line's number."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A statement line as a run stored it."""

    position: int
    """Position of the receiver."""
    member: int
    """Id of the receiver."""
    component: int
    """Index of the component; from their number on, of the cap that cut (``Plan.caps``)."""
    paid_level: int
    amount: int


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens lines of one run; the functions look up what the run stored."""

    plan: Plan
    branch: Callable[[StatementLine], Branch]
    """The branch of a line's receiver."""
    order_lines: Callable[[Int, Branch], OrderLines]
    """All order lines of some positions; their sellers point into the branch."""
    statement_lines: Callable[[Int, Sequence[int], Branch], list[StatementLine]]
    """All statement lines of some positions by some components."""

    def behind(self, line: StatementLine) -> Int:
        """Give the positions of those behind a line: of a cut, the member himself."""
        source = source_of(self.plan, line.component)
        if isinstance(source, Cap):
            return column([line.position])
        return contributors(source, line.paid_level, self.branch(line))

    def through(self, line: StatementLine) -> list[tuple[StatementLine, int]]:
        """Give the statement lines behind a match or a cut, each with its share of the amount.

        They stand in the order in which ties go: member id, component, paid level. The shares add
        up to the amount. Empty for lines of other kinds.
        """
        source = source_of(self.plan, line.component)
        if not isinstance(source, (Match, Cap)):
            return []
        indexes = lines_behind(self.plan, source)
        found = self.statement_lines(self.behind(line), indexes, self.branch(line))
        found = [one for one in found if one.amount]
        found.sort(key=lambda one: (one.member, one.component, one.paid_level))
        shares = _shared(line.amount, [one.amount for one in found])
        return list(zip(found, shares, strict=True))

    def parts(self, line: StatementLine) -> dict[Key, int]:
        """Give what each order line has of a statement line, noughts left out."""
        source = source_of(self.plan, line.component)
        if isinstance(source, (Match, Cap)):
            return self._parts_through(line)
        if not source.opens_to_orders:
            return {}
        branch = self.branch(line)
        lines = self.order_lines(contributors(source, line.paid_level, branch), branch)
        lines = lines.only(orders_behind(source, line.paid_level, branch, lines.orders))
        found = line_parts(source, line.amount, lines, branch.standing)
        keys = zip(lines.reference.tolist(), lines.number.tolist(), strict=True)
        return {
            key: amount for key, amount in zip(keys, found.amount.tolist(), strict=True) if amount
        }

    def unopened(self, line: StatementLine) -> int:
        """Give what of a line's amount hangs on no order: only an adjustment takes it back."""
        return line.amount - sum(self.parts(line).values())

    def _parts_through(self, line: StatementLine) -> dict[Key, int]:
        found: dict[Key, int] = {}
        for one, share in self.through(line):
            if not share:
                continue
            parts = sorted(self.parts(one).items())
            if not parts:
                continue  # it hangs on no order
            for (key, _), part in zip(
                parts, _shared(share, [amount for _, amount in parts]), strict=True
            ):
                found[key] = found.get(key, 0) + part
        return {key: amount for key, amount in found.items() if amount}


def source_of(plan: Plan, index: int) -> Component | Cap:
    """Give the component or cap that ``Earnings.component`` names."""
    if index < len(plan.components):
        return plan.components[index]
    return plan.caps[index - len(plan.components)]


def lines_behind(plan: Plan, source: Match | Cap) -> list[int]:
    """Give the indexes of the components whose lines a match matches or a cap cuts."""
    return [index for index, one in enumerate(plan.components) if one.id in source.of]


def _shared(amount: int, weights: Sequence[int]) -> list[int]:
    """Share out by largest remainder; ties go in the given order."""
    places = np.arange(len(weights))
    names = np.zeros(len(weights), dtype=np.str_)
    shares: list[int] = allot(amount, column(weights), names, places).tolist()
    return shares

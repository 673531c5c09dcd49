"""Open a statement line down to order lines, through what it matched where it is a match.

Rules: docs/plan/rounding-and-parts.md, matching.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from compensation.engine.branches import Branch
from compensation.engine.components import Match
from compensation.engine.explain import contributors
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

    def parts(self, line: StatementLine) -> dict[Key, int]:
        """Give what each order line has of a statement line; adds up to its amount."""
        component = self.plan.components[line.component]
        branch = self.branch(line)
        behind = contributors(component, line.paid_level, branch)
        if isinstance(component, Match):
            return self._matched(component, line, behind, branch)
        lines = self.order_lines(behind, branch)
        found = line_parts(component, line.amount, lines, branch.standing)
        keys = zip(lines.reference.tolist(), lines.number.tolist(), strict=True)
        return {
            key: amount for key, amount in zip(keys, found.amount.tolist(), strict=True) if amount
        }

    def _matched(
        self, component: Match, line: StatementLine, behind: Int, branch: Branch
    ) -> dict[Key, int]:
        indexes = matched_indexes(self.plan, component)
        matched = [one for one in self.statement_lines(behind, indexes, branch) if one.amount]
        matched.sort(key=lambda one: (one.member, one.component, one.paid_level))
        # They stand in the order in which ties go.
        shares = _shared(line.amount, [one.amount for one in matched])
        found: dict[Key, int] = {}
        for one, share in zip(matched, shares, strict=True):
            if not share:
                continue
            parts = sorted(self.parts(one).items())
            for (key, _), part in zip(
                parts, _shared(share, [amount for _, amount in parts]), strict=True
            ):
                found[key] = found.get(key, 0) + part
        return {key: amount for key, amount in found.items() if amount}


def matched_indexes(plan: Plan, component: Match) -> list[int]:
    """Give the indexes of the components that a match matches."""
    return [index for index, one in enumerate(plan.components) if one.id in component.of]


def _shared(amount: int, weights: Sequence[int]) -> list[int]:
    """Share out by largest remainder; ties go in the given order."""
    places = np.arange(len(weights))
    names = np.zeros(len(weights), dtype=np.str_)
    shares: list[int] = allot(amount, np.array(weights, dtype=np.int64), names, places).tolist()
    return shares

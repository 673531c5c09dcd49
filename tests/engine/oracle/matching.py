"""A percentage of what others have earned (docs/plan/matching.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.engine.oracle.facts import Line
from tests.engine.oracle.level_percent import may_be_paid, receivers_of_levels
from tests.engine.oracle.statement import Statement


def matched_lines(period: Statement, component: dict[str, Any]) -> list[Line]:
    """The lines of the components that are matched, in the order in which ties go."""
    ids = [other["id"] for other in period.plan["components"]]
    wanted = [ids.index(name) for name in component["of"]]
    found = [line for line in period.lines.values() if line.component in wanted and line.amount]
    return sorted(found, key=lambda line: (line.receiver, line.component, line.level, line.rate))


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Pay each level above an earner a percentage of his lines."""
    rates = component["rates"]
    for line in matched_lines(period, component):
        for receiver, level in receivers_of_levels(period, component, line.receiver):
            rate = period.rate(rates[level - 1], "money")
            if rate == 0 or not may_be_paid(period, component, receiver, level):
                continue
            own = period.lines.setdefault(
                (receiver, index, level, rate), Line(receiver, index, level, rate, "money")
            )
            own.base += line.amount
            own.sellers.add(line.receiver)
            own.matched.append(line)


def parts(
    period: Statement, line: Line, parts_of: Callable[[Line], dict[int, int]]
) -> dict[int, int]:
    """Share the amount out to the matched lines, and each share to that line's own rows."""
    return period.parts_through(line, parts_of)

"""Upper limits of what is paid to a person, or by the company. Rules: docs/plan/caps.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from compensation.engine.components import Component
from compensation.engine.components.base import read_identifier
from compensation.engine.reading import Node
from compensation.engine.types import Unit

SCOPES = ("person", "company")
MOST_CAPS = 20


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit of what components pay; what is cut is a statement line of its own."""

    id: str
    scope: str
    """``person``: of each member; ``company``: of all together."""
    of: tuple[str, ...]
    """Ids of the components that it covers, all of which pay money."""
    amount: int | None
    """The most that is paid, minor units; ``None`` where ``percent`` says it."""
    percent: Fraction
    """The most that is paid, as a share of the company's volume of the period."""
    on: str
    """``bv`` or ``net``, for ``percent``; empty for ``amount``."""

    @classmethod
    def read(cls, node: Node, components: Sequence[Component], digits: int) -> Self:
        """Read a cap from its part of the plan document."""
        table = node.mapping(("id", "scope"), ("amount", "percent", "on", "of"))
        scope = table["scope"].choice(SCOPES) if table.has("scope") else SCOPES[0]
        amount: int | None = None
        percent, on = Fraction(0), ""
        if table.has("amount"):
            amount = table["amount"].scaled("an amount of money", digits, least=1)
            for key in ("percent", "on"):
                if table.has(key):
                    table[key].fault("has no meaning with amount")
        elif scope == "person":
            table["amount"].fault("is missing")
            for key in ("percent", "on"):
                if table.has(key):
                    table[key].fault("has no meaning with the scope person")
        elif table.has("percent"):
            percent = table["percent"].percentage()
            on = table["on"].choice(("bv", "net")) if table.has("on") else "bv"
        else:
            table["percent"].fault("is missing (percent or amount)")
        return cls(
            id=read_identifier(table),
            scope=scope,
            of=_covered(table["of"], components),
            amount=amount,
            percent=percent,
            on=on,
        )


def read_caps(node: Node, components: Sequence[Component], digits: int) -> tuple[Cap, ...]:
    """Read the plan document's ``caps``; nothing given is no limit."""
    if not node.given:
        return ()
    taken = {component.id for component in components}
    found: list[Cap] = []
    for element in node.items(least=1, most=MOST_CAPS):
        cap = Cap.read(element, components, digits)
        if cap.id and cap.id in taken:
            element.fault(f'the id "{cap.id}" is taken')
        taken.add(cap.id)
        for earlier in found:
            mine, others = set(cap.of), set(earlier.of)
            if not others <= mine and mine & others:
                element.fault(
                    f"covers a part of what {earlier.id} covers; what a later cap covers must "
                    "include all that an earlier one does, or nothing of it"
                )
        found.append(cap)
    return tuple(found)


def _covered(node: Node, components: Sequence[Component]) -> tuple[str, ...]:
    """Read the components that are covered; all that pay money where none is named."""
    unit = {component.id: component.unit for component in components}
    if not node.given:
        return tuple(one for one in unit if unit[one] == Unit.MONEY)
    found: list[str] = []
    for entry in node.items(least=1, most=50):
        if not isinstance(entry.value, str) or entry.value not in unit:
            entry.fault(f'"{entry.value}" is not a component')
        elif unit[entry.value] != Unit.MONEY:
            entry.fault(f'"{entry.value}" pays no money')
        elif entry.value in found:
            entry.fault(f'"{entry.value}" stands in it twice')
        else:
            found.append(entry.value)
    return tuple(found)

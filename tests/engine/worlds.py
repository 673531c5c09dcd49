"""Small worlds for the engine's own tests: plans from a few keys, trees from pairs of names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compensation.engine import Members, Plan, Qualifying, Results, Sales, Status, parse_plan


def plan_of(*components: dict[str, Any], **keys: Any) -> Plan:
    """Give a plan with these components in which every enrolled member is active."""
    document = {
        "format": 1,
        "name": "test",
        "currency": "EUR",
        "activity": {"test": {"measure": "always"}, "window": "period"},
        "components": list(components) or [percentages("0")],
        **keys,
    }
    return parse_plan(document)


def percentages(*rates: str, **keys: Any) -> dict[str, Any]:
    return {"id": "levels", "kind": "level_percent", "rates": list(rates), **keys}


def points(depth: int | None = None, **keys: Any) -> dict[str, Any]:
    given = {} if depth is None else {"depth": depth}
    return {"id": "rsp", "kind": "rsp_points", **given, **keys}


def ladder(*names: str) -> dict[str, Any]:
    return {"ladder": [{"name": name} for name in names]}


def hundredths(text: str) -> int:
    """Read ``12.5`` as 1250."""
    whole, _, rest = text.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return int(whole) * 100 + sign * int((rest + "00")[:2])


@dataclass(frozen=True)
class People:
    """Members with names; ids follow the order in which they are given, from 1."""

    names: tuple[str, ...]
    members: Members

    @classmethod
    def of(
        cls,
        sponsors: Mapping[str, str | None],
        *,
        status: Mapping[str, Status] | None = None,
        titles: Mapping[str, int] | None = None,
        enrolled: Mapping[str, int] | None = None,
    ) -> People:
        names = tuple(sponsors)
        at = {name: row for row, name in enumerate(names)}
        rows = [-1 if above is None else at[above] for above in sponsors.values()]
        return cls(
            names,
            Members.of(
                np.arange(1, len(names) + 1),
                rows,
                status=[int((status or {}).get(name, 0)) for name in names],
                opening_title=[(titles or {}).get(name, 0) for name in names],
                enrolled=[(enrolled or {}).get(name, 0) for name in names],
            ),
        )

    @classmethod
    def line(cls, *names: str, **keys: Any) -> People:
        """Give a chain, the first name on top."""
        return cls.of(dict(zip(names, (None, *names[:-1]), strict=True)), **keys)

    def row(self, name: str) -> int:
        return self.names.index(name)

    def sales(self, *rows: tuple[str, dict[str, Any]]) -> Sales:
        """Give sales from (seller, facts); volumes and money as text, e.g. ``bv="12.50"``."""

        def column(key: str, default: Any) -> list[Any]:
            values = [facts.get(key, default) for _, facts in rows]
            return [hundredths(one) if isinstance(one, str) else one for one in values]

        return Sales.of(
            [self.row(name) for name, _ in rows],
            bv=column("bv", 0),
            rsp=column("rsp", 0),
            rsp_all=[
                hundredths(one) if isinstance(one, str) else one
                for one in (facts.get("rsp_all", facts.get("rsp", 0)) for _, facts in rows)
            ],
            net=column("net", 0),
            order=[facts.get("order", 100 + index) for index, (_, facts) in enumerate(rows)],
            own=[facts.get("own", False) for _, facts in rows],
            first_order=[facts.get("first_order", False) for _, facts in rows],
            day=[facts.get("day", 0) for _, facts in rows],
            customer=[facts.get("customer", -1) for _, facts in rows],
            margin=column("margin", 0),
        )

    def stated(self, values: Mapping[str, int], otherwise: int) -> list[int]:
        return [values.get(name, otherwise) for name in self.names]

    def of_results(self, results: Results, name: str) -> dict[str, Any]:
        """Give one member's results by field name."""
        at = int(np.flatnonzero(results.members.row == self.row(name))[0])
        return {
            field: getattr(results.members, field)[at].item()
            for field in results.members.__dataclass_fields__
            if field not in ("figures", "figure_names")
        } | {
            name: int(figures[at])
            for name, figures in zip(
                results.members.figure_names, results.members.figures, strict=True
            )
        }

    def amounts(self, results: Results) -> dict[tuple[str, int], int]:
        """Give amounts by (receiver's name, paid level), all components together."""
        found: dict[tuple[str, int], int] = {}
        lines = results.earnings
        for position, level, amount in zip(
            lines.receiver.tolist(), lines.paid_level.tolist(), lines.amount.tolist(), strict=True
        ):
            name = self.names[int(results.members.row[position])]
            found[name, level] = found.get((name, level), 0) + amount
        return found


def random_members(chance: np.random.Generator, size: int, shape: str = "random") -> Members:
    """Give a tree of any shape, rows shuffled, ids without order, about one root in thirty."""
    rows = chance.permutation(size)
    sponsor = np.full(size, -1, dtype=np.int64)
    for place in range(1, size):
        if shape == "chain":
            above = place - 1
        elif shape == "star":
            above = 0
        else:
            above = int(chance.integers(max(0, place - 1 - int(chance.integers(place))), place))
        if shape != "random" or chance.random() < 0.97:
            sponsor[rows[place]] = rows[above]
    return Members.of(
        chance.permutation(size * 3)[:size],
        sponsor,
        status=chance.choice([0, 0, 0, 0, 0, 0, 0, 0, 1, 2], size),
        opening_title=chance.integers(0, 3, size),
        enrolled=chance.integers(0, 60, size),
    )


def random_sales(chance: np.random.Generator, size: int, count: int) -> Sales:
    """Give orders of one to three lines, some netted to nought, some without points."""
    order = np.repeat(np.arange(count), chance.integers(1, 4, count))
    by_order = {
        "seller": chance.integers(0, size, count)[order],
        "own": (chance.random(count) < 0.3)[order],
        "first_order": (chance.random(count) < 0.3)[order],
        "day": chance.integers(0, 120, count)[order],
    }
    lines = len(order)
    volume = chance.integers(0, 10_000, lines) * (chance.random(lines) < 0.9)
    repeat = chance.random(lines) < 0.6
    return Sales.of(
        by_order.pop("seller"),
        order=chance.permutation(count * 2)[:count][order],
        bv=volume,
        rsp=np.where(repeat, volume // 3, 0),
        rsp_all=volume // 3,
        net=chance.integers(0, 20_000, lines),
        margin=chance.integers(0, 9_000, lines) * (chance.random(lines) < 0.5),
        **by_order,
    )


def random_qualifying(chance: np.random.Generator, size: int, count: int) -> Qualifying:
    return Qualifying.of(
        chance.integers(0, size, count),
        bv=chance.integers(-500, 9000, count),
        own_bv=chance.integers(-100, 500, count),
        rsp=chance.integers(-100, 3000, count),
        in_period=chance.random(count) < 0.3,
    )


def shuffled(chance: np.random.Generator, rows: Sales, order: Sequence[int] | None = None) -> Sales:
    mixed = chance.permutation(len(rows)) if order is None else np.array(order)
    return Sales(**{name: getattr(rows, name)[mixed] for name in Sales.__dataclass_fields__})

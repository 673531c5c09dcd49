"""Orders and personal volumes, by position in the tree. Rules: docs/plan/activity.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from compensation.engine.money import require_sum_fits
from compensation.engine.tree import Tree
from compensation.engine.types import Bool, EngineError, Int, Qualifying, Sales

QUANTITIES = ("bv", "rsp", "rsp_all", "net", "margin", "units", "rsp_repeat")
"""What rows of an order are added up in."""
FACTS = ("own", "first_order", "day", "customer", "paid_at")
"""What all rows of an order agree on, besides the seller."""
POINTS = {"repeat_only": "rsp", "all_products": "rsp_all", "repeat_sales": "rsp_repeat"}
"""Columns of points, by what a plan's ``points_from`` says."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of the period, ordered by number; ``seller`` is a position in the tree."""

    seller: Int
    number: Int
    bv: Int
    rsp: Int
    rsp_all: Int
    net: Int
    own: Bool
    first_order: Bool
    day: Int
    customer: Int
    margin: Int
    units: Int
    rsp_repeat: Int
    paid_at: Int

    @classmethod
    def of_rows(cls, sales: Sales) -> Self:
        """Take rows of sales as they are, without adding any up; sellers stay row numbers."""
        return cls(
            number=sales.order,
            **{name: getattr(sales, name) for name in ("seller", *QUANTITIES, *FACTS)},
        )

    def only(self, chosen: Bool) -> Self:
        """Keep some of the rows."""
        return type(self)(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})

    def whole(self, rows: Int | slice = slice(None)) -> Self:
        """Give the one order that these rows are the lines of."""
        return replace(
            self,
            **{name: getattr(self, name)[rows].sum(keepdims=True) for name in QUANTITIES},
            **{name: getattr(self, name)[rows][:1] for name in ("seller", "number", *FACTS)},
        )

    def __len__(self) -> int:
        return len(self.seller)

    def points(self, points_from: str) -> Int:
        """Give each order's points as ``points_from`` counts them."""
        points: Int = getattr(self, POINTS[points_from])
        return points


@dataclass(frozen=True, slots=True)
class Sums:
    """A quantity by seller: sum, and the orders behind it (those that are not nought)."""

    total: Int
    orders: Int
    """Number of orders with a quantity that is not nought."""


@dataclass(frozen=True, slots=True)
class Personal:
    """Personal volumes by position, in hundredths; with and without qualifying-only rows."""

    sold_bv: Int
    bv: Int
    own_bv: Int
    rsp: Int
    window_bv: Int
    window_own_bv: Int
    window_rsp: Int


def gather_orders(sales: Sales, tree: Tree) -> Orders:
    """Add up the rows of each order and put the orders in the order of their numbers.

    :raises EngineError: if a seller does not exist, if rows of one order disagree about seller,
        buyer or day, or if sums would leave 64 bits.
    """
    _check_rows("sale", sales.seller, len(tree))
    columns = {name: getattr(sales, name) for name in QUANTITIES}
    for name, values in columns.items():
        require_sum_fits(f"sales.{name}", values)
    facts: dict[str, Int | Bool] = {name: getattr(sales, name) for name in FACTS}
    facts["seller"] = tree.position[sales.seller]
    number = sales.order
    if not bool((number[1:] >= number[:-1]).all()):
        by_number = np.argsort(number, kind="stable")
        number = number[by_number]
        columns = {name: values[by_number] for name, values in columns.items()}
        facts = {name: values[by_number] for name, values in facts.items()}
    same = number[1:] == number[:-1]
    if same.any():
        _require_agreement(number, same, facts)
        begins = np.concatenate((np.zeros(1, dtype=np.int64), np.flatnonzero(~same) + 1))
        number = number[begins]
        columns = {name: np.add.reduceat(values, begins) for name, values in columns.items()}
        facts = {name: values[begins] for name, values in facts.items()}
    return Orders(number=number, **columns, **facts)  # type: ignore[arg-type]


def _require_agreement(number: Int, same: Bool, facts: Mapping[str, Int | Bool]) -> None:
    for name, column in facts.items():
        differs = same & (column[1:] != column[:-1])
        if differs.any():
            which = int(number[int(np.argmax(differs))])
            told = {"own": "buyer", "first_order": "first order", "paid_at": "time of payment"}
            raise EngineError(f"order {which}: its rows disagree about the {told.get(name, name)}")


def by_seller(seller: Int, values: Int, count: int) -> Sums:
    """Add up ``values`` for each of ``count`` positions."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, seller, values)
    return Sums(total=total, orders=np.bincount(seller[values != 0], minlength=count))


def personal_volumes(
    orders: Orders, qualifying: Qualifying, tree: Tree, points_from: str, reach: int
) -> Personal:
    """Add up what each member sold and what counts for qualification.

    ``reach`` is how many earlier periods belong to the activity window.

    :raises EngineError: if a member does not exist or sums would leave 64 bits.
    """
    n = len(tree)
    _check_rows("qualifying volume", qualifying.member, n)
    extra_points: Int = getattr(qualifying, POINTS[points_from])
    sold = orders.points(points_from)
    pairs = (
        ("bv", orders.bv, qualifying.bv),
        ("own_bv", np.where(orders.own, orders.bv, 0), qualifying.own_bv),
        ("rsp", sold, extra_points),
    )
    member = tree.position[qualifying.member]
    now = qualifying.in_period
    earlier = ~now & (qualifying.periods_ago <= reach)
    sums: dict[str, Int] = {}
    for name, of_sales, extra in pairs:
        require_sum_fits(f"personal {name}", of_sales, extra)
        period = np.zeros(n, dtype=np.int64)
        np.add.at(period, orders.seller, of_sales)
        if name == "bv":
            sums["sold"] = period.copy()
        np.add.at(period, member[now], extra[now])
        window = period.copy()
        np.add.at(window, member[earlier], extra[earlier])
        sums[name], sums[f"window_{name}"] = period, window
    return Personal(
        sold_bv=sums["sold"],
        bv=sums["bv"],
        own_bv=sums["own_bv"],
        rsp=sums["rsp"],
        window_bv=sums["window_bv"],
        window_own_bv=sums["window_own_bv"],
        window_rsp=sums["window_rsp"],
    )


def _check_rows(what: str, rows: Int, count: int) -> None:
    bad = np.flatnonzero((rows < 0) | (rows >= count))
    if len(bad):
        raise EngineError(f"{what} {int(bad[0])}: member row {int(rows[bad[0]])} does not exist")

"""Orders and personal volumes, by position in the tree. Rules: docs/plan/activity.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compensation.engine.money import require_sum_fits
from compensation.engine.tree import Tree
from compensation.engine.types import Bool, EngineError, Int, Qualifying, Sales


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

    def __len__(self) -> int:
        return len(self.seller)

    def points(self, points_from: str) -> Int:
        """Give each order's points as ``points_from`` counts them."""
        return self.rsp_all if points_from == "all_products" else self.rsp


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
    for name in ("bv", "rsp", "rsp_all", "net"):
        require_sum_fits(f"sales.{name}", getattr(sales, name))
    seller = tree.position[sales.seller]
    number = sales.order
    columns = [sales.bv, sales.rsp, sales.rsp_all, sales.net]
    facts = [seller, sales.day]
    flags = [sales.own, sales.first_order]
    if not bool((number[1:] >= number[:-1]).all()):
        by_number = np.argsort(number, kind="stable")
        number = number[by_number]
        columns = [column[by_number] for column in columns]
        facts = [column[by_number] for column in facts]
        flags = [column[by_number] for column in flags]
    same = number[1:] == number[:-1]
    if same.any():
        _require_agreement(number, same, facts, flags)
        begins = np.concatenate((np.zeros(1, dtype=np.int64), np.flatnonzero(~same) + 1))
        number = number[begins]
        columns = [np.add.reduceat(column, begins) for column in columns]
        facts = [column[begins] for column in facts]
        flags = [column[begins] for column in flags]
    return Orders(
        seller=facts[0],
        number=number,
        bv=columns[0],
        rsp=columns[1],
        rsp_all=columns[2],
        net=columns[3],
        own=flags[0],
        first_order=flags[1],
        day=facts[1],
    )


def _require_agreement(number: Int, same: Bool, facts: list[Int], flags: list[Bool]) -> None:
    columns = (("seller", facts[0]), ("day", facts[1]), ("buyer", flags[0]))
    for name, column in (*columns, ("first order", flags[1])):
        differs = same & (column[1:] != column[:-1])
        if differs.any():
            which = int(number[int(np.argmax(differs))])
            raise EngineError(f"order {which}: its rows disagree about the {name}")


def by_seller(seller: Int, values: Int, count: int) -> Sums:
    """Add up ``values`` for each of ``count`` positions."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, seller, values)
    return Sums(total=total, orders=np.bincount(seller[values != 0], minlength=count))


def personal_volumes(
    orders: Orders, qualifying: Qualifying, tree: Tree, points_from: str
) -> Personal:
    """Add up what each member sold and what counts for qualification.

    :raises EngineError: if a member does not exist or sums would leave 64 bits.
    """
    n = len(tree)
    _check_rows("qualifying volume", qualifying.member, n)
    extra_points = qualifying.rsp_all if points_from == "all_products" else qualifying.rsp
    sold = orders.points(points_from)
    pairs = (
        ("bv", orders.bv, qualifying.bv),
        ("own_bv", np.where(orders.own, orders.bv, 0), qualifying.own_bv),
        ("rsp", sold, extra_points),
    )
    member = tree.position[qualifying.member]
    now = qualifying.in_period
    sums: dict[str, Int] = {}
    for name, of_sales, extra in pairs:
        require_sum_fits(f"personal {name}", of_sales, extra)
        period = np.zeros(n, dtype=np.int64)
        np.add.at(period, orders.seller, of_sales)
        if name == "bv":
            sums["sold"] = period.copy()
        np.add.at(period, member[now], extra[now])
        window = period.copy()
        np.add.at(window, member[~now], extra[~now])
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

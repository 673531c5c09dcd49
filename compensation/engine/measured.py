"""Everybody's figures of a period, by position in the tree. Rules: docs/plan/requirements.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from compensation.engine.arrays import as_numbers
from compensation.engine.figures import (
    BOUGHT,
    WITH_BOUGHT,
    Counted,
    LegMaximum,
    Windowed,
    figure_of,
    rests_on_group,
)
from compensation.engine.money import INT64_MAX, SumTooLargeError, largest, require_sum_fits
from compensation.engine.people import Counting
from compensation.engine.tree import Tree
from compensation.engine.types import NOT_STATED, Bool, Int, Qualifying, Stated
from compensation.engine.volumes import POINTS, Orders, Personal


class Measured:
    """A member's own figures, stated ones in place, and what can be counted below him."""

    def __init__(
        self,
        tree: Tree,
        orders: Orders,
        qualifying: Qualifying,
        personal: Personal,
        stated: Stated | None,
        points_from: str,
    ) -> None:
        self._tree = tree
        self._orders = orders
        self._qualifying = qualifying
        self._personal = personal
        self._stated = stated
        self._points_from = points_from
        self._group_bv = tree.subtree_sums(personal.bv)
        self.by_name: dict[str, Int] = {
            "personal_bv": self.figure("personal_bv", personal.bv),
            "own_bv": personal.own_bv,
            "window_bv": self.figure("window_bv", personal.window_bv),
            "group_bv": self.figure("group_bv", self._group_bv),
            "personal_rsp": self.figure("personal_rsp", personal.rsp),
            "window_rsp": self.figure("window_rsp", personal.window_rsp),
            "stated_points": self.figure("points", np.zeros(len(tree), dtype=np.int64)),
            "retail_customers": retail_customers(orders, len(tree)),
        }

    def figure(self, name: str, computed: Int) -> Int:
        """Give the computed figures with stated ones in their place."""
        given = self.stated(name)
        return computed if given is None else np.where(given == NOT_STATED, computed, given)

    def stated(self, name: str) -> Int | None:
        """Give what is stated, ``NOT_STATED`` elsewhere; ``None`` if nothing is for anybody."""
        if self._stated is None:
            return None
        given: Int = getattr(self._stated, name)[self._tree.row]
        return given if bool((given != NOT_STATED).any()) else None

    def further(
        self, names: Iterable[str], month_of_quarter: int, enrolled: Bool, plain: Mapping[str, Int]
    ) -> dict[str, Int]:
        """Give the figures of these canonical names, but for those that hang on ranks.

        ``plain`` has the plain measures.

        :raises SumTooLargeError: if sums would leave 64 bits.
        """
        found = {}
        for name in names:
            figure = figure_of(name)
            if isinstance(figure, Windowed):
                found[name] = self._windowed(figure, month_of_quarter)
            elif isinstance(figure, LegMaximum):
                within = np.minimum(self._group_bv, figure.most)
                found[name] = self._personal.bv + self._tree.child_sums(within)
            elif isinstance(figure, Counted) and figure.measure != "rank":
                of_kind = enrolled & (plain[figure.measure] >= figure.at_least)
                found[name] = Counting(self._tree, figure.what, of_kind).counts
        return found

    def with_bought(self, names: Iterable[str], bought_bv: Int, enrolled: Bool) -> dict[str, Int]:
        """Give what figures of ranks are with BV bought with points, under results' names.

        ``names`` are the figures that ranks ask for, ``bought_bv`` is what each member bought
        himself. Empty if nobody bought any, or no rank asks for group BV in some way.

        :raises SumTooLargeError: if group BV would leave 64 bits.
        """
        asked = [name for name in names if rests_on_group(name)]
        if not asked or not bought_bv.any():
            return {}
        require_sum_fits("group BV with bought BV", self._personal.bv, bought_bv)
        bought = self._tree.subtree_sums(bought_bv)
        if largest(self.by_name["group_bv"]) + largest(bought) > INT64_MAX:
            raise SumTooLargeError("a stated group BV with bought BV does not fit into 64 bits")
        found = {BOUGHT: bought}
        for name in asked:
            figure = figure_of(name)
            if isinstance(figure, LegMaximum):
                within = np.minimum(self._group_bv + bought, figure.most)
                own = self._personal.bv + bought_bv
                found[name + WITH_BOUGHT] = own + self._tree.child_sums(within)
            elif isinstance(figure, Counted):
                of_kind = enrolled & (self.by_name["group_bv"] + bought >= figure.at_least)
                found[name + WITH_BOUGHT] = Counting(self._tree, figure.what, of_kind).counts
        return found

    def _windowed(self, figure: Windowed, month_of_quarter: int) -> Int:
        orders, qualifying = self._orders, self._qualifying
        column = "bv" if figure.measure == "personal_bv" else POINTS[self._points_from]
        sold: Int = getattr(orders, column)
        earlier: Int = getattr(qualifying, column)
        own: Int = getattr(qualifying, f"own_{column}")
        if figure.source != "both":
            sold = np.where(orders.own == (figure.source == "own"), sold, 0)
            earlier = own if figure.source == "own" else earlier - own
        reached = qualifying.periods_ago <= figure.reach(month_of_quarter)
        require_sum_fits(figure.name, sold, earlier)
        sums = np.zeros(len(self._tree), dtype=np.int64)
        np.add.at(sums, orders.seller, sold)
        member = self._tree.position[qualifying.member[reached]]
        np.add.at(sums, member, earlier[reached])
        return sums


def retail_customers(orders: Orders, count: int) -> Int:
    """Count each seller's distinct customers whose orders together have BV above nought.

    Where no order names its customer, it is nought for everybody.
    """
    bought = (orders.customer >= 0) & ~orders.own
    if not bought.any():
        return np.zeros(count, dtype=np.int64)
    seller, customer, bv = orders.seller[bought], orders.customer[bought], orders.bv[bought]
    order = np.lexsort((customer, seller))
    seller, customer, bv = seller[order], customer[order], bv[order]
    differs = (np.diff(seller) != 0) | (np.diff(customer) != 0)
    begins = np.concatenate((np.zeros(1, dtype=np.int64), np.flatnonzero(differs) + 1))
    real = np.add.reduceat(bv, begins) > 0
    return as_numbers(np.bincount(seller[begins][real], minlength=count))

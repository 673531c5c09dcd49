"""The engine's input as one thing that can be taken apart and put together differently."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from compensation.engine import Members, Plan, Qualifying, Results, Sales, Stated, Status, compute
from compensation.engine.arrays import NOT_STATED, Int
from compensation.engine.carried import Carried
from compensation.engine.digests import input_digest
from compensation.engine.qualifying import PeriodPlace
from compensation.engine.tree import build_tree
from compensation.engine.volumes import gather_orders
from compensation.loaders import Facts


@dataclass(frozen=True, slots=True)
class Input:
    """What one run of the engine is given, beside the plan."""

    members: Members
    sales: Sales
    qualifying: Qualifying
    stated: Stated | None = None
    carried: Carried | None = None
    calendar: PeriodPlace | None = None

    @classmethod
    def of(cls, facts: Facts) -> Self:
        """Take the facts of a run as they were loaded."""
        given = {name: getattr(facts, name) for name in _OF_FACTS}
        return cls(**given)

    def compute(self, plan: Plan) -> Results:
        """Run the engine in memory.

        :raises EngineError: as the engine.
        """
        return compute(
            plan,
            self.members,
            self.sales,
            qualifying=self.qualifying,
            stated=self.stated,
            carried=self.carried,
            calendar=self.calendar,
        )

    def digest(self) -> str:
        """Digest it as the engine does."""
        tree = build_tree(self.members)
        orders = gather_orders(self.sales, tree)
        return input_digest(
            self.members, tree, orders, self.qualifying, self.stated, self.carried, self.calendar
        )


_OF_FACTS = tuple(
    field.name for field in fields(Input) if field.name in {one.name for one in fields(Facts)}
)


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back of a period's orders while it was open; one row a return."""

    order: Int
    """Number of the order."""
    amounts: dict[str, Int]
    """What is taken off its columns, by name; what is left out stays."""

    @classmethod
    def none(cls) -> Self:
        """Nothing came back."""
        return cls(np.zeros(0, dtype=np.int64), {})

    def __len__(self) -> int:
        return len(self.order)

    def only(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Self:
        """Keep some of the returns."""
        return replace(
            self,
            order=self.order[chosen],
            amounts={name: values[chosen] for name, values in self.amounts.items()},
        )


def before_returns(sales: Sales, returned: Returned) -> Sales:
    """Put back what was taken off the sales.

    :raises KeyError: if a return's order is not among them.
    """
    if not len(returned):
        return sales
    by_order = np.argsort(sales.order, kind="stable")
    place = np.searchsorted(sales.order[by_order], returned.order)
    place = place.clip(max=max(len(by_order) - 1, 0))
    if not len(by_order) or (sales.order[by_order[place]] != returned.order).any():
        raise KeyError("a return of an order that is not among the sales")
    row = by_order[place]
    whole = {}
    for name, values in returned.amounts.items():
        whole[name] = getattr(sales, name).copy()
        np.add.at(whole[name], row, values)
    return replace(sales, **whole)


def rows_of(ids: Int, wanted: Int) -> Int:
    """Give the rows at which ids stand among ``ids`` (in any order), -1 where they don't."""
    if not len(ids):
        return np.full(len(wanted), -1, dtype=np.int64)
    order = np.argsort(ids, kind="stable")
    place = np.searchsorted(ids[order], wanted).clip(max=len(ids) - 1)
    row = order[place]
    return np.where(ids[row] == wanted, row, -1)


def with_absent(members: Members, others: Members) -> Members:
    """Add those of ``others`` who are not among the members, as terminated and without a place.

    They keep their sponsors; without sales of their own they change nobody's figures.
    """
    there = rows_of(members.ids, others.ids)
    extra = np.flatnonzero(there < 0)
    if not len(extra):
        return members
    row = there.copy()
    row[extra] = len(members) + np.arange(len(extra))
    sponsor = others.sponsor[extra]
    nobody = np.full(len(extra), -1, dtype=np.int64)
    added = {
        "ids": others.ids[extra],
        "sponsor": np.where(sponsor >= 0, row[sponsor], -1),
        "status": np.full(len(extra), Status.TERMINATED, dtype=np.int64),
        "opening_title": np.zeros(len(extra), dtype=np.int64),
        "enrolled": others.enrolled[extra],
        "placement": nobody,
        "side": nobody,
        "bought_bv": np.zeros(len(extra), dtype=np.int64),
    }
    return Members(
        **{
            field.name: np.concatenate((getattr(members, field.name), added[field.name]))
            for field in fields(Members)
        }
    )


def moved_sales(sales: Sales, row: Int) -> Sales:
    """Number the sellers of sales anew; ``row`` is the new row of each member."""
    return replace(sales, seller=row[sales.seller])


def moved_qualifying(qualifying: Qualifying, row: Int) -> Qualifying:
    """Number the members of qualifying volumes anew."""
    return replace(qualifying, member=row[qualifying.member])


def moved_carried(carried: Carried | None, row: Int) -> Carried | None:
    """Number the members of what is carried anew."""
    return None if carried is None else replace(carried, member=row[carried.member])


def moved_stated(stated: Stated | None, row: Int, count: int) -> Stated:
    """Spread stated figures over ``count`` members; those who are new have none."""
    values = {}
    for field in fields(Stated) if stated is not None else ():
        spread = np.full(count, NOT_STATED, dtype=np.int64)
        spread[row] = getattr(stated, field.name)
        values[field.name] = spread
    return Stated.of(count, **values)


def chosen_stated(stated: Stated, rows: Int) -> Stated:
    """Keep what is stated of some members."""
    return Stated(**{field.name: getattr(stated, field.name)[rows] for field in fields(Stated)})


def joined_qualifying(*parts: Qualifying) -> Qualifying:
    """Put the rows of several together."""
    return Qualifying(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Qualifying)
        }
    )


def chosen_qualifying(
    qualifying: Qualifying, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Qualifying:
    """Keep some rows."""
    return Qualifying(
        **{field.name: getattr(qualifying, field.name)[chosen] for field in fields(Qualifying)}
    )


def same(one: object, other: object) -> bool:
    """Tell whether two bundles of arrays (or nothing) hold the same."""
    if one is None or other is None or type(one) is not type(other):
        return one is other
    if one is other:
        return True
    for field in fields(one):  # type: ignore[arg-type]  # dataclasses of arrays
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            if not np.array_equal(mine, theirs):
                return False
        elif mine != theirs:
            return False
    return True

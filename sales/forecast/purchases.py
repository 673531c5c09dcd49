"""Purchases as arrays: who bought what on which day, and the stretches and intervals in them.

A purchase is (customer, product, day); several on one day are one. Days are counted from any one
origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Purchases:
    """Purchases, each day once, sorted by customer, product and day; ids are dense from 0."""

    customer: Int
    product: Int
    day: Int
    customer_count: int
    product_count: int

    @classmethod
    def of(
        cls, customer: Int, product: Int, day: Int, *, customer_count: int, product_count: int
    ) -> Self:
        """Sort purchases and drop what is there twice."""
        order = np.lexsort((day, product, customer))
        customer, product, day = customer[order], product[order], day[order]
        fresh = np.ones(customer.size, dtype=bool)
        fresh[1:] = (
            (customer[1:] != customer[:-1]) | (product[1:] != product[:-1]) | (day[1:] != day[:-1])
        )
        return cls(customer[fresh], product[fresh], day[fresh], customer_count, product_count)

    def before(self, cut: int) -> Self:
        """Return what was bought before a day."""
        return self._only(self.day < cut)

    def within(self, start: int, end: int) -> Self:
        """Return what was bought from one day until before another."""
        return self._only((self.day >= start) & (self.day < end))

    def as_visits(self) -> Self:
        """Return the days on which anything was bought, as purchases of one and the same thing."""
        return type(self).of(
            self.customer,
            np.zeros_like(self.product),
            self.day,
            customer_count=self.customer_count,
            product_count=1,
        )

    def _only(self, kept: npt.NDArray[np.bool_]) -> Self:
        return type(self)(
            self.customer[kept],
            self.product[kept],
            self.day[kept],
            self.customer_count,
            self.product_count,
        )


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of rows of one customer and product: where each begins, and how long it is."""

    start: Int
    size: Int

    @classmethod
    def of(cls, *keys: Int) -> Self:
        """Find the stretches in which all keys stay the same; rows are sorted by them."""
        count = keys[0].size
        changes = np.zeros(count, dtype=bool)
        changes[:1] = True
        for key in keys:
            changes[1:] |= key[1:] != key[:-1]
        start = np.flatnonzero(changes)
        return cls(start, np.diff(np.append(start, count)))

    def total(self, values: npt.NDArray) -> npt.NDArray:
        """Add up values within each stretch."""
        if not self.start.size:
            return values[:0]
        return np.add.reduceat(values, self.start)


def intervals(past: Purchases) -> tuple[Int, npt.NDArray[np.bool_]]:
    """Return days since the purchase before, and where there is one."""
    gap = np.zeros(past.day.size, dtype=np.int64)
    gap[1:] = past.day[1:] - past.day[:-1]
    same = np.zeros(past.day.size, dtype=bool)
    same[1:] = (past.customer[1:] == past.customer[:-1]) & (past.product[1:] == past.product[:-1])
    return gap, same


def medians(keys: Int, values: npt.NDArray, count: int) -> tuple[npt.NDArray, Int]:
    """Return the lower median of the values of each key, and how many there are; 0 for none."""
    order = np.lexsort((values, keys))
    sizes = np.bincount(keys, minlength=count)
    middle = np.cumsum(sizes) - sizes + np.maximum(sizes - 1, 0) // 2
    found = np.zeros(count, dtype=np.float64)
    some = sizes > 0
    found[some] = values[order][middle[some]]
    return found, sizes


def pair_keys(purchases: Purchases, runs: Runs) -> Int:
    """Return one number for each customer and product, ascending."""
    return (
        purchases.customer[runs.start] * max(purchases.product_count, 1)
        + (purchases.product[runs.start])
    )

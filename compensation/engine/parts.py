"""From a statement line down to order lines, exactly. Rules: docs/plan/rounding-and-parts.md.

Pure functions over the run's frozen order lines and results; nothing here is stored unless it is
reversed. ``compensation.engine.explain`` finds the sellers behind a line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from compensation.engine.arrays import column
from compensation.engine.money import INT64_MAX, largest, require_sum_fits, round_ratio
from compensation.engine.types import Bool, EngineError, Int, Sales
from compensation.engine.volumes import Orders

if TYPE_CHECKING:
    from compensation.engine.components.base import Component, Standing

Text = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class OrderLines:
    """Frozen order lines of some sellers; ``orders`` has one element per order *line*.

    ``orders.seller`` points into the ``Standing`` that is passed with it.
    """

    orders: Orders
    reference: Text
    """The order's reference."""
    number: Int
    """Line number within the order."""

    @classmethod
    def of(
        cls,
        seller: npt.ArrayLike,
        order: npt.ArrayLike,
        reference: npt.ArrayLike,
        number: npt.ArrayLike,
        **facts: npt.ArrayLike,
    ) -> Self:
        """Bundle; ``facts`` are ``bv``, ``rsp``, ``net``, ... as in ``Sales.of``, by line."""
        sales = Sales.of(seller, order=order, **facts)
        return cls(
            orders=Orders.of_rows(sales),
            reference=np.asarray(reference, dtype=np.str_),
            number=np.asarray(number, dtype=np.int64),
        )

    def only(self, chosen: Bool) -> Self:
        """Keep some of them."""
        return replace(
            self,
            orders=self.orders.only(chosen),
            reference=self.reference[chosen],
            number=self.number[chosen],
        )

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, slots=True)
class Parts:
    """What each order line has of a statement line; same length and order as the order lines."""

    base: Int
    """Share of the line's base (for a flat bonus: the order's count, on each of its lines)."""
    amount: Int
    """Share of the line's amount; adds up to it exactly."""


def allot(amount: int, weights: Int, references: Text, numbers: Int) -> Int:
    """Share ``amount`` out by ``weights``, by largest remainder.

    Ties go by reference (as text), then number. The shares add up to ``amount``.

    :raises EngineError: if the weights add up to nought while there is something to share out.
    """
    if amount == 0 or len(weights) == 0:
        if amount:
            raise EngineError(f"there is nothing that {amount} could be allotted to")
        return np.zeros(len(weights), dtype=np.int64)
    require_sum_fits("weights", weights)
    total = int(weights.sum())
    if total == 0:
        raise EngineError(f"the weights add up to nought, {amount} can't be allotted")
    magnitude = abs(amount)
    weights, total = weights * np.sign(total), abs(total)
    if largest(weights) * magnitude <= INT64_MAX:
        shares, remainders = np.divmod(weights * magnitude, total)
    else:
        pairs = [divmod(weight * magnitude, total) for weight in weights.tolist()]
        shares, remainders = column(one for one, _ in pairs), column(rest for _, rest in pairs)
    left = magnitude - int(shares.sum())
    order = np.lexsort((numbers, references, -remainders))
    shares[order[:left]] += 1
    result: Int = shares * np.sign(amount)
    return result


def line_parts(component: Component, amount: int, lines: OrderLines, standing: Standing) -> Parts:
    """Allot a statement line's ``amount`` to the order lines of the sellers behind it.

    ``lines`` are all order lines of these sellers in the period, in any order; those without a
    share get nought.

    :raises EngineError: if none of them has a share although there is an amount, or the kind
        opens to no order lines (``component.opens_to_orders``).
    """
    return component.parts(amount, lines, standing)


def weighed_parts(amount: int, weights: Int, lines: OrderLines) -> Parts:
    """Allot an amount by the order lines' shares of the base."""
    return Parts(base=weights, amount=allot(amount, weights, lines.reference, lines.number))


def no_parts(identifier: str, amount: int, lines: OrderLines) -> Parts:
    """Refuse to open a line that order lines do not make: only an adjustment takes it back.

    :raises EngineError: if there is an amount.
    """
    if amount:
        raise EngineError(f"{identifier}: its lines open to no order lines")
    nothing = np.zeros(len(lines), dtype=np.int64)
    return Parts(base=nothing, amount=nothing)


def reverse_part(
    part: int, *, quantity: int, returned_before: int, returned_now: int, reversed_before: int
) -> int:
    """Give what a return takes back of a part, with the part's sign; the last takes the rest.

    ``quantity`` is the frozen line's, ``reversed_before`` the sum of what earlier returns of the
    same part took back. Rules: docs/plan/reversal.md.

    :raises EngineError: if more would be returned than was sold, or nothing.
    """
    returned = returned_before + returned_now
    if returned_now <= 0 or returned_before < 0 or returned > quantity:
        raise EngineError(
            f"{returned_now} after {returned_before} of {quantity} pieces can't be returned"
        )
    return round_ratio(part * returned, quantity) - reversed_before

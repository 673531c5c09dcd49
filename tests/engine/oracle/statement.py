"""A period's statement: lines, the one rounding, and the parts of a line."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.engine.oracle.facts import EXACT, HUNDRED, ROUNDING, Line, Placing, Sale, number
from tests.engine.oracle.ranks import Ranks


class Statement(Ranks):
    """The lines of a period, to which each component adds its own."""

    def __init__(self, *facts: Any) -> None:
        super().__init__(*facts)
        self.lines: dict[tuple[Any, ...], Line] = {}
        self.breakaways: dict[str, tuple[dict[int, Decimal], set[int]]] = {}
        self.rankings: dict[str, dict[int, Placing]] = {}

    def add(self, key: tuple[int, int, int], rate: Decimal, unit: str, order: Sale, base: int):
        """Put an order's base on the line of a receiver, component and level."""
        if rate == 0:
            return
        line = self.lines.setdefault((*key, rate), Line(*key, rate, unit))
        line.base += base
        line.orders[order.order] = base
        if base:
            line.sellers.add(order.seller)

    def add_fact(self, key: tuple[int, int, int], rate: Decimal, base: int):
        """Put money on a line that hangs on no order of its own."""
        if base and rate:
            self.lines[*key, rate] = Line(*key, rate, "money", base=base)

    def parts_through(
        self, line: Line, parts_of: Callable[[Line], dict[int, int]]
    ) -> dict[int, int]:
        """Share an amount out to the lines behind it, and each share to that line's own rows."""
        weights = [
            ((other.receiver, other.component, other.level, other.rate), other.amount)
            for other in line.matched
        ]
        shares = share_out(line.amount, weights)
        found: dict[int, int] = {}
        for other in line.matched:
            share = shares[other.receiver, other.component, other.level, other.rate]
            of_rows = [
                ((str(self.rows[row].order), row), part) for row, part in parts_of(other).items()
            ]
            if not of_rows:
                continue  # it hangs on no order
            for (_, row), part in share_out(share, of_rows).items():
                found[row] = found.get(row, 0) + part
        return {row: part for row, part in found.items() if part}

    def rate(self, percent: str, on: str) -> Decimal:
        """Minor units of money for one hundredth of BV, or for one minor unit of money."""
        share = EXACT.divide(number(percent), HUNDRED)
        if on != "bv":
            return share
        digits = self.plan.get("currency_digits", 2)
        per_hundredth = EXACT.divide(Decimal(10) ** digits, HUNDRED)
        return share * number(self.plan.get("bv_value", "1")) * per_hundredth

    def round(self, exact: Decimal) -> int:
        """Round one statement line by the plan's rule."""
        rule = self.plan.get("rounding", "half_away_from_zero")
        if rule == "half_up":
            return int((exact + Decimal("0.5")).to_integral_value(ROUND_FLOOR, ROUNDING))
        modes = {
            "half_away_from_zero": ROUND_HALF_UP,
            "half_even": ROUND_HALF_EVEN,
            "down": ROUND_DOWN,
        }
        return int(exact.to_integral_value(modes[rule], ROUNDING))


def bracket_of(component: dict[str, Any], figure: Decimal) -> int | None:
    """Index of the bracket that a figure has reached; none below the first."""
    reached = None
    for index, bracket in enumerate(component["brackets"]):
        if number(bracket["from"]) <= figure:
            reached = index
    return reached


def company_volume(period: Statement, on: str) -> int:
    """What the company has sold in the period: hundredths of BV, or minor units of net sales."""
    return sum(volume_of(order, on) for order in period.orders)


def volume_of(row: Sale, on: str) -> int:
    """Net sales in minor units, or hundredths of BV."""
    return row.net if on == "net" else row.bv


def share_out(amount: int, weights: list[tuple[Any, int]]) -> dict[Any, int]:
    """Share an amount out by weight: whole parts first, then one each to the largest remainders.

    Ties go to the smaller key. The parts add up to the amount exactly.
    """
    total = sum(weight for _, weight in weights)
    sign = -1 if amount < 0 else 1
    parts, rests = {}, []
    for key, weight in weights:
        exact = Fraction(abs(amount) * weight, total)
        parts[key] = exact.numerator // exact.denominator
        rests.append((-(exact - parts[key]), key))
    left = abs(amount) - sum(parts.values())
    for _, key in sorted(rests)[:left]:
        parts[key] += 1
    return {key: sign * part for key, part in parts.items()}


def shared_by(period: Statement, line: Line, weight: Callable[[Sale], int]) -> dict[int, int]:
    """What each row of sales has of a line: row number -> amount, without noughts.

    Rows of the same order are numbered as they were given; orders are named by their number
    written as text.
    """
    weights = [
        ((str(row.order), number), weight(row))
        for number, row in enumerate(period.rows)
        if row.order in line.orders
    ]
    return {row: part for (_, row), part in share_out(line.amount, weights).items() if part}

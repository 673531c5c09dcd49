"""Exact products and one rounding, on single numbers and on whole arrays.

Rules: docs/plan/rounding-and-parts.md. Rates are fractions of whole numbers; nothing here is a
float. Array products are checked against 64 bits *before* they are made.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from compensation.engine.types import EngineError, Int

INT64_MAX = int(np.iinfo(np.int64).max)

ROUNDINGS = ("half_away_from_zero", "half_even", "half_up", "down")
"""Rounding modes. ``half_up`` goes towards plus infinity on a tie, ``down`` towards nought."""


class SumTooLargeError(EngineError):
    """A product or sum would leave 64 bits; nothing was computed."""


def round_ratio(numerator: int, denominator: int, mode: str = "half_away_from_zero") -> int:
    """Round ``numerator / denominator`` to a whole number; any size, exact.

    :raises ValueError: if the denominator is not positive or the mode is unknown.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be above nought")
    if mode not in ROUNDINGS:
        raise ValueError(f"unknown rounding {mode!r}; known are {', '.join(ROUNDINGS)}")
    sign = -1 if numerator < 0 else 1
    whole, rest = divmod(abs(numerator), denominator)
    twice = 2 * rest
    on_tie = {
        "half_away_from_zero": True,
        "half_even": whole % 2 == 1,
        "half_up": numerator > 0,
        "down": False,
    }[mode]
    up = (twice > denominator and mode != "down") or (twice == denominator and on_tie)
    return sign * (whole + up)


def percent_of(amount: int, percent: Fraction, mode: str = "half_away_from_zero") -> int:
    """Take ``percent`` per cent (``Fraction(29, 10)`` is 2.9 %) of an amount of minor units."""
    exact = amount * percent / 100
    return round_ratio(exact.numerator, exact.denominator, mode)


def largest(values: Int) -> int:
    """Give the largest absolute value as a Python integer; 0 for no elements."""
    if len(values) == 0:
        return 0
    return max(int(values.max()), -int(values.min()))


def require_sum_fits(what: str, *arrays: Int, times: int = 1) -> None:
    """Refuse sums over any part of these arrays that could leave 64 bits.

    All absolute values, added up ``times`` times, must stay below 2**63; then every subtree sum,
    level sum and prefix sum made of them does too.

    :raises SumTooLargeError: naming ``what``.
    """
    if sum(largest(values) * len(values) for values in arrays) * times <= INT64_MAX:
        return
    total = 0
    for values in arrays:
        magnitude = np.abs(values).view(np.uint64)  # |-2**63| is 2**63 in the unsigned reading
        low = int((magnitude & np.uint64(0xFFFFFFFF)).sum())
        high = int((magnitude >> np.uint64(32)).sum())
        total += (high << 32) + low
    if total * times > INT64_MAX:
        raise SumTooLargeError(f"{what}: the sum does not fit into 64 bits")


def multiply_and_round(base: Int, rate: Fraction, mode: str, what: str) -> Int:
    """Give base × rate for each element, rounded once.

    :raises SumTooLargeError: if a product (or the rounding's own step) could leave 64 bits.
    """
    num, den = rate.numerator, rate.denominator
    if num < 0:
        raise ValueError("a rate is never negative")
    if largest(base) * num * 2 + den > INT64_MAX:
        raise SumTooLargeError(f"{what}: base × rate does not fit into 64 bits")
    if den == 1:
        return base * num
    product = base * num
    magnitude = np.abs(product)
    if mode == "down":
        rounded = magnitude // den
    elif mode == "half_away_from_zero":
        rounded = (2 * magnitude + den) // (2 * den)
    else:
        whole, rest = np.divmod(magnitude, den)
        tie = 2 * rest == den
        on_tie = (whole & 1).astype(np.bool_) if mode == "half_even" else product > 0
        rounded = whole + ((2 * rest > den) | (tie & on_tie))
    result: Int = rounded * np.sign(product)
    return result

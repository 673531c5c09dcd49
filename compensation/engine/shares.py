"""Shares of one amount by largest remainder, exactly, for any number of people at once.

Rules: docs/plan/rounding-and-parts.md.
"""

from __future__ import annotations

import numpy as np

from compensation.engine.money import INT64_MAX, SumTooLargeError, require_sum_fits
from compensation.engine.types import EngineError, Int

WORD_BITS = 62
"""Bits of a step of the long division: a remainder and a digit together stay below 2**63."""


def share_out(amount: int, weights: Int, ids: Int) -> Int:
    """Share ``amount`` out by ``weights``, by largest remainder, ties by id.

    Everybody gets the whole part of amount × weight ÷ sum of weights; what is left goes in single
    units to the largest remainders, the lowest id first among equals. The shares add up to
    ``amount``.

    :raises EngineError: if the amount or a weight is negative, or no weight is above nought while
        there is something to share out.
    :raises SumTooLargeError: if the sum of the weights leaves 64 bits, or is at least 2**61 and
        the amount is no multiple of it.
    """
    if amount < 0 or amount > INT64_MAX or (len(weights) and int(weights.min()) < 0):
        raise EngineError("only an amount and weights that are not negative can be shared out")
    require_sum_fits("weights", weights)
    total = int(weights.sum())
    if total == 0:
        if amount:
            raise EngineError(f"there is nobody that {amount} could be shared out to")
        return np.zeros(len(weights), dtype=np.int64)
    whole, over = divmod(amount, total)
    if over == 0:
        exact: Int = weights * whole
        return exact
    shares, remainders = _divided(weights, over, total)
    shares += weights * whole
    left = amount - int(shares.sum())
    if left:
        shares[np.lexsort((ids, -remainders))[:left]] += 1
    return shares


def _divided(weights: Int, factor: int, total: int) -> tuple[Int, Int]:
    """Give quotients and remainders of weight × factor ÷ total; the factor is below the total.

    No product is wider than 64 bits: the weights are divided digit by digit, as on paper.
    """
    bits = total.bit_length()
    if 2 * bits <= WORD_BITS + 1:
        product = weights * factor
        return product // total, product % total
    digit_bits = WORD_BITS - bits
    if digit_bits < 1:
        raise SumTooLargeError(f"weights: a sum of 2**{WORD_BITS - 1} or more can't be shared out")
    quotient, remainder = (np.zeros(len(weights), dtype=np.int64) for _ in range(2))
    digits = -(-bits // digit_bits)
    for place in range(digits - 1, -1, -1):
        digit = (weights >> (place * digit_bits)) & ((1 << digit_bits) - 1)
        remainder = (remainder << digit_bits) + digit * factor
        quotient = (quotient << digit_bits) + remainder // total
        remainder %= total
    return quotient, remainder

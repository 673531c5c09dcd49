"""Rounding modes, products within 64 bits, refusals. docs/plan/rounding-and-parts.md."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.engine import SumTooLargeError, percent_of, round_ratio
from compensation.engine.money import ROUNDINGS, multiply_and_round, require_sum_fits

TABLE = {
    "half_away_from_zero": (2, 3, 4, -3, -3),
    "half_even": (2, 2, 4, -2, -3),
    "half_up": (2, 3, 4, -2, -3),
    "down": (2, 2, 3, -2, -2),
}


@pytest.mark.parametrize("mode", ROUNDINGS)
def test_rounding_table(mode: str) -> None:
    tenths = (24, 25, 35, -25, -26)

    assert tuple(round_ratio(number, 10, mode) for number in tenths) == TABLE[mode]
    products = multiply_and_round(np.array(tenths), Fraction(1, 10), mode, "test")
    assert tuple(products.tolist()) == TABLE[mode]


@given(
    st.lists(st.integers(-(10**12), 10**12), max_size=20),
    st.fractions(0, 1, max_denominator=10_000),
    st.sampled_from(ROUNDINGS),
)
def test_arrays_round_as_single_numbers_do(base: list[int], rate: Fraction, mode: str) -> None:
    products = multiply_and_round(np.array(base, dtype=np.int64), rate, mode, "test")

    assert products.tolist() == [
        round_ratio(one * rate.numerator, rate.denominator, mode) for one in base
    ]


def test_percent_of_is_exact() -> None:
    assert percent_of(3, Fraction(20)) == 1
    assert percent_of(15, Fraction(10)) == 2
    assert percent_of(500, Fraction(29, 10)) == 15
    assert percent_of(-15, Fraction(10)) == -2


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="denominator"):
        round_ratio(1, 0)
    with pytest.raises(ValueError, match="unknown rounding 'up'"):
        round_ratio(1, 2, "up")
    with pytest.raises(ValueError, match="never negative"):
        multiply_and_round(np.array([1]), Fraction(-1, 2), "down", "test")


def test_products_beyond_64_bits_are_refused_before_they_are_made() -> None:
    near = 2**62

    assert multiply_and_round(np.array([near - 1]), Fraction(1), "down", "x").tolist() == [near - 1]
    with pytest.raises(SumTooLargeError, match="x: base × rate does not fit into 64 bits"):
        multiply_and_round(np.array([near]), Fraction(1), "down", "x")
    with pytest.raises(SumTooLargeError):
        multiply_and_round(np.array([-(2**63)]), Fraction(1, 3), "down", "x")


@pytest.mark.parametrize(
    ("values", "times", "fits"),
    [
        ([2**62, 2**62 - 1], 1, True),
        ([2**62, 2**62], 1, False),
        ([2**62, -(2**62)], 1, False),
        ([2**61, 2**61 - 1], 2, True),
        ([2**61, 2**61], 2, False),
        ([-(2**63)], 1, False),
        ([2**63 - 1], 1, True),
        ([], 5, True),
    ],
)
def test_sums_that_could_leave_64_bits_are_refused(
    values: list[int], times: int, fits: bool
) -> None:
    array = np.array(values, dtype=np.int64)

    if fits:
        require_sum_fits("bv", array, times=times)
    else:
        with pytest.raises(SumTooLargeError, match="bv: the sum does not fit into 64 bits"):
            require_sum_fits("bv", array, times=times)

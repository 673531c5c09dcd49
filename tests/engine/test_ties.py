"""Halves, and what is next to them, in every way of rounding."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from compensation.engine.money import multiply_and_round, round_ratio

HALVES = {
    "half_away_from_zero": [-2, -1, 0, 1, 2],
    "half_even": [-2, 0, 0, 0, 2],
    "half_up": [-1, 0, 0, 1, 2],
    "down": [-1, 0, 0, 0, 1],
}
"""What -3/2, -1/2, 0, 1/2 and 3/2 are rounded to."""
THIRDS = [-1, 0, 0, 1]
"""What -2/3, -1/3, 1/3 and 2/3 are rounded to, but for ``down``."""


@pytest.mark.parametrize("mode", HALVES)
def test_halves_and_thirds(mode: str) -> None:
    halves = [round_ratio(number, 2, mode) for number in (-3, -1, 0, 1, 3)]
    thirds = [round_ratio(number, 3, mode) for number in (-2, -1, 1, 2)]

    assert halves == HALVES[mode]
    assert thirds == ([0] * 4 if mode == "down" else THIRDS)


@pytest.mark.parametrize("mode", HALVES)
def test_halves_and_thirds_of_whole_arrays(mode: str) -> None:
    halves = multiply_and_round(np.array([-3, -1, 0, 1, 3]), Fraction(1, 2), mode, "it")
    thirds = multiply_and_round(np.array([-2, -1, 1, 2]), Fraction(1, 3), mode, "it")

    assert halves.tolist() == HALVES[mode]
    assert thirds.tolist() == ([0] * 4 if mode == "down" else THIRDS)


@pytest.mark.parametrize("mode", HALVES)
def test_nothing_of_anything_is_nothing(mode: str) -> None:
    assert multiply_and_round(np.array([5, -5]), Fraction(0), mode, "it").tolist() == [0, 0]
    with pytest.raises(ValueError, match="never negative"):
        multiply_and_round(np.array([5]), Fraction(-1), mode, "it")

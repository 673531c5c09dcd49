"""Sums are refused exactly where 64 bits end. docs/plan/rounding-and-parts.md."""

from __future__ import annotations

import numpy as np
import pytest

from compensation.engine.money import (
    INT64_MAX,
    SumTooLargeError,
    largest,
    require_sum_fits,
    round_ratio,
)


def whole(*values):
    return np.array(values, dtype=np.int64)


def test_largest_is_the_greatest_distance_from_nought():
    assert largest(whole(3, -7, 5)) == 7
    assert largest(whole(-(2**63))) == 2**63
    assert largest(whole()) == 0


@pytest.mark.parametrize(
    "arrays",
    [
        [whole(INT64_MAX)],
        [whole(-INT64_MAX)],
        [whole(INT64_MAX - 1, 1)],
        [whole(INT64_MAX - 1, -1)],
        [whole(INT64_MAX - 1), whole(1)],
        [whole(2**62, *[1] * 1000)],
        [whole()],
    ],
)
def test_a_sum_of_the_largest_number_fits(arrays):
    require_sum_fits("bv", *arrays)


@pytest.mark.parametrize(
    "arrays",
    [
        [whole(INT64_MAX, 1)],
        [whole(INT64_MAX, -1)],
        [whole(-(2**63))],
        [whole(INT64_MAX), whole(1)],
        [whole(1), whole(INT64_MAX)],
        [whole(2**62, 2**62)],
    ],
)
def test_a_sum_beyond_it_is_refused(arrays):
    with pytest.raises(SumTooLargeError, match="bv: the sum does not fit into 64 bits"):
        require_sum_fits("bv", *arrays)


def test_a_sum_made_several_times_must_fit_as_often():
    require_sum_fits("bv", whole(2**61), times=3)

    with pytest.raises(SumTooLargeError):
        require_sum_fits("bv", whole(2**61), times=4)


def test_halves_go_away_from_nought_where_nothing_else_is_said():
    assert [round_ratio(number, 2) for number in (5, 4, -5, 1, -1)] == [3, 2, -3, 1, -1]

"""Shares of an amount, what returns take back of a part, and what a BV stands for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from compensation.engine import EngineError, Reason
from compensation.engine.bounds import Given
from compensation.engine.branches import Missed, Verdict
from compensation.engine.parts import OrderLines, allot, reverse_part


def allotted(amount, *weights):
    names = np.array([f"O{index}" for index in range(len(weights))])
    whole = np.array(weights, dtype=np.int64)
    return allot(amount, whole, names, np.zeros(len(weights), dtype=np.int64)).tolist()


def test_one_weight_of_one_takes_all():
    assert allotted(7, 1) == [7]
    assert allotted(-7, 1) == [-7]
    assert allotted(7, 0, 1) == [0, 7]
    assert allotted(7, 3, -2) == [21, -14]


def test_weights_that_add_up_to_nought_share_nothing():
    with pytest.raises(EngineError, match="add up to nought, 7 can't be allotted"):
        allotted(7, 1, -1)
    assert allotted(0, 1, -1) == [0, 0]
    with pytest.raises(EngineError, match="nothing that 7 could be allotted to"):
        allotted(7)


@pytest.mark.parametrize("part", [100, -100, 1, 0])
def test_returns_piece_by_piece_take_back_the_whole_part(part):
    taken = 0
    for before in range(3):
        taken += reverse_part(
            part, quantity=3, returned_before=before, returned_now=1, reversed_before=taken
        )

    assert taken == part


@pytest.mark.parametrize(
    ("before", "now", "reversed_before", "taken"),
    [(0, 1, 0, 33), (1, 1, 33, 34), (0, 2, 0, 67), (0, 3, 0, 100), (2, 1, 67, 33)],
)
def test_what_a_return_takes_back(before, now, reversed_before, taken):
    found = reverse_part(
        100,
        quantity=3,
        returned_before=before,
        returned_now=now,
        reversed_before=reversed_before,
    )

    assert found == taken


@pytest.mark.parametrize(("before", "now"), [(0, 0), (0, -1), (-1, 1), (-1, 5), (0, 4), (3, 1)])
def test_a_return_is_of_what_was_sold(before, now):
    with pytest.raises(EngineError, match=f"{now} after {before} of 3 pieces can't be returned"):
        reverse_part(100, quantity=3, returned_before=before, returned_now=now, reversed_before=0)


@pytest.mark.parametrize(
    ("digits", "bv_value", "of_bv"),
    [(2, 1, 1), (2, Fraction(3, 2), Fraction(3, 2)), (0, 1, 100), (3, 15, Fraction(3, 2))],
)
def test_what_a_unit_of_a_base_stands_for(digits, bv_value, of_bv):
    given = Given(digits, Fraction(bv_value))

    assert given.of_base("bv") == of_bv
    assert given.of_base("net") == 1


def test_a_verdict_names_what_was_missed_first():
    missed = (Missed("personal_bv", 6000, 5000), Missed("active", 1, 0))
    one = Verdict(0, 1, Reason.BELOW_MINIMUM, (), None, None, missed)
    paid = Verdict(0, 1, Reason.PAID, (1,), None, None)

    assert (one.measure, one.needed, one.had) == ("personal_bv", 6000, 5000)
    assert (paid.measure, paid.needed, paid.had) == ("", None, None)


def test_some_order_lines_are_kept_with_all_that_is_known_of_them():
    lines = OrderLines.of([0, 1, 2], [7, 8, 9], ["A", "B", "C"], [1, 2, 3], bv=[10, 20, 30])

    kept = lines.only(np.array([False, True, True]))

    assert len(kept) == len(kept.orders) == 2
    assert (kept.orders.seller.tolist(), kept.orders.bv.tolist()) == ([1, 2], [20, 30])
    assert (kept.reference.tolist(), kept.number.tolist()) == (["B", "C"], [2, 3])

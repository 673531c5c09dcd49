"""What of a balance is paid and what is carried: docs/plan/rsp-bank.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.engine.payable import Payable, carry_forward, payable


@pytest.mark.parametrize(
    ("balance", "minimum", "paid"),
    [
        (0, 0, 0),
        (1, 0, 1),
        (-1, 0, 0),
        (1999, 2000, 0),
        (2000, 2000, 2000),
        (2001, 2000, 2001),
        (-5000, 2000, 0),
    ],
)
def test_a_balance_is_paid_from_the_minimum_on(balance: int, minimum: int, paid: int) -> None:
    assert payable(balance, minimum=minimum) == Payable(paid, balance - paid)


def test_months_carry_on() -> None:
    months = carry_forward([5000, -5000, 3000, 4500])

    assert [(one.paid, one.carried) for one in months] == [
        (5000, 0),
        (0, -5000),
        (0, -2000),
        (2500, 0),
    ]
    assert carry_forward([100], opening=-50) == [Payable(50, 0)]
    assert carry_forward([]) == []


def test_without_a_minimum_the_smallest_unit_is_paid() -> None:
    assert payable(1) == Payable(1, 0)
    assert carry_forward([1, -2, 3]) == [Payable(1, 0), Payable(0, -2), Payable(1, 0)]
    assert carry_forward([5], minimum=10, opening=5) == [Payable(10, 0)]


def test_a_minimum_below_nought_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="never negative"):
        payable(1, minimum=-1)


@given(st.lists(st.integers(-(10**12), 10**12)), st.integers(0, 10**9))
def test_nothing_is_lost_and_nobody_is_paid_what_is_not_there(
    earned: list[int], minimum: int
) -> None:
    months = carry_forward(earned, minimum=minimum)

    assert sum(one.paid for one in months) + (months[-1].carried if months else 0) == sum(earned)
    for one in months:
        assert one.paid >= 0
        assert one.paid == 0 or (one.paid >= minimum and one.carried == 0)
        assert one.carried < max(minimum, 1)

"""Shares of an amount, and pools: the page's table, faults, and that nothing is lost."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.engine import (
    EngineError,
    Members,
    Sales,
    compute,
)
from compensation.engine.money import INT64_MAX, SumTooLargeError
from compensation.engine.shares import share_out
from tests.engine.company import (
    STATED_ACTIVITY,
    lines,
    pool,
    ranking,
    stated,
)
from tests.engine.worlds import People, ladder, plan_of


def test_units_that_are_left_go_to_the_largest_remainders_then_the_lowest_ids() -> None:
    weights = np.array([3, 1, 3, 3])

    assert share_out(12, weights, np.array([1, 2, 3, 4])).tolist() == [4, 1, 4, 3]
    assert share_out(12, weights, np.array([4, 2, 3, 1])).tolist() == [3, 1, 4, 4]


@given(
    st.integers(0, 2**40),
    st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**55)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_shares_are_exact_and_add_up(amount: int, weights: list[int], chance: Any) -> None:
    weights[0] += 1
    ids = list(range(len(weights)))
    chance.shuffle(ids)

    shares = share_out(amount, np.array(weights), np.array(ids)).tolist()

    total = sum(weights)
    whole = [amount * weight // total for weight in weights]
    order = sorted(range(len(ids)), key=lambda at: (-(amount * weights[at] % total), ids[at]))
    for at in order[: amount - sum(whole)]:
        whole[at] += 1
    assert shares == whole
    assert sum(shares) == amount


def test_what_cannot_be_shared_out_is_refused() -> None:
    ids = np.arange(2)

    assert share_out(0, np.zeros(2, dtype=np.int64), ids).tolist() == [0, 0]
    assert share_out(2**61, np.array([2**60, 2**60]), ids).tolist() == [2**60, 2**60]
    with pytest.raises(EngineError, match="nobody"):
        share_out(1, np.zeros(2, dtype=np.int64), ids)
    with pytest.raises(EngineError, match="not negative"):
        share_out(-1, np.ones(2, dtype=np.int64), ids)
    with pytest.raises(EngineError, match="not negative"):
        share_out(1, np.array([-1, 2]), ids)
    with pytest.raises(SumTooLargeError, match=r"2\*\*61"):
        share_out(1, np.array([2**61, 2**60]), ids)
    with pytest.raises(SumTooLargeError, match="weights: the sum"):
        share_out(1, np.array([INT64_MAX, 1]), ids)


@pytest.mark.parametrize("total", [2**31 - 1, 2**31, 2**31 + 1, 2**32, 2**60 + 1, 2**61 - 1])
def test_shares_at_the_widths_of_the_long_division(total: int) -> None:
    weights = [total // 3, total // 2, total - total // 3 - total // 2]
    for amount in (1, 2, total - 1, total + 1, 2**62 + 1):
        shares = share_out(amount, np.array(weights), np.arange(3)).tolist()

        assert sum(shares) == amount
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share * total - amount * weight) < total


# -- pools ----------------------------------------------------------------------------------------

FOUR = ("Ann", "Ben", "Cid", "Dan")


def test_pool_as_on_its_page() -> None:
    people = People.of(
        {"Ann": None, "Ben": "Ann", "Cid": "Ann", "Dan": "Ben"},
    )
    plan = plan_of(
        pool(shares={"by_rank": {"Gold": 1, "Platinum": 3}}),
        ranks=ladder("IR", "Silver", "Gold", "Platinum"),
    )
    said = stated(people, pay_rank={"Ann": 3, "Ben": 2, "Cid": 3, "Dan": 1})

    results = compute(plan, people.members, people.sales(("Dan", {"bv": "12345"})), stated=said)

    assert lines(people, results) == {
        "Ann": (12345, Fraction(3, 7), 5291),
        "Ben": (12345, Fraction(1, 7), 1763),
        "Cid": (12345, Fraction(3, 7), 5291),
    }
    assert results.totals.commission_minor == 12345


@pytest.mark.parametrize(
    ("keys", "facts", "paid"),
    [
        ({}, {"bv": "1000", "net": "77"}, 1000),
        ({"on": "net"}, {"bv": "1000", "net": "7700"}, 7700),
        ({"percent": "0.005"}, {"bv": "300"}, 2),  # 1.5 cents, half away from nought
        ({"percent": "0.004"}, {"bv": "100"}, 0),
        ({"percent": "0.01"}, {"bv": "100"}, 1),
        ({}, {"bv": "-1000"}, 0),
        ({}, {}, 0),
    ],
)
def test_size_of_a_pool(keys: dict[str, Any], facts: dict[str, Any], paid: int) -> None:
    people = People.line("A", "B")
    plan = plan_of(pool(shares={"by_rank": {"Member": 1}}, **keys))

    results = compute(plan, people.members, people.sales(("B", facts)))

    assert results.totals.commission_minor == paid
    assert set(results.earnings.base.tolist()) == ({paid} if paid else set())


def test_pool_by_measure_counts_full_portions_of_qualified_people() -> None:
    people = People.line("A", "B", "C")
    plan = plan_of(
        pool(
            shares={"measure": "personal_bv", "per": "100"},
            qualification=[{"measure": "personal_bv", "at_least": "150"}],
        ),
        bv_value="0.5",
    )
    sales = people.sales(("A", {"bv": "399.99"}), ("B", {"bv": "150"}), ("C", {"bv": "149.99"}))

    results = compute(plan, people.members, sales)

    # 699.98 BV at half a euro make 3.4999, rounded to 3.50, in four shares of 0.875.
    assert lines(people, results) == {
        "A": (350, Fraction(3, 4), 263),
        "B": (350, Fraction(1, 4), 87),
    }


def test_nobody_with_shares_keeps_the_pool_with_the_company() -> None:
    people = People.line("A", "B")
    plan = plan_of(
        pool(shares={"by_rank": {"Gold": 5}}), ranks=ladder("IR", "Gold"), **STATED_ACTIVITY
    )
    said = stated(people, pay_rank={"A": 1, "B": 0}, active={"A": 0, "B": 1})

    results = compute(plan, people.members, people.sales(("B", {"bv": "100"})), stated=said)

    assert len(results.earnings) == 0


def test_pool_by_ranking() -> None:
    people = People.of(dict.fromkeys(FOUR))
    plan = plan_of(pool(shares={"ranking": "sales", "by_position": [5, 3]}), rankings=[ranking()])
    sales = Sales.of([0, 1, 2, 3], bv=[25000] * 4, units=[1, 4, 2, 3], order=[1, 2, 3, 4])

    results = compute(plan, people.members, sales)

    assert lines(people, results) == {
        "Ben": (1000, Fraction(5, 8), 625),
        "Dan": (1000, Fraction(3, 8), 375),
    }


def test_match_of_a_pool() -> None:
    people = People.line("A", "B")
    plan = plan_of(
        pool(shares={"measure": "personal_bv", "per": "100"}),
        {"id": "match", "kind": "match", "of": ["pool"], "rates": ["10"]},
    )

    results = compute(plan, people.members, people.sales(("B", {"bv": "1000"})))

    assert people.amounts(results) == {("B", 0): 1000, ("A", 1): 100}


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), st.integers(1, 10**6))
def test_pool_is_paid_out_whole(volumes: list[int], per: int) -> None:
    members = Members.of(np.arange(len(volumes)), np.full(len(volumes), -1))
    plan = plan_of(pool(percent="3.7", shares={"measure": "personal_bv", "per": per}))
    sales = Sales.of(np.arange(len(volumes)), bv=volumes)

    results = compute(plan, members, sales)

    whole = (sum(volumes) * 37 * 2 + 1000) // 2000
    someone = any(volume >= per * 100 for volume in volumes)
    assert results.totals.commission_minor == (whole if someone else 0)


def test_largest_pool_is_paid() -> None:
    people = People.line("A")
    plan = plan_of(pool(percent="100", shares={"by_rank": {"Member": 1}}))

    results = compute(plan, people.members, Sales.of([0], bv=[INT64_MAX]))

    assert results.totals.commission_minor == INT64_MAX


def test_pool_beyond_64_bits_is_refused() -> None:
    people = People.line("A")
    plan = plan_of(pool(percent="100", shares={"by_rank": {"Member": 1}}), bv_value="1000000")

    with pytest.raises(SumTooLargeError, match="component pool"):
        compute(plan, people.members, Sales.of([0], bv=[10**15]))


def test_pool_by_a_count_and_position_behind_the_table() -> None:
    people = People.of({"Top": None, "A": "Top", "B": "Top", "C": "A"})
    by_count = plan_of(pool(shares={"measure": "active_directs", "per": 2}))
    by_position = plan_of(
        pool(shares={"ranking": "sales", "by_position": [1]}), rankings=[ranking(value="units")]
    )
    sales = Sales.of([1, 2, 3], bv=[10000] * 3, units=[3, 2, 1])

    assert lines(people, compute(by_count, people.members, sales)) == {
        "Top": (300, Fraction(1), 300)
    }
    assert lines(people, compute(by_position, people.members, sales)) == {
        "A": (300, Fraction(1), 300)
    }

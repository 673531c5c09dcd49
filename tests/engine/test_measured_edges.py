"""Figures at their edges: the first customer, the last 64 bits, group volume just reached."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compensation.engine import Carried, Members, Qualifying, Sales, SumTooLargeError, compute
from compensation.engine.types import NOT_STATED, Stated
from tests.engine.worlds import People, plan_of


def star(*requires: dict[str, Any]) -> dict[str, Any]:
    return {"ladder": [{"name": "Member"}, {"name": "Star", "requires": list(requires)}]}


def test_a_customer_counts_from_one_hundredth_on_whatever_his_number() -> None:
    people = People.line("A", "B", "C")
    sales = people.sales(
        ("A", {"bv": "0.01", "customer": 0}),
        ("A", {"bv": "0.00", "customer": 1}),
        ("B", {"bv": "0.02", "customer": 1}),
        ("B", {"bv": "5", "customer": 2, "own": True}),
    )

    assert compute(plan_of(), people.members, sales).members.retail_customers.tolist() == [1, 1, 0]


def test_what_was_sold_now_and_before_stays_within_64_bits_together() -> None:
    people = People.of({"A": None})
    wide = {"measure": "personal_bv", "at_least": "1", "window": {"trailing": 12}}
    plan = plan_of(ranks=star(wide))
    earlier = Qualifying.of([0], bv=[2**62], periods_ago=[5])

    assert len(compute(plan, people.members, Sales.none(), qualifying=earlier).members) == 1
    with pytest.raises(SumTooLargeError):
        compute(plan, people.members, Sales.of([0], bv=[2**62]), qualifying=earlier)


@pytest.mark.parametrize("count", ["directs", "legs"])
@pytest.mark.parametrize(("bought", "found"), [(1000, 1), (999, 0), (0, 0)])
def test_people_are_counted_who_just_reach_a_group_volume(
    count: str, bought: int, found: int
) -> None:
    who = {"measure": "group_bv", "at_least": "60"}
    plan = plan_of(ranks=star({"count": count, "who": who, "at_least": 1}))
    members = Members.of([1, 2, 3], [-1, 0, 1], bought_bv=[0, 0, bought])

    results = compute(plan, members, Sales.of([1], bv=[5000]))

    assert results.members.pay_rank.tolist() == [found, 0, 0]


@pytest.mark.parametrize(("bought", "rank"), [(1000, 1), (999, 0)])
def test_a_legs_bought_volume_counts_up_to_its_maximum(bought: int, rank: int) -> None:
    plan = plan_of(ranks=star({"measure": "group_bv", "per_leg_at_most": "50", "at_least": "100"}))
    members = Members.of([1, 2, 3], [-1, 0, 0], bought_bv=[0, bought, 0])

    results = compute(plan, members, Sales.of([1, 2], bv=[4000, 90_000]))

    assert results.members.pay_rank.tolist() == [rank, 0, 1]


def test_ones_own_bought_volume_counts_beside_the_legs() -> None:
    plan = plan_of(ranks=star({"measure": "group_bv", "per_leg_at_most": "50", "at_least": "100"}))

    def rank(bought: int) -> int:
        members = Members.of([1, 2], [-1, 0], bought_bv=[bought, 0])
        return int(compute(plan, members, Sales.of([1], bv=[9000])).members.pay_rank[0])

    assert [rank(4999), rank(5000)] == [0, 1]


def test_what_is_bought_and_carried_is_part_of_what_went_in() -> None:
    people = People.line("A", "B")

    def digest(bought: list[int], carried: Carried | None = None) -> str:
        members = Members.of([1, 2], [-1, 0], bought_bv=bought)
        return compute(plan_of(), members, people.sales(), carried=carried).input_digest

    def held(*values: int) -> Carried:
        return Carried.of(np.arange(2), [0, 0], values, keys=["met:Star"])

    digests = [
        digest([0, 0]),
        digest([0, 1]),
        digest([1, 0]),
        digest([0, 0], held(1, 1)),
        digest([0, 0], held(2, 2)),
    ]
    assert len(set(digests)) == 5
    assert digest([0, 0], held(0, 0)) == digests[0]


def test_what_is_stated_of_nobody_changes_no_result() -> None:
    people = People.line("A", "B")
    sales = people.sales(("B", {"bv": "5"}))
    silent = Stated.of(2, group_bv=[NOT_STATED] * 2)

    assert (
        compute(plan_of(), people.members, sales, stated=silent).result_digest
        == compute(plan_of(), people.members, sales).result_digest
    )


def test_the_digest_of_bought_volume_is_that_of_stored_runs() -> None:
    members = Members.of([1, 2], [-1, 0], bought_bv=[0, 5])

    assert compute(plan_of(), members, Sales.none()).input_digest == (
        "9e64463d1dfbeafd12f56438f3338d1b030b70220361b98d30c109fe26ad8d92"
    )

"""Differentials at their edges: what is refused, what is paid on, and who is nobody's upline."""

from __future__ import annotations

from typing import Any

import pytest

from compensation.engine import Sales, compute
from tests.engine.refusals import faults_of
from tests.engine.worlds import People, plan_of

ROWS = [{"from": "0", "percent": "10"}]


def steps(**keys: Any) -> dict[str, Any]:
    return {"id": "it", "kind": "differential", **keys}


@pytest.mark.parametrize(
    ("keys", "faults"),
    [
        (
            {"percent_by_rank": {"Member": "5"}, "brackets": ROWS, "chosen_by": "own_bv"},
            [
                "components[0].brackets: has no meaning with percent_by_rank",
                "components[0].chosen_by: has no meaning with percent_by_rank",
            ],
        ),
        ({"brackets": ROWS, "breakaway": True}, ["components[0].chosen_by: is missing"]),
        (
            {"brackets": ROWS, "breakaway": True, "chosen_by": "own_bv"},
            ["components[0].breakaway: needs brackets that are chosen by group_bv"],
        ),
    ],
)
def test_faults_are_named_once(keys: dict[str, Any], faults: list[str]) -> None:
    assert faults_of(steps(**keys)) == faults


@pytest.mark.parametrize(("on", "amount"), [("bv", 250), ("net", 1000)])
def test_net_sales_pay_money_of_money(on: str, amount: int) -> None:
    people = People.of({"A": None})
    plan = plan_of(steps(brackets=ROWS, chosen_by="own_bv", on=on), bv_value="0.5")

    found = compute(plan, people.members, people.sales(("A", {"bv": "50", "net": "100"})))

    assert found.earnings.amount.tolist() == [amount]


@pytest.mark.parametrize("from_level", [1, 2, 3, 4])
def test_sales_at_the_top_pay_nobody_from_above(from_level: int) -> None:
    people = People.line("A", "B")
    plan = plan_of(steps(brackets=ROWS, chosen_by="own_bv", from_level=from_level))

    assert len(compute(plan, people.members, Sales.of([0], bv=[100])).earnings) == 0


def test_a_sellers_other_orders_count_him_where_his_own_purchases_arrive_by_another_step() -> None:
    people = People.line("A", "B")
    rows = [{"from": "0", "percent": "5"}, {"from": "1000", "percent": "15"}]
    plan = plan_of(steps(brackets=rows, chosen_by="group_bv", from_level=1))
    sales = people.sales(
        ("A", {"bv": "900"}), ("B", {"bv": "40", "own": True}), ("B", {"bv": "60"})
    )

    found = compute(plan, people.members, sales).earnings

    assert found.receiver.tolist() == [0, 0]
    assert found.base.tolist() == [6000, 4000]
    assert found.members.tolist() == [1, 1]
    assert found.sales.tolist() == [1, 1]


def test_sales_that_go_beyond_the_top_reach_no_other_company() -> None:
    people = People.of({"X": None, "Y": "X", "Z": None})
    rows = [{"from": "0", "percent": "5"}, {"from": "1000", "percent": "15"}]
    plan = plan_of(steps(brackets=rows, chosen_by="personal_bv", from_level=3))

    found = compute(plan, people.members, people.sales(("X", {"bv": "1000"}), ("Z", {"bv": "50"})))

    assert len(found.earnings) == 0

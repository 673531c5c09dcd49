"""Statement lines and order lines: their types, their rates, and what is kept of them."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

import numpy as np
import pytest

from compensation.engine import Sales, SumTooLargeError, compute
from compensation.engine.explain import branch_of, orders_behind
from compensation.engine.parts import OrderLines
from compensation.engine.statement import Block, credited
from compensation.engine.types import Unit
from compensation.engine.volumes import Orders
from tests.engine.worlds import People, percentages, plan_of, points


def test_lines_have_narrow_types_where_numbers_are_small() -> None:
    people = People.line("A", "B")
    plan = plan_of(percentages("10", seller_rate="5"), points(1, points_from="all_products"))
    sales = people.sales(("B", {"bv": "10", "rsp": "10"}))

    found = compute(plan, people.members, sales).earnings

    types = {one.name: getattr(found, one.name).dtype for one in fields(found)}
    narrow = {name for name, kind in types.items() if kind == np.int16}
    assert narrow == {"component", "paid_level", "unit"}
    assert {name for name, kind in types.items() if kind == np.int32} == {"members", "sales"}
    assert {kind for name, kind in types.items() if name not in narrow | {"members", "sales"}} == {
        np.dtype(np.int64)
    }


def test_everybody_has_his_own_share_of_a_pool_as_his_rate() -> None:
    people = People.of({"A": None, "B": None})
    shares = {"measure": "personal_bv", "per": "10"}
    plan = plan_of({"id": "it", "kind": "pool", "percent": "10", "shares": shares})

    found = compute(
        plan, people.members, people.sales(("A", {"bv": "20"}), ("B", {"bv": "40"}))
    ).earnings

    rates = [
        Fraction(num, den)
        for num, den in zip(found.rate_num.tolist(), found.rate_den.tolist(), strict=True)
    ]
    assert rates == [Fraction(1, 3), Fraction(2, 3)]
    assert found.base.tolist() == [600, 600]
    assert found.amount.tolist() == [200, 400]


@pytest.mark.parametrize(("unit", "name"), [(Unit.MONEY, "money"), (Unit.RSP, "rsp")])
def test_what_is_credited_stays_within_64_bits(unit: Unit, name: str) -> None:
    nothing = np.zeros(1, dtype=np.int32)
    paid = np.array([2**62])
    block = Block(0, 0, unit, np.zeros(1, dtype=np.int64), paid, paid, nothing, nothing, 1, 1)

    assert [sums.tolist() for sums in credited([block], 1)][1 + (unit == Unit.MONEY)] == [2**62]
    with pytest.raises(SumTooLargeError, match=rf"^{name}: the sum"):
        credited([block, block], 1)


LINES = OrderLines.of(
    [0, 1, 2], [7, 8, 9], ["O7", "O8", "O9"], [1, 2, 3], bv=[70, 80, 90], own=[True, False, True]
)


def test_some_order_lines_are_kept_whole() -> None:
    kept = LINES.only(np.array([True, False, True]))

    assert len(kept) == 2
    assert kept.reference.tolist() == ["O7", "O9"]
    assert kept.number.tolist() == [1, 3]
    for one in fields(Orders):
        whole = getattr(LINES.orders, one.name).tolist()
        assert getattr(kept.orders, one.name).tolist() == [whole[0], whole[2]]


def test_of_most_kinds_every_order_of_those_behind_a_line_is_behind_it() -> None:
    people = People.of({"A": None})
    plan = plan_of(percentages("1"))
    results = compute(plan, people.members, Sales.none())
    branch = branch_of(results.members, 0, people.members.enrolled)
    assert orders_behind(plan.components[0], 1, branch, LINES.orders).tolist() == [True] * 3

"""What components hand over: levels with narrow counts, whatever the kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compensation.engine.components.base import Situation, Standing
from compensation.engine.tree import build_tree
from compensation.engine.volumes import gather_orders
from tests.engine.worlds import People, percentages, plan_of, points

ROWS = [{"from": "0", "percent": "5"}, {"from": "20", "percent": "9"}]


def of_kind(kind: str, **keys: Any) -> dict[str, Any]:
    return {"id": "it", "kind": kind, **keys}


@pytest.mark.parametrize(
    "component",
    [
        percentages("1", "1", seller_rate="1"),
        percentages("1", "1", compression="dynamic"),
        points(1, points_from="all_products"),
        of_kind("volume_bracket", chosen_by="own_bv", brackets=ROWS),
        of_kind("volume_bracket", method="marginal", brackets=ROWS, paid_on={"scope": "group"}),
        of_kind("differential", chosen_by="own_bv", brackets=ROWS, from_level=1),
        of_kind("flat_bonus", amount="1", trigger="every_order"),
        of_kind("generation_percent", rates=["1"], own_rate="1", leader_rank="Member"),
        of_kind("retail_profit"),
        of_kind("quick_start", rates=["1"], days=30),
    ],
    ids=lambda one: "-".join(str(part) for part in list(one.values())[1:3]),
)
def test_levels_count_people_and_orders_narrowly(component: dict[str, Any]) -> None:
    people = People.line("A", "B", "C")
    tree = build_tree(people.members)
    facts = {"bv": "30", "rsp": "30", "net": "30", "margin": "30"}
    sales = people.sales(("B", facts), ("C", {**facts, "own": False}), ("C", facts))
    everybody = np.ones(3, dtype=np.bool_)
    standing = Standing(
        enrolled=everybody,
        qualified=everybody,
        enrolled_day=np.zeros(3, dtype=np.int64),
        pay_rank=np.zeros(3, dtype=np.int64),
        figures={"own_bv": np.array([5000, 0, 100])},
    )

    levels = (
        plan_of(component)
        .components[0]
        .spread(Situation(tree=tree, orders=gather_orders(sales, tree), standing=standing))
    )

    assert any(len(level.receiver) for level in levels)
    for level in levels:
        assert level.members.dtype == level.orders.dtype == np.int32
        assert level.base.dtype == np.int64

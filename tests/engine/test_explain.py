"""Parts, sellers behind a line and reasons: they agree with what the run computed."""

from __future__ import annotations

import numpy as np
import pytest

from compensation.engine import EngineError, Reason, Sales, Status, compute
from compensation.engine.explain import (
    Upline,
    Verdict,
    branch_of,
    contributors,
    orders_behind,
    why,
)
from compensation.engine.parts import OrderLines, line_parts
from compensation.engine.tree import build_tree
from compensation.engine.volumes import Orders, gather_orders
from tests.engine.explained import COMPONENTS, RULES, lines_by_receiver, lines_of, world
from tests.engine.worlds import People, percentages, plan_of


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", COMPONENTS)
def test_every_line_is_the_sum_of_its_parts(name: str, seed: int) -> None:
    plan, members, sales, results = world(name, seed)
    component = plan.components[0]
    position = np.empty(len(members), dtype=np.int64)
    position[results.members.row] = np.arange(len(members))
    enrolled_day = members.enrolled[results.members.row]
    earnings = results.earnings

    for line in range(len(earnings)):
        receiver = int(earnings.receiver[line])
        branch = branch_of(results.members, receiver, enrolled_day)
        behind = contributors(component, int(earnings.paid_level[line]), branch)
        seller = position[sales.seller]
        chosen = np.isin(seller, behind)
        lines = lines_of(sales, chosen, seller - branch.start)
        level = int(earnings.paid_level[line])
        lines = lines.only(orders_behind(component, level, branch, lines.orders))
        amount = int(earnings.amount[line])

        parts = line_parts(component, amount, lines, branch.standing)

        assert int(parts.amount.sum()) == amount
        assert not parts.amount[parts.base == 0].any()
        if component.kind != "flat_bonus" and name != "marginal":
            assert int(parts.base.sum()) == earnings.base[line]
        by_order: dict[int, int] = {}
        for order, base in zip(lines.orders.number.tolist(), parts.base.tolist(), strict=True):
            by_order[order] = by_order.get(order, 0) + base
        assert sum(base != 0 for base in by_order.values()) == earnings.sales[line]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", COMPONENTS)
def test_reasons_of_all_sales_add_up_to_the_lines(name: str, seed: int) -> None:
    plan, members, sales, results = world(name, seed)
    component = plan.components[0]
    found = results.members
    enrolled_day = members.enrolled[found.row]
    orders = gather_orders(sales, build_tree(members))
    lines = lines_by_receiver(plan, results)

    def person(position: int) -> Upline:
        return Upline.of(found, position, lines.get(position, {}))

    told: dict[tuple[int, int], int] = {}
    for at in range(len(orders)):
        sale = Orders(
            **{field: getattr(orders, field)[at : at + 1] for field in Orders.__dataclass_fields__}
        )
        seller = int(orders.seller[at])
        path = []
        above = int(found.sponsor_position[seller])
        while above >= 0:
            path.append(person(above))
            above = int(found.sponsor_position[above])
        verdicts = why(component, sale, person(seller), int(enrolled_day[seller]), path)
        alone = branch_of(found, seller, enrolled_day).standing  # the seller is the first in it
        quantity = component.quantity(_at_nought(sale), alone)[0]
        for verdict in verdicts:
            assert (verdict.reason == Reason.PAID) == bool(verdict.paid_levels)
            assert_is_short(verdict)
            for level in verdict.paid_levels:
                told[verdict.position, level] = told.get((verdict.position, level), 0) + quantity

    earnings = results.earnings
    computed = {
        (int(receiver), int(level)): int(base)
        for receiver, level, base in zip(
            earnings.receiver, earnings.paid_level, earnings.base, strict=True
        )
    }
    if name == "marginal":  # a sale is part of all slices, none has it whole
        assert told.keys() >= computed.keys()
        assert {key for key, base in told.items() if base} <= computed.keys()
    else:
        assert {key: base for key, base in told.items() if base} == computed


def assert_is_short(verdict: Verdict) -> None:
    """Whoever is said to lack something lacks it."""
    assert not (verdict.paid_levels and verdict.missed)
    for one in verdict.missed:
        if one.had is None:
            continue
        if one.measure == "percent":
            assert one.had <= one.needed
        elif one.measure == "days":
            assert not 0 <= one.had <= one.needed
        else:
            assert one.had < one.needed
    if verdict.reason in (Reason.TOO_DEEP, Reason.OUTSIDE_WINDOW):
        assert verdict.missed
    if verdict.reason == Reason.BREAKAWAY:
        assert verdict.blocked_by is not None


def _at_nought(sale: Orders) -> Orders:
    facts = {field: getattr(sale, field) for field in Orders.__dataclass_fields__}
    return Orders(**{**facts, "seller": np.zeros(1, dtype=np.int64)})


def test_no_sale_pays_by_a_match_itself() -> None:
    plan = plan_of(
        percentages("10"), {"id": "match", "kind": "match", "of": ["levels"], "rates": ["20"]}
    )
    match = plan.components[1]
    people = People.line("s", "x")
    sale = gather_orders(people.sales(("s", {"bv": "20"})), build_tree(people.members))
    alone = compute(plan, people.members, Sales.none()).members
    standing = branch_of(alone, 0, np.zeros(2, dtype=np.int64)).standing

    assert why(match, sale, Upline.of(alone, 0), 0, []) == []
    assert match.quantity(sale, standing).tolist() == [0]
    with pytest.raises(EngineError, match="match: its lines open to no order lines"):
        line_parts(match, 1, OrderLines.of([0], [7], ["O7"], [1], bv=[6000]), standing)


def test_who_is_behind_each_level_under_dynamic_compression() -> None:
    people = People.of(
        {
            "Top": None,
            "Taker": "Top",
            "Low": "Taker",
            "Lower": "Low",
            "Side": "Top",
            "Deep": "Side",
        },
        status={"Side": Status.SUSPENDED, "Low": Status.SUSPENDED},
    )
    plan = plan_of(percentages("9", "5", "3", seller_rate="2", compression="dynamic"))
    everybody = people.sales(*((name, {"bv": "10"}) for name in people.names))
    results = compute(plan, people.members, everybody)
    names = [people.names[row] for row in results.members.row.tolist()]

    def behind(member: str, level: int) -> list[str]:
        branch = branch_of(results.members, names.index(member), people.members.enrolled)
        return [names[at] for at in contributors(plan.components[0], level, branch).tolist()]

    assert [behind("Top", level) for level in range(4)] == [
        ["Top"],
        ["Taker", "Side", "Deep"],
        ["Low", "Lower"],
        [],
    ]
    assert [behind("Taker", level) for level in range(3)] == [["Taker"], ["Low", "Lower"], []]


def test_nobody_is_behind_a_step_that_the_receiver_can_not_have() -> None:
    plan, members, _, results = world("differential", 0)
    branch = branch_of(results.members, 0, members.enrolled)

    assert contributors(plan.components[0], len(plan.components[0].steps()) + 1, branch).size == 0


def test_what_hangs_on_no_order_has_no_parts_and_no_reasons() -> None:
    plan = plan_of(
        {"id": "bonus", "kind": "rank_bonus", "amounts": {"Bronze": "500"}},
        ranks=RULES,
    )
    component = plan.components[0]
    people = People.line("Top", "Seller")
    sales = people.sales(("Top", {"bv": "60", "order": 7}))
    results = compute(plan, people.members, sales)
    branch = branch_of(results.members, 0, people.members.enrolled)
    lines = OrderLines.of([0], [7], ["O7"], [1], bv=[6000])
    sale = gather_orders(sales, build_tree(people.members))

    assert results.earnings.amount.tolist() == [50000]
    assert not component.opens_to_orders
    assert component.quantity(sale, branch.standing).tolist() == [0]
    assert component.counted(branch.standing).tolist() == [True, True]
    assert contributors(component, 1, branch).tolist() == []
    assert why(component, sale, Upline.of(results.members, 0), 0, []) == []
    assert line_parts(component, 0, lines, branch.standing).amount.tolist() == [0]
    with pytest.raises(EngineError, match="bonus: its lines open to no order lines"):
        line_parts(component, 50000, lines, branch.standing)

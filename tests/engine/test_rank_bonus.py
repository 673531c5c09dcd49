"""The worked table of docs/plan/rank-bonus.md."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compensation.engine import (
    Carried,
    EngineError,
    PlanError,
    Results,
    Sales,
    compute,
)
from compensation.engine.bounds import Share
from compensation.engine.components.base import Situation, Standing
from compensation.engine.plan import Plan
from compensation.engine.prose import plan_prose
from compensation.engine.tree import build_tree
from compensation.engine.volumes import gather_orders
from compensation.engine.worst_case import worst_case
from tests.engine.worlds import People, plan_of

BONUS_RANKS = {
    "ladder": [
        {"name": "IR"},
        {"name": "Silver", "requires": [{"measure": "personal_bv", "at_least": "10"}]},
        {"name": "Gold", "requires": [{"measure": "personal_bv", "at_least": "100"}]},
    ],
}


BONUS = {"id": "bonus", "kind": "rank_bonus", "amounts": {"Gold": "500"}}


def bonus_plan(after: int) -> Plan:
    return plan_of({**BONUS, "after_periods": after}, ranks=BONUS_RANKS)


def months(plan: Plan, sold: list[tuple[str, str]]) -> list[tuple[int, int]]:
    """Give what is paid and carried in one period after the other.

    ``sold`` has the member's own BV and that of somebody below.
    """
    title, carried, found = 1, Carried.none(), []
    for own, below in sold:
        people = People.line("A", "B", titles={"A": title})
        sales = people.sales(("A", {"bv": own}), ("B", {"bv": below}))
        results = compute(plan, people.members, sales, carried=carried)
        found.append((people.amounts(results).get(("A", 2), 0), _carried(people, results)))
        title = people.of_results(results, "A")["title_rank"]
        out = results.carried
        carried = Carried.of(results.members.row[out.position], out.key, out.value, keys=out.keys)
    return found


def _carried(people: People, results: Results) -> int:
    out = results.carried
    key = out.keys.index("bonus:bonus:Gold")
    found = {
        people.names[results.members.row[position]]: value
        for position, which, value in zip(
            out.position.tolist(), out.key.tolist(), out.value.tolist(), strict=True
        )
        if which == key
    }
    assert "B" not in found
    return found.get("A", 0)


def test_rank_bonus_table() -> None:
    gold, silver, empty = ("100", "0"), ("20", "0"), ("100", "-100")

    assert months(bonus_plan(0), [gold, gold]) == [(50000, -1), (0, -1)]
    assert months(bonus_plan(2), [gold, gold, gold]) == [(0, 2), (0, 3), (50000, -1)]
    assert months(bonus_plan(2), [gold, silver, gold, gold, gold, gold]) == [
        (0, 2),
        (0, 1),
        (0, 2),
        (0, 3),
        (50000, -1),
        (0, -1),
    ]
    assert months(bonus_plan(1), [gold, empty, gold, gold]) == [
        (0, 2),
        (0, 1),
        (0, 2),
        (50000, -1),
    ]
    assert months(bonus_plan(0), [silver, empty, gold]) == [(0, 0), (0, 1), (50000, -1)]


def test_a_rank_bonus_line_names_the_rank_and_no_orders() -> None:
    people = People.line("A", titles={"A": 1})
    results = compute(bonus_plan(0), people.members, people.sales(("A", {"bv": "100"})))
    lines = results.earnings

    assert (
        lines.paid_level.tolist(),
        lines.base.tolist(),
        lines.rate_num.tolist(),
        lines.rate_den.tolist(),
        lines.members.tolist(),
        lines.sales.tolist(),
    ) == ([2], [1], [50000], [1], [0], [0])


def test_a_rank_bonus_is_read_with_its_faults() -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(
            {"id": "b", "kind": "rank_bonus", "amounts": {"Ruby": "1", "IR": "2", "Gold": "x"}},
            ranks={
                "ladder": [
                    {"name": "IR"},
                    {"name": "Gold", "requires": [{"measure": "group_bv", "at_least": "1"}]},
                ]
            },
        )

    assert [str(one) for one in caught.value.faults] == [
        'components[0].amounts.Ruby: "Ruby" is not a rank of the ladder',
        "components[0].amounts.IR: nobody is promoted to IR, the lowest rank",
        'components[0].amounts.Gold: "x" is not an amount of money',
    ]


@pytest.mark.parametrize(
    "requires",
    [
        {"measure": "group_bv", "at_least": "0.01"},
        {"measure": "personal_rsp", "from": "own", "window": {"trailing": 3}, "at_least": "1"},
        {"measure": "group_bv", "per_leg_at_most": "40", "at_least": "1"},
        {"measure": "rsp_total", "at_least": "1"},
        {"count": "legs", "who": {"measure": "group_bv", "at_least": "1"}, "at_least": 1},
    ],
)
def test_a_bonus_for_a_rank_that_takes_a_volume_is_allowed(requires: dict[str, Any]) -> None:
    ranks = {"ladder": [{"name": "IR"}, {"name": "Gold", "requires": [requires]}]}

    assert plan_of(BONUS, ranks=ranks).components[0].id == "bonus"


@pytest.mark.parametrize(
    "requires",
    [
        [],
        [{"measure": "group_bv", "at_least": "0"}],
        [{"measure": "active", "at_least": 1}, {"measure": "direct_count", "at_least": 5}],
        [{"measure": "stated_points", "at_least": "1"}],
        [{"count": "directs", "who": {"rank": "IR"}, "at_least": 1}],
        [{"count": "directs", "who": {"measure": "active", "at_least": 1}, "at_least": 1}],
    ],
)
def test_a_bonus_for_a_rank_without_a_volume_is_refused(requires: list[dict[str, Any]]) -> None:
    ranks = {"ladder": [{"name": "IR"}, {"name": "Gold", "requires": requires}]}

    with pytest.raises(PlanError) as caught:
        plan_of(BONUS, ranks=ranks)

    assert [str(one) for one in caught.value.faults] == [
        "components[0].amounts.Gold: would pay without a product sale: Gold requires no volume "
        "(BV or RSP above nought)"
    ]


def test_each_rank_with_a_bonus_takes_a_volume_of_its_own() -> None:
    volume = [{"measure": "group_bv", "at_least": "1"}]
    active = [{"measure": "active", "at_least": 1}]
    ladder = [{"name": "IR"}] + [
        {"name": name, "requires": requires}
        for name, requires in (("Gold", volume), ("Ruby", active), ("Top", volume), ("End", active))
    ]
    amounts = dict.fromkeys(("Gold", "Ruby", "Top", "End"), "500")

    with pytest.raises(PlanError) as caught:
        plan_of({**BONUS, "amounts": amounts}, ranks={"ladder": ladder})

    assert [fault.path for fault in caught.value.faults] == [
        "components[0].amounts.Ruby",
        "components[0].amounts.End",
    ]


def test_a_rank_bonus_needs_amounts_and_titles() -> None:
    with pytest.raises(PlanError, match=r"components\[0\].amounts: no amount at all"):
        plan_of({"id": "b", "kind": "rank_bonus", "amounts": {}}, ranks=BONUS_RANKS)
    with pytest.raises(PlanError, match=r"components\[0\].amounts: is missing"):
        plan_of({"id": "b", "kind": "rank_bonus"}, ranks=BONUS_RANKS)
    component = bonus_plan(0).components[0]
    tree = build_tree(People.line("A").members)
    nothing = np.zeros(0, dtype=np.int64)
    orders = gather_orders(Sales.of(nothing), tree)
    one = np.ones(1, dtype=np.bool_)
    standing = Standing(enrolled=one, qualified=one, enrolled_day=np.zeros(1, dtype=np.int64))

    with pytest.raises(EngineError, match="titles are needed and not at hand"):
        component.spread(Situation(tree=tree, orders=orders, standing=standing))


def test_a_rank_bonus_is_told_and_bounded() -> None:
    def told(after: int) -> list[str]:
        return plan_prose(bonus_plan(after))[-3:-1]

    counts = (
        "A period counts with the rank as pay rank and a group BV above nought; where one does "
        "not, the count starts anew."
    )
    paid = "bonus: a rank that is reached pays once: Gold 500.00 EUR. It is paid"
    assert told(0) == [f"{paid} in the period of the promotion.", counts]
    held = f"{paid} once the rank is held in"
    assert told(1) == [f"{held} 1 period in a row after that of the promotion.", counts]
    assert told(2) == [f"{held} 2 periods in a row after that of the promotion.", counts]
    both = {**BONUS, "amounts": {"Gold": "500", "Silver": "1"}}
    plan = plan_of(both, ranks=BONUS_RANKS)
    assert "pays once: Silver 1.00 EUR, Gold 500.00 EUR." in " ".join(plan_prose(plan))
    assert worst_case(plan).shares == (
        Share("bonus", "head", None, 50100, "for each person, all ranks"),
    )


def test_a_match_of_a_rank_bonus_is_bounded_by_the_head() -> None:
    plan = plan_of(
        BONUS,
        {"id": "match", "kind": "match", "of": ["bonus"], "rates": ["10"]},
        ranks=BONUS_RANKS,
    )

    assert [(one.of, one.fixed_minor) for one in worst_case(plan).shares] == [
        ("head", 50000),
        ("head", 5000),
    ]

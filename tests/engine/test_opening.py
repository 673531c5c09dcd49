"""Statement lines opened down to order lines, matches through what they matched."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from compensation.engine import Members, Results, Sales, compute
from compensation.engine.branches import Branch
from compensation.engine.explain import branch_of
from compensation.engine.opening import Opener, StatementLine
from compensation.engine.parts import OrderLines
from compensation.engine.plan import Plan
from compensation.engine.types import Int
from tests.engine.worlds import (
    People,
    ladder,
    percentages,
    plan_of,
    random_members,
    random_sales,
)

PLAN = plan_of(
    percentages("7", "5.55", "3", seller_rate="2", compression="skip_and_recount"),
    {
        "id": "steps",
        "kind": "differential",
        "chosen_by": "group_bv",
        "brackets": [{"from": "20", "percent": "3"}, {"from": "120", "percent": "9"}],
    },
    {"id": "flat", "kind": "flat_bonus", "amount": "10.01", "trigger": "first_order"},
    {
        "id": "match",
        "kind": "match",
        "of": ["levels", "flat"],
        "rates": ["33.3", "20"],
        "compression": "dynamic",
    },
    {"id": "again", "kind": "match", "of": ["match", "steps"], "rates": ["12.5", "7"]},
    {
        "id": "rolled",
        "kind": "match",
        "of": ["steps"],
        "rates": ["12.5", "7"],
        "compression": "roll_up",
    },
    ranks=ladder("IR", "Bronze", "Silver"),
    activity={"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"},
)


def stored(results: Results, at: int) -> StatementLine:
    lines = results.earnings
    position = int(lines.receiver[at])
    return StatementLine(
        position,
        int(results.members.ids[position]),
        int(lines.component[at]),
        int(lines.paid_level[at]),
        int(lines.amount[at]),
    )


def opener_of(plan: Plan, members: Members, sales: Sales, results: Results) -> Opener:
    """Look everything up in the results themselves."""
    position = np.empty(len(members), dtype=np.int64)
    position[results.members.row] = np.arange(len(members))
    enrolled_day = members.enrolled[results.members.row]

    def branch(line: StatementLine) -> Branch:
        return branch_of(results.members, line.position, enrolled_day)

    def order_lines(positions: Int, below: Branch) -> OrderLines:
        seller = position[sales.seller]
        rows = np.flatnonzero(np.isin(seller, positions))
        facts = {
            key: getattr(sales, key)[rows]
            for key in ("bv", "rsp", "rsp_all", "net", "own", "first_order", "day")
        }
        references = [f"O{one}" for one in sales.order[rows]]
        return OrderLines.of(
            seller[rows] - below.start, sales.order[rows], references, rows, **facts
        )

    def statement_lines(
        positions: Int, components: Sequence[int], below: Branch
    ) -> list[StatementLine]:
        lines = results.earnings
        found = np.isin(lines.receiver, positions) & np.isin(lines.component, list(components))
        return [stored(results, at) for at in np.flatnonzero(found).tolist()]

    return Opener(plan, branch, order_lines, statement_lines)


@pytest.mark.parametrize("seed", range(6))
def test_every_line_is_the_sum_of_what_its_order_lines_have(seed: int) -> None:
    chance = np.random.default_rng(seed)
    size = int(chance.integers(5, 40))
    members = random_members(chance, size, ("random", "chain", "star")[seed % 3])
    sales = random_sales(chance, size, 60)
    results = compute(PLAN, members, sales)
    opener = opener_of(PLAN, members, sales, results)
    kinds = set()

    for at in range(len(results.earnings)):
        line = stored(results, at)
        parts = opener.parts(line)
        assert sum(parts.values()) == line.amount
        assert all(parts.values())
        kinds.add(line.component)

    assert len(kinds) >= 3


def test_a_match_is_opened_by_member_then_component_then_level() -> None:
    people = People.of({"Top": None, "B": "Top", "A": "Top"})
    plan = plan_of(
        percentages(seller_rate="10"),
        {"id": "match", "kind": "match", "of": ["levels"], "rates": ["10"]},
    )
    sales = people.sales(
        ("A", {"bv": "3", "order": 1}), ("B", {"bv": "1.50", "order": 3}), ("B", {"bv": "1.50"})
    )
    results = compute(plan, people.members, sales)
    opener = opener_of(plan, people.members, sales, results)
    top = next(
        line
        for line in (stored(results, at) for at in range(len(results.earnings)))
        if line.component == 1
    )

    # 0.30 and 0.30 are matched by 0.06; each has half of it, B's two orders a half of that.
    assert top.amount == 6
    assert opener.parts(top) == {("O1", 0): 3, ("O102", 2): 2, ("O3", 1): 1}

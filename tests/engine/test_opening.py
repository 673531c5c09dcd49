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
            for key in ("bv", "rsp", "rsp_all", "net", "margin", "own", "first_order", "day")
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


CAPPED = plan_of(
    percentages("17", "15.55", "3", seller_rate="12", compression="skip_and_recount"),
    {"id": "retail", "kind": "retail_profit"},
    {"id": "match", "kind": "match", "of": ["levels"], "rates": ["33.3", "20"]},
    {
        "id": "pool",
        "kind": "pool",
        "percent": "10",
        "shares": {"measure": "personal_bv", "per": "10"},
    },
    {"id": "on_top", "kind": "match", "of": ["pool", "match"], "rates": ["20"]},
    ranks=ladder("IR", "Bronze", "Silver"),
    caps=[
        {"id": "of_levels", "scope": "person", "amount": "12", "of": ["levels"]},
        {"id": "of_sales", "scope": "person", "amount": "25", "of": ["levels", "retail", "match"]},
        {"id": "company", "scope": "company", "percent": "5"},
    ],
)


@pytest.mark.parametrize("seed", range(6))
def test_a_cut_opens_into_the_lines_that_it_cuts_and_their_orders(seed: int) -> None:
    chance = np.random.default_rng(seed)
    size = int(chance.integers(5, 30))
    members = random_members(chance, size, ("random", "chain", "star")[seed % 3])
    sales = random_sales(chance, size, 50)
    results = compute(CAPPED, members, sales)
    opener = opener_of(CAPPED, members, sales, results)
    cuts = set()

    for at in range(len(results.earnings)):
        line = stored(results, at)
        parts, through = opener.parts(line), opener.through(line)
        assert sum(parts.values()) + opener.unopened(line) == line.amount
        if through:
            assert sum(share for _, share in through) == line.amount
        if CAPPED.statement_id(line.component) == "pool":
            assert (parts, through) == ({}, [])
        elif CAPPED.statement_id(line.component) not in ("on_top", "company"):
            assert opener.unopened(line) == 0
        if line.component >= len(CAPPED.components):
            cuts.add(line.component)
            assert line.amount < 0
            assert all(part < 0 for part in parts.values())
            assert {one.member for one, _ in through} == {line.member}
            assert opener.behind(line).tolist() == [line.position]

    assert len(cuts) == len(CAPPED.caps)


def test_a_cut_table() -> None:
    people = People.of({"Top": None, "A": "Top"})
    plan = plan_of(
        percentages("10", seller_rate="20"),
        {"id": "retail", "kind": "retail_profit"},
        caps=[{"id": "most", "scope": "person", "amount": "1.00"}],
    )
    sales = people.sales(
        ("A", {"bv": "5", "order": 1}),
        ("A", {"bv": "10", "order": 2}),
        ("Top", {"bv": "2", "margin": "1.01", "order": 3}),
    )
    results = compute(plan, people.members, sales)
    opener = opener_of(plan, people.members, sales, results)
    cut = next(
        line
        for line in (stored(results, at) for at in range(len(results.earnings)))
        if line.component == 2 and line.member == 1
    )

    # Top has 0.40 of his own sales, 1.50 of A's and a margin of 1.01: 1.91 of 2.91 are cut.
    assert cut.amount == -191
    assert [(one.component, one.paid_level, share) for one, share in opener.through(cut)] == [
        (0, 0, -26),
        (0, 1, -99),
        (1, 0, -66),
    ]
    assert opener.parts(cut) == {("O1", 0): -33, ("O2", 1): -66, ("O3", 2): -92}


def test_a_small_cut_leaves_lines_without_a_share() -> None:
    people = People.of({"Top": None, "A": "Top"})
    plan = plan_of(
        percentages("10", seller_rate="20"),
        caps=[{"id": "most", "scope": "person", "amount": "1.89"}],
    )
    sales = people.sales(("A", {"bv": "15", "order": 1}), ("Top", {"bv": "2", "order": 2}))
    results = compute(plan, people.members, sales)
    opener = opener_of(plan, people.members, sales, results)
    lines = [stored(results, at) for at in range(len(results.earnings))]
    cut = next(line for line in lines if line.component == 1 and line.member == 1)

    assert [share for _, share in opener.through(cut)] == [0, -1]
    assert opener.parts(cut) == {("O1", 0): -1}

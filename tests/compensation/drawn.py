"""Drawn months for comparing two of them: facts from one seed, as arrays of the engine."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np

from compensation.comparing.chain import Side
from compensation.comparing.inputs import Input, Returned
from compensation.engine import Members, Plan, Qualifying, Sales, Stated

MONTH_LENGTH = 30
LADDER: dict[str, Any] = {
    "ladder": [
        {"name": "IR"},
        {"name": "Bronze", "requires": [{"measure": "group_bv", "at_least": "300"}]},
        {"name": "Silver", "requires": [{"measure": "active_directs", "at_least": 2}]},
    ],
    "steps_per_period": 2,
}
BRACKETS = [{"from": "0", "percent": "3"}, {"from": "400", "percent": "6"}]


def document(*components: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Give a plan in which 60 BV make active and ranks come from groups and directs."""
    return {
        "format": 1,
        "name": "drawn",
        "currency": "EUR",
        "activity": {"test": {"measure": "personal_bv", "at_least": "60"}},
        "ranks": LADDER,
        "components": [{"id": f"c{at}", **one} for at, one in enumerate(components)],
        **keys,
    }


DEPTHS = {"IR": 1, "Bronze": 2, "Silver": 4}
LEVELS = {"kind": "level_percent", "rates": ["8", "5", "3", "2"]}
PLANS = [
    document({"kind": "rsp_points", "depth_by_rank": DEPTHS, "own_points": True}, LEVELS),
    document(
        {"kind": "rsp_points", "depth": 3, "compression": "skip_and_recount"},
        {**LEVELS, "compression": "roll_up", "depth_by_rank": DEPTHS},
        {"kind": "match", "of": ["c1"], "rates": ["20", "10"]},
    ),
    document(
        {"kind": "differential", "brackets": BRACKETS, "chosen_by": "group_bv"},
        {
            "kind": "volume_bracket",
            "brackets": BRACKETS,
            "chosen_by": "personal_bv",
            "qualification": [{"measure": "own_bv", "at_least": "50"}],
        },
    ),
    document(
        {"kind": "flat_bonus", "trigger": "first_order", "amount": "5"},
        {**LEVELS, "compression": "dynamic", "depth_by_rank": DEPTHS},
        activity={"test": {"measure": "always"}},
    ),
]


def drawn_people(chance: random.Random, size: int, ranks: int, *, first_id: int = 1) -> Members:
    """Give a referral tree with ids that are not in the order of the rows."""
    ids = chance.sample(range(first_id, first_id + 3 * size), size)
    sponsor = [-1] + [chance.randrange(max(0, row - 6), row) for row in range(1, size)]
    return Members.of(
        ids,
        sponsor,
        status=[chance.choice((0, 0, 0, 0, 1, 2)) for _ in range(size)],
        opening_title=[chance.randrange(ranks) for _ in range(size)],
        enrolled=[chance.randrange(90, 130) for _ in range(size)],
    )


def drawn_sales(chance: random.Random, size: int, count: int) -> Sales:
    """Give orders of members' rows, one row each."""
    own = [chance.random() < 0.5 for _ in range(count)]
    rsp = [chance.randrange(0, 9000) for _ in range(count)]
    return Sales.of(
        [chance.randrange(size) for _ in range(count)],
        order=chance.sample(range(1, 5 * count + 1), count),
        bv=[chance.choice((0, 1, 5999, 6000, 12345, 99999)) for _ in range(count)],
        rsp=rsp,
        rsp_all=[points + 500 for points in rsp],
        net=[chance.randrange(0, 50000) for _ in range(count)],
        own=own,
        first_order=[chance.random() < 0.4 for _ in range(count)],
        day=[100 + chance.randrange(MONTH_LENGTH) for _ in range(count)],
        customer=[-1 if mine else chance.randrange(1, 2 * size) for mine in own],
        units=[chance.randrange(1, 9) for _ in range(count)],
    )


def drawn_qualifying(chance: random.Random, size: int, count: int) -> Qualifying:
    """Give volumes of earlier periods, and late returns."""
    late = [chance.random() < 0.3 for _ in range(count)]
    bv = [chance.choice((500, 6000, 20000)) * (-1 if one else 1) for one in late]
    return Qualifying.of(
        [chance.randrange(size) for _ in range(count)],
        bv=bv,
        own_bv=bv,
        rsp=bv,
        periods_ago=[0 if one else 1 for one in late],
    )


def drawn_returns(chance: random.Random, sales: Sales) -> tuple[Sales, Returned]:
    """Take something back: the sales that are left, and what was taken."""
    rows = chance.sample(range(len(sales)), len(sales) // 3)
    amounts = {name: getattr(sales, name)[rows] // 2 for name in ("bv", "rsp", "rsp_all", "net")}
    left = {}
    for name, values in amounts.items():
        left[name] = getattr(sales, name).copy()
        np.subtract.at(left[name], rows, values)
    return replace(sales, **left), Returned(sales.order[rows], amounts)


def drawn_side(seed: int, plan: Plan, size: int) -> Side:
    """Give a month of a company under a plan."""
    chance = random.Random(seed)
    ranks = len(plan.ranks.ladder)
    sales, returned = drawn_returns(chance, drawn_sales(chance, size, 2 * size))
    stated = np.full(size, -(2**63), dtype=np.int64)
    stated[chance.randrange(size)] = chance.randrange(ranks)
    given = Input(
        members=drawn_people(chance, size, ranks),
        sales=sales,
        qualifying=drawn_qualifying(chance, size, size),
        stated=Stated.of(size, pay_rank_at_least=stated) if chance.random() < 0.5 else None,
    )
    return side_of(plan, given, returned)


def side_of(plan: Plan, given: Input, returned: Returned | None = None) -> Side:
    """Compute an input."""
    return Side(plan, given, returned or Returned.none(), given.compute(plan))

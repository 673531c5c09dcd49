"""Kinds of component in drawn worlds, and what tests of explanations say of verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from compensation.engine import (
    Results,
    Sales,
    compute,
)
from compensation.engine.explain import (
    Verdict,
)
from compensation.engine.parts import OrderLines
from compensation.engine.plan import Plan
from tests.engine.worlds import (
    percentages,
    plan_of,
    points,
    random_members,
    random_qualifying,
    random_sales,
)

RULES = {
    "ladder": [
        {"name": "IR"},
        {"name": "Bronze", "requires": [{"measure": "personal_bv", "at_least": "40"}]},
        {"name": "Silver", "requires": [{"measure": "group_bv", "at_least": "100"}]},
    ]
}
BY_RANK = {"IR": 1, "Bronze": 2, "Silver": 3}
COMPONENTS: dict[str, dict[str, Any]] = {
    "points": points(3),
    "points by rank": points(depth_by_rank=BY_RANK, compression="none", points_from="all_products"),
    "none": percentages("7", "5", "3", seller_rate="2"),
    "recount": percentages("7", "5.55", "3", compression="skip_and_recount", depth_by_rank=BY_RANK),
    "roll up": percentages("7", "5", "3", compression="roll_up"),
    "roll up by rank": percentages(
        "7", "5", "3", compression="roll_up", depth_by_rank=BY_RANK, on="net"
    ),
    "qualified only": percentages(
        "7", "5", compression="skip_and_recount", unqualified_volume_pays=False
    ),
    "dynamic": percentages(
        "7",
        "5.55",
        "3",
        "2",
        compression="dynamic",
        depth_by_rank={"IR": 1, "Bronze": 3, "Silver": 4},
        level_minimum={"measure": "personal_bv", "at_least": [0, "30", "60", "20"]},
    ),
    "dynamic, all active": percentages("7", "5", "3", compression="dynamic"),
    "own test": percentages(
        "7",
        "5",
        "3",
        seller_rate="2",
        compression="skip_and_recount",
        qualification=[
            {"measure": "active", "at_least": 1},
            {"measure": "direct_count", "at_least": 1},
        ],
        level_minimum={"measure": "group_bv", "at_least": [0, "100", "20"]},
        unqualified_volume_pays=False,
    ),
    "own test, roll up": percentages(
        "7",
        "5",
        compression="roll_up",
        qualification=[{"measure": "window_bv", "at_least": "40"}],
        level_minimum={"measure": "active", "at_least": [0, 1]},
    ),
    "bracket": {
        "id": "bracket",
        "kind": "volume_bracket",
        "chosen_by": "group_bv",
        "brackets": [
            {"from": "20", "percent": "1.5"},
            {"from": "100", "percent": "0"},
            {"from": "200", "percent": "4"},
        ],
    },
    "bracket of the group": {
        "id": "bracket",
        "kind": "volume_bracket",
        "chosen_by": "personal_bv",
        "paid_on": {"base": "net", "scope": "group"},
        "brackets": [{"from": "0", "percent": "1"}, {"from": "60", "percent": "7"}],
        "qualification": [{"measure": "personal_bv", "at_least": "20"}],
    },
    "marginal": {
        "id": "bracket",
        "kind": "volume_bracket",
        "method": "marginal",
        "paid_on": {"scope": "group"},
        "brackets": [{"from": "10", "percent": "1"}, {"from": "60", "percent": "7"}],
    },
    "differential": {
        "id": "steps",
        "kind": "differential",
        "percent_by_rank": {"IR": "3", "Bronze": "7.5", "Silver": "12"},
    },
    "differential by brackets": {
        "id": "steps",
        "kind": "differential",
        "on": "net",
        "chosen_by": "group_bv",
        "brackets": [
            {"from": "20", "percent": "3"},
            {"from": "60", "percent": "6"},
            {"from": "120", "percent": "9"},
            {"from": "300", "percent": "10"},
        ],
        "qualification": [{"measure": "direct_count", "at_least": 1}],
    },
    "differential from level 1": {
        "id": "steps",
        "kind": "differential",
        "from_level": 1,
        "percent_by_rank": {"IR": "3", "Bronze": "6", "Silver": "0"},
    },
    "differential from level 3": {
        "id": "steps",
        "kind": "differential",
        "from_level": 3,
        "chosen_by": "personal_bv",
        "brackets": [{"from": "30", "percent": "5"}, {"from": "90", "percent": "2"}],
        "qualification": [{"measure": "direct_count", "at_least": 0}],
    },
    "breakaway": {
        "id": "steps",
        "kind": "differential",
        "chosen_by": "group_bv",
        "breakaway": True,
        "brackets": [
            {"from": "20", "percent": "3"},
            {"from": "60", "percent": "6"},
            {"from": "120", "percent": "9"},
        ],
    },
    "breakaway from level 2": {
        "id": "steps",
        "kind": "differential",
        "from_level": 2,
        "chosen_by": "group_bv",
        "breakaway": True,
        "brackets": [{"from": "20", "percent": "3"}, {"from": "300", "percent": "9"}],
        "qualification": [{"measure": "direct_count", "at_least": 0}],
    },
    "generations": {
        "id": "generations",
        "kind": "generation_percent",
        "leader_rank": "Bronze",
        "own_rate": "2.5",
        "rates": ["7", "5.55", "3"],
        "depth_by_rank": {"IR": 1, "Bronze": 1, "Silver": 3},
    },
    "generations without an own rate": {
        "id": "generations",
        "kind": "generation_percent",
        "on": "net",
        "leader_rank": "IR",
        "rates": ["7", "5.55"],
        "qualification": [{"measure": "personal_bv", "at_least": "40"}],
    },
    "retail profit": {"id": "retail", "kind": "retail_profit", "percent": "33.3"},
    "retail profit of the qualified": {
        "id": "retail",
        "kind": "retail_profit",
        "qualification": [{"measure": "window_bv", "at_least": "40"}],
    },
    "quick start": {
        "id": "quick",
        "kind": "quick_start",
        "days": 30,
        "rates": ["7", "5.55", "3"],
        "depth_by_rank": BY_RANK,
        "compression": "skip_and_recount",
    },
    "quick start, dynamic": {
        "id": "quick",
        "kind": "quick_start",
        "days": 60,
        "on": "net",
        "rates": ["7", "5.55", "3"],
        "depth_by_rank": BY_RANK,
        "compression": "dynamic",
    },
    "quick start, roll up": {
        "id": "quick",
        "kind": "quick_start",
        "days": 60,
        "rates": ["7", "5.55"],
        "compression": "roll_up",
        "qualification": [{"measure": "personal_bv", "at_least": "40"}],
    },
    "window": percentages("20", "10", window_days_from_enrolment=30),
    "flat": {"id": "flat", "kind": "flat_bonus", "amount": "10.01", "trigger": "every_order"},
    "flat roll up": {
        "id": "flat",
        "kind": "flat_bonus",
        "amount": "3.00",
        "trigger": "first_order",
        "buyers": "customers",
        "minimum_bv": "20",
        "compression": "roll_up",
    },
    "flat enrolled": {
        "id": "flat",
        "kind": "flat_bonus",
        "amount": "1.00",
        "trigger": "every_order",
        "requires_active": False,
    },
}


def world(name: str, seed: int) -> tuple[Plan, Any, Sales, Results]:
    chance = np.random.default_rng(seed)
    size = int(chance.integers(2, 60))
    members = random_members(chance, size, ("random", "chain", "star")[seed % 3])
    sales = random_sales(chance, size, int(chance.integers(0, 80)))
    plan = plan_of(
        COMPONENTS[name],
        ranks=RULES,
        activity={"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"},
    )
    qualifying = random_qualifying(chance, size, size)
    return plan, members, sales, compute(plan, members, sales, qualifying=qualifying)


def lines_of(sales: Sales, chosen: np.ndarray, seller: np.ndarray) -> OrderLines:
    rows = np.flatnonzero(chosen)
    facts = {
        key: getattr(sales, key)[rows]
        for key in ("bv", "rsp", "rsp_all", "net", "margin", "own", "first_order", "day")
    }
    return OrderLines.of(
        seller[rows], sales.order[rows], [f"O{one}" for one in sales.order[rows]], rows, **facts
    )


def lines_by_receiver(
    plan: Plan, results: Results
) -> dict[int, dict[tuple[str, int], tuple[int, int]]]:
    """Give base and amount of all lines, as ``Upline.lines`` wants them."""
    found: dict[int, dict[tuple[str, int], tuple[int, int]]] = {}
    lines = results.earnings
    for receiver, component, level, base, amount in zip(
        lines.receiver.tolist(),
        lines.component.tolist(),
        lines.paid_level.tolist(),
        lines.base.tolist(),
        lines.amount.tolist(),
        strict=True,
    ):
        key = (plan.statement_id(component), level)
        found.setdefault(receiver, {})[key] = (base, amount)
    return found


def told(verdicts: list[Verdict]) -> list[tuple[int, int | None, str, tuple[int, ...], int | None]]:
    return [
        (one.position, one.level, one.reason.code, one.paid_levels, one.received_by)
        for one in verdicts
    ]


def missing(verdicts: list[Verdict]) -> list[tuple[str, Any, Any]]:
    return [(one.measure, one.needed, one.had) for one in verdicts]

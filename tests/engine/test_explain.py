"""Parts, sellers behind a line, reasons, reversal: they agree with what the run computed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.engine import (
    NOT_STATED,
    EngineError,
    Reason,
    Results,
    Sales,
    Stated,
    Status,
    compute,
)
from compensation.engine.components import Match
from compensation.engine.explain import (
    Upline,
    Verdict,
    branch_of,
    contributors,
    why,
    why_matched,
)
from compensation.engine.parts import OrderLines, allot, line_parts, reverse_part
from compensation.engine.plan import Plan
from compensation.engine.tree import build_tree
from compensation.engine.volumes import Orders, gather_orders
from tests.engine.worlds import (
    People,
    ladder,
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


def _at_nought(sale: Orders) -> Orders:
    facts = {field: getattr(sale, field) for field in Orders.__dataclass_fields__}
    return Orders(**{**facts, "seller": np.zeros(1, dtype=np.int64)})


# ------------------------------------------------------------------------- the table of reasons


def reasons(component: dict[str, Any], *, seller: dict[str, Any] | None = None, **facts: Any):  # type: ignore[no-untyped-def]
    """Reasons on the line u6 .. u1 above a seller; u2 idle, u5 suspended."""
    plan = plan_of(component, ranks=ladder("IR"))
    people = People.line("s", "x")  # only for the sales' builder
    orders = gather_orders(people.sales(("s", facts)), build_tree(people.members))
    path = [
        Upline(
            position=10 - level,
            status=Status.SUSPENDED if level == 5 else Status.ENROLLED,
            active=level not in (2, 5),
            pay_rank=0,
        )
        for level in range(1, 7)
    ]
    stands = {"status": Status.ENROLLED, "active": True, **(seller or {})}
    return why(plan.components[0], orders, Upline(position=10, pay_rank=0, **stands), 0, path)


def told(verdicts: list[Verdict]) -> list[tuple[int, int | None, str, tuple[int, ...], int | None]]:
    return [
        (one.position, one.level, one.reason.code, one.paid_levels, one.received_by)
        for one in verdicts
    ]


def test_reasons_with_recount_name_who_received_the_level_instead() -> None:
    assert told(reasons(points(3), rsp="20")) == [
        (10, 0, "paid", (0,), None),
        (9, 1, "paid", (1,), None),
        (8, None, "inactive", (), 7),
        (7, 2, "paid", (2,), None),
        (6, 3, "paid", (3,), None),
        (5, None, "suspended", (), None),
        (4, 4, "too_deep", (), None),
    ]


def test_reasons_without_compression_keep_the_level_for_the_company() -> None:
    assert told(reasons(percentages("5", "4", "3"), bv="20")) == [
        (9, 1, "paid", (1,), None),
        (8, 2, "inactive", (), None),
        (7, 3, "paid", (3,), None),
        (6, 4, "too_deep", (), None),
        (5, 5, "suspended", (), None),
        (4, 6, "too_deep", (), None),
    ]


def test_reasons_with_roll_up_show_the_missed_levels_at_the_receiver() -> None:
    assert told(reasons(percentages("5", "4", "3", "2", "1", compression="roll_up"), bv="20")) == [
        (9, 1, "paid", (1,), None),
        (8, 2, "inactive", (), 7),
        (7, 3, "paid", (2, 3), None),
        (6, 4, "paid", (4,), None),
        (5, 5, "suspended", (), 4),
        (4, 6, "paid", (5,), None),
    ]


def test_reasons_under_dynamic_compression_wait_for_who_may_take_the_level() -> None:
    plan = plan_of(
        percentages(
            "5",
            "4",
            "3",
            compression="dynamic",
            depth_by_rank={"IR": 1, "Up": 3},
            level_minimum={"measure": "personal_bv", "at_least": [0, "10", "10"]},
        ),
        ranks=ladder("IR", "Up"),
    )
    people = People.line("s", "x")
    orders = gather_orders(people.sales(("s", {"bv": "20"})), build_tree(people.members))
    facts = [  # active, pay rank, personal BV
        (False, 1, 1000),
        (True, 0, 0),
        (True, 0, 1000),
        (True, 1, 999),
        (True, 1, 1000),
        (False, 1, 1000),
    ]
    path = [
        Upline(9 - place, Status.ENROLLED, active, rank, {"personal_bv": volume})
        for place, (active, rank, volume) in enumerate(facts)
    ]

    found = why(plan.components[0], orders, Upline(10, 0, True, 0), 0, path)

    assert told(found) == [
        (9, None, "inactive", (), 8),
        (8, 1, "paid", (1,), None),
        (7, 2, "too_deep", (), 5),
        (6, 2, "below_minimum", (), 5),
        (5, 2, "paid", (2,), None),
        (4, None, "inactive", (), None),
    ]


def test_reasons_of_a_components_own_test() -> None:
    needs = [{"measure": "active", "at_least": 1}, {"measure": "personal_bv", "at_least": "10"}]
    plan = plan_of(percentages("5", "4", "3", qualification=needs))
    people = People.line("s", "x")
    orders = gather_orders(people.sales(("s", {"bv": "20"})), build_tree(people.members))
    path = [
        Upline(9, Status.ENROLLED, True, 0, {"personal_bv": 999}),
        Upline(8, Status.ENROLLED, False, 0, {"personal_bv": 1000}),
        Upline(7, Status.ENROLLED, True, 0, {"personal_bv": 1000}),
    ]

    found = why(plan.components[0], orders, Upline(10, 0, True, 0), 0, path)

    assert [one.reason.code for one in found] == ["below_minimum", "inactive", "paid"]
    bare = [Upline(9, Status.ENROLLED, True, 0)]
    with pytest.raises(EngineError, match="the measure personal_bv is needed and not at hand"):
        why(plan.components[0], orders, Upline(10, 0, True, 0), 0, bare)


# ------------------------------------------------------------------- what was needed, and had


def missing(verdicts: list[Verdict]) -> list[tuple[str, Any, Any]]:
    return [(one.measure, one.needed, one.had) for one in verdicts]


LINE_UP = (  # status, active, pay rank, personal BV, window BV; from the sponsor upwards
    (Status.ENROLLED, False, 0, 500, 5999),
    (Status.ENROLLED, True, 0, 1000, 6000),
    (Status.SUSPENDED, False, 2, 1000, 6000),
    (Status.ENROLLED, True, 1, 999, 6000),
    (Status.ENROLLED, True, 2, 1000, 6000),
)


def verdicts_on(component: dict[str, Any], **sale: Any) -> list[Verdict]:
    plan = plan_of(
        component,
        ranks=ladder("IR", "Bronze", "Silver"),
        activity={"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"},
    )
    people = People.line("s", "x")
    orders = gather_orders(people.sales(("s", sale)), build_tree(people.members))
    path = [
        Upline(9 - place, status, active, rank, {"personal_bv": own, "window_bv": over})
        for place, (status, active, rank, own, over) in enumerate(LINE_UP)
    ]
    seller = Upline(10, Status.ENROLLED, True, 0, {"personal_bv": 2000, "window_bv": 9000})
    return why(plan.components[0], orders, seller, 0, path, plan=plan)


def test_what_was_needed_on_levels() -> None:
    by_rank = {"IR": 1, "Bronze": 2, "Silver": 3}
    component = percentages(
        "5", "4", "3", depth_by_rank=by_rank, level_minimum=None, compression="none"
    )
    least = {"measure": "personal_bv", "at_least": [0, "20", "0"]}

    assert missing(verdicts_on(component, bv="20")) == [
        ("window_bv", 6000, 5999),  # the activity test of the plan
        ("pay_rank", 1, 0),
        ("", None, None),  # suspended: no figure decides
        ("depth", 4, 3),
        ("depth", 5, 3),
    ]
    component["level_minimum"] = least
    component["depth_by_rank"] = {"IR": 2, "Bronze": 2, "Silver": 3}
    assert missing(verdicts_on(component, bv="20"))[1] == ("personal_bv", 2000, 1000)


def test_what_was_needed_for_a_components_own_test() -> None:
    needs = [{"measure": "personal_bv", "at_least": "10"}, {"measure": "active", "at_least": 1}]
    found = verdicts_on(percentages("5", "4", qualification=needs), bv="20")

    assert [one.reason.code for one in found] == [
        "inactive",
        "paid",
        "suspended",
        "below_minimum",
        "too_deep",
    ]
    assert [(one.measure, one.needed, one.had) for one in found[0].missed] == [
        ("window_bv", 6000, 5999),
        ("personal_bv", 1000, 500),
    ]
    assert missing(found)[3] == ("personal_bv", 1000, 999)


def test_what_was_needed_to_be_a_leader() -> None:
    component = {
        "id": "generations",
        "kind": "generation_percent",
        "leader_rank": "Bronze",
        "rates": ["5"],
    }
    found = verdicts_on({**component, "own_rate": "1"}, bv="20")

    assert told(found) == [
        (10, None, "below_minimum", (), 6),
        (9, None, "inactive", (), 6),
        (8, None, "below_minimum", (), 6),
        (7, None, "suspended", (), 6),
        (6, 0, "paid", (0,), None),
        (5, 1, "paid", (1,), None),
    ]
    assert missing(found)[2] == ("pay_rank", 1, 0)
    bare = verdicts_on({**component, "rates": ["5"], "depth": 0}, bv="20")
    assert [(one.reason.code, one.measure, one.needed, one.had) for one in bare[3:]] == [
        ("below_minimum", "generation", 1, 0),
        ("too_deep", "depth", 1, 0),
    ]


def depths(verdicts: list[Verdict]) -> list[int | None]:
    return [one.depth for one in verdicts]


def test_verdicts_tell_how_deep_somebody_is_paid() -> None:
    by_rank = {"IR": 1, "Bronze": 2, "Silver": 3}
    levels = percentages("5", "4", "3", depth_by_rank=by_rank, seller_rate="1")
    needs = [{"measure": "personal_bv", "at_least": "30"}]
    leaders = {
        "id": "generations",
        "kind": "generation_percent",
        "leader_rank": "Bronze",
        "rates": ["5", "4", "3"],
        "own_rate": "1",
        "depth_by_rank": by_rank,
    }
    of_path = [1, 1, 3, 2, 3]

    assert depths(verdicts_on(levels, bv="20")) == [1, *of_path]
    assert depths(verdicts_on({**levels, "qualification": needs}, bv="20")) == [1, *of_path]
    assert depths(verdicts_on({**levels, "compression": "dynamic"}, bv="20")) == [1, *of_path]
    assert depths(verdicts_on(leaders, bv="20")) == [1, *of_path]


def test_what_a_seller_needed() -> None:
    needs = [{"measure": "personal_bv", "at_least": "30"}]
    levels = verdicts_on(percentages("5", seller_rate="1", qualification=needs), bv="20")
    retail = {"id": "retail", "kind": "retail_profit"}
    kept = verdicts_on({**retail, "qualification": needs}, margin="20")

    assert [told(found)[0] for found in (levels, kept)] == [(10, 0, "below_minimum", (), None)] * 2
    assert missing([levels[0], kept[0]]) == [("personal_bv", 3000, 2000)] * 2
    assert len(kept) == 1  # nobody above a seller has a share in his margin
    assert told(verdicts_on(retail, margin="0.01")) == [(10, 0, "paid", (0,), None)]
    assert verdicts_on(retail, margin="20", own=True) == []
    leaders = {"id": "g", "kind": "generation_percent", "leader_rank": "IR", "rates": ["5"]}
    assert verdicts_on(leaders, bv="0.01") != verdicts_on(leaders, net="5") == []


def test_the_last_level_waits_for_who_may_take_it() -> None:
    levels = percentages(
        "5", "4", compression="dynamic", depth_by_rank={"IR": 1, "Bronze": 1, "Silver": 2}
    )

    assert told(verdicts_on(levels, bv="20")) == [
        (9, None, "inactive", (), 8),
        (8, 1, "paid", (1,), None),
        (7, None, "suspended", (), 5),
        (6, 2, "too_deep", (), 5),
        (5, 2, "paid", (2,), None),
    ]


def test_what_was_needed_of_an_order() -> None:
    flat = {"id": "f", "kind": "flat_bonus", "amount": "1", "trigger": "every_order"}
    quick = {"id": "q", "kind": "quick_start", "days": 30, "rates": ["5"]}

    assert missing(verdicts_on({**flat, "minimum_bv": "10"}, net="5", bv="9.99"))[0] == (
        "order_bv",
        1000,
        999,
    )
    assert missing(verdicts_on(quick, bv="1", day=31))[0] == ("days", 30, 31)
    assert verdicts_on(quick, bv="1", day=30, own=True) == []
    window = percentages("5", window_days_from_enrolment=60)
    assert missing(verdicts_on(window, bv="1", day=61))[0] == ("days", 60, 61)


def test_what_was_needed_of_a_percentage_and_of_a_bracket() -> None:
    steps = {
        "id": "d",
        "kind": "differential",
        "percent_by_rank": {"IR": 5, "Bronze": 5, "Silver": 7},
    }
    bracket = {
        "id": "b",
        "kind": "volume_bracket",
        "chosen_by": "personal_bv",
        "paid_on": {"scope": "group"},
        "brackets": [{"from": "0", "percent": "0"}, {"from": "10", "percent": "5"}],
    }

    assert missing(verdicts_on(steps, bv="20"))[2] == (
        "percent",
        Fraction(5, 100),
        Fraction(5, 100),
    )
    assert [
        (one.reason.code, one.measure, one.needed, one.had) for one in verdicts_on(bracket, bv="20")
    ][4] == (
        "below_minimum",
        "personal_bv",
        1000,
        999,
    )


def test_a_breakaway_names_who_has_left() -> None:
    plan = plan_of(
        {
            "id": "d",
            "kind": "differential",
            "chosen_by": "group_bv",
            "breakaway": True,
            "brackets": [{"from": "10", "percent": "5"}, {"from": "100", "percent": "9"}],
        }
    )
    people = People.line("Top", "Idle", "Left", "Seller", status={"Idle": Status.SUSPENDED})
    sales = people.sales(("Seller", {"bv": "60"}), ("Left", {"bv": "50"}), ("Top", {"bv": "20"}))
    results = compute(plan, people.members, sales)
    uplines = [Upline.of(results.members, at) for at in (3, 2, 1, 0)]
    sale = gather_orders(people.sales(("Seller", {"bv": "60"})), build_tree(people.members))

    found = why(plan.components[0], sale, uplines[0], 0, uplines[1:], plan=plan)

    assert [(one.reason.code, one.paid_levels, one.blocked_by) for one in found] == [
        ("paid", (2,), None),
        ("paid", (1,), None),
        ("suspended", (), None),
        ("breakaway", (), 2),
    ]


def test_a_cap_that_cut_is_named_with_what_is_left() -> None:
    people = People.line("Top", "Seller")
    plan = plan_of(
        percentages("10"),
        caps=[
            {"id": "most", "scope": "person", "amount": "30"},
            {"id": "all", "scope": "company", "amount": "20"},
        ],
    )
    sales = people.sales(("Seller", {"bv": "600", "order": 7}))
    results = compute(plan, people.members, sales)
    lines = lines_by_receiver(plan, results)
    top, seller = (Upline.of(results.members, at, lines.get(at, {})) for at in (0, 1))
    sale = gather_orders(sales, build_tree(people.members))

    (found,) = why(plan.components[0], sale, seller, 0, [top], plan=plan)

    assert (found.reason, found.paid_levels, found.cut_by) == (Reason.CAPPED, (1,), ("most", "all"))
    assert [(one.needed, one.had) for one in found.missed] == [(3000, 6000), (2000, 3000)]
    (plain,) = why(plan.components[0], sale, seller, 0, [top])
    assert plain.reason == Reason.PAID


def test_a_cap_on_other_components_is_not_named() -> None:
    people = People.line("Top", "Seller")
    plan = plan_of(
        percentages("10"),
        {"id": "retail", "kind": "retail_profit"},
        caps=[{"id": "most", "scope": "person", "amount": "1", "of": ["retail"]}],
    )
    sales = people.sales(("Seller", {"bv": "600", "margin": "9", "order": 7}))
    results = compute(plan, people.members, sales)
    lines = lines_by_receiver(plan, results)
    top, seller = (Upline.of(results.members, at, lines.get(at)) for at in (0, 1))
    sale = gather_orders(sales, build_tree(people.members))

    of_levels = why(plan.components[0], sale, seller, 0, [top], plan=plan)
    of_retail = why(plan.components[1], sale, seller, 0, [top], plan=plan)

    assert told(of_levels) == [(0, 1, "paid", (1,), None)]
    assert told(of_retail) == [(1, 0, "capped", (0,), None)]


def test_what_an_earners_uplines_needed_to_match_him() -> None:
    plan = plan_of(
        percentages("10"),
        {
            "id": "match",
            "kind": "match",
            "of": ["levels"],
            "rates": ["20"],
            "compression": "roll_up",
        },
        activity={"test": {"measure": "personal_rsp", "at_least": "50"}, "window": "period"},
    )
    match = plan.components[1]
    assert isinstance(match, Match)
    path = [
        Upline(2, Status.ENROLLED, False, 0, {"window_rsp": 4999}),
        Upline(1, Status.ENROLLED, False, 0),
        Upline(0, Status.ENROLLED, True, 0),
    ]

    found = why_matched(match, path, plan=plan)

    assert told(found) == [
        (2, 1, "inactive", (), 0),
        (1, 2, "inactive", (), None),
        (0, 3, "paid", (1,), None),
    ]
    assert missing(found) == [
        ("window_rsp", 5000, 4999),
        ("window_rsp", 5000, None),  # the figure is not at hand
        ("", None, None),
    ]
    assert why_matched(match, [], plan=plan) == []


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


def test_activity_that_is_stated_asks_for_no_figure() -> None:
    plan = plan_of(percentages("10"), activity={"test": {"measure": "stated"}, "window": "period"})
    people = People.line("s", "x")
    sale = gather_orders(people.sales(("s", {"bv": "20"})), build_tree(people.members))

    (found,) = why(
        plan.components[0],
        sale,
        Upline(1, Status.ENROLLED, True, 0),
        0,
        [Upline(0, Status.ENROLLED, False, 0)],
        plan=plan,
    )

    assert (found.reason, found.missed) == (Reason.INACTIVE, ())


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


def test_marginal_brackets_are_named_as_far_as_the_volume_reaches() -> None:
    plan = plan_of(COMPONENTS["marginal"])
    people = People.line("Top", "Seller")
    sales = people.sales(("Seller", {"bv": "9"}), ("Top", {"bv": "2"}))
    results = compute(plan, people.members, sales)
    lines = lines_by_receiver(plan, results)
    sale = gather_orders(people.sales(("Seller", {"bv": "9"})), build_tree(people.members))

    def verdicts(with_lines: bool) -> list[Verdict]:
        top, seller = (
            Upline.of(results.members, at, lines.get(at, {}) if with_lines else None)
            for at in (0, 1)
        )
        return why(plan.components[0], sale, seller, 0, [top])

    assert [(one.reason.code, one.paid_levels, one.needed, one.had) for one in verdicts(True)] == [
        ("below_minimum", (), 1000, 900),
        ("paid", (1,), None, None),
    ]
    assert [one.paid_levels for one in verdicts(False)] == [(1, 2), (1, 2)]


def test_a_slice_of_net_sales_that_is_not_reached_says_what_it_takes() -> None:
    keys = {"paid_on": {"base": "net", "scope": "own"}}
    people = People.line("Seller")
    sales = people.sales(("Seller", {"net": "9"}))

    def verdict(brackets: list[dict[str, str]]) -> Verdict:
        plan = plan_of({**COMPONENTS["marginal"], **keys, "brackets": brackets})
        seller = Upline.of(compute(plan, people.members, sales).members, 0, {})
        sale = gather_orders(sales, build_tree(people.members))
        return why(plan.components[0], sale, seller, 0, [])[0]

    unpaid = verdict([{"from": "0", "percent": "0"}, {"from": "10", "percent": "5"}])
    assert (unpaid.reason, unpaid.measure) == (Reason.BELOW_MINIMUM, "net")
    assert (unpaid.needed, unpaid.had) == (1000, None)
    nought = verdict([{"from": "0", "percent": "0"}])
    assert (nought.reason, nought.missed) == (Reason.BELOW_MINIMUM, ())


def test_a_sale_outside_the_window_pays_nobody_for_that_reason() -> None:
    component = percentages("5", "4", window_days_from_enrolment=60)

    assert {one.reason.code for one in reasons(component, bv="20", day=61)} == {"outside_window"}
    assert reasons(component, bv="20", day=60)[0].reason == Reason.PAID


def test_an_unqualified_sellers_volume_names_the_sellers_reason() -> None:
    component = percentages("5", "4", unqualified_volume_pays=False)

    idle = reasons(component, seller={"active": False}, bv="20")
    out = reasons(component, seller={"active": False, "status": Status.TERMINATED}, bv="20")

    assert {one.reason.code for one in idle} == {"inactive"}
    assert {one.reason.code for one in out} == {"terminated"}


def test_reasons_of_own_sales() -> None:
    own = reasons(percentages("5", seller_rate="10"), seller={"active": False}, bv="20")[0]
    flat = {
        "id": "f",
        "kind": "flat_bonus",
        "amount": "1",
        "trigger": "every_order",
        "to": "seller",
    }

    assert (own.level, own.reason) == (0, Reason.INACTIVE)
    assert told(reasons({**flat, "to": "seller"}, net="5", bv="1"))[:2] == [
        (10, 0, "paid", (0,), None),
        (9, 1, "too_deep", (), None),
    ]


def test_a_sale_without_a_share_has_no_reasons() -> None:
    flat = {"id": "f", "kind": "flat_bonus", "amount": "1", "trigger": "first_order"}

    assert reasons(points(3), bv="20") == []
    assert reasons(percentages("5"), rsp="20") == []
    assert reasons(flat, net="5", bv="1") == []
    assert reasons({**flat, "minimum_bv": "10"}, net="5", bv="1") == []
    assert reasons(flat, net="5", first_order=True) == []
    assert {
        one.reason.code
        for one in reasons({**flat, "minimum_bv": "10"}, net="5", bv="9.99", first_order=True)
    } == {"below_minimum"}


def test_reasons_need_a_single_order() -> None:
    people = People.line("s", "x")
    orders = gather_orders(people.sales(("s", {}), ("s", {})), build_tree(people.members))

    with pytest.raises(EngineError, match="one order is needed"):
        why(plan_of(points(3)).components[0], orders, Upline(0, 0, True, 0), 0, [])


# --------------------------------------------------------------------------------- allot, parts


def shares(amount: int, weights: list[int], references: list[str] | None = None) -> list[int]:
    names = references or [f"O{index:03d}" for index in range(len(weights))]
    return allot(
        amount, np.array(weights, dtype=np.int64), np.array(names), np.arange(len(weights))
    ).tolist()


def test_allot_table() -> None:
    assert shares(302, [3350, 3350, 3350]) == [101, 101, 100]
    assert shares(-302, [3350, 3350, 3350]) == [-101, -101, -100]
    assert shares(2, [1, 1, 1], ["O2", "O10", "O1"]) == [0, 1, 1]  # references compare as text
    assert shares(10, [0, 5, 0]) == [0, 10, 0]
    assert shares(5, [3, -1, 3]) == [3, -1, 3]
    assert shares(5, [-3, 1, -3]) == [3, -1, 3]
    assert shares(2, [-1, -1, -1], ["O2", "O10", "O1"]) == [0, 1, 1]
    assert shares(0, [1, 2]) == [0, 0]
    assert shares(0, []) == []


@given(
    st.integers(-(10**15), 10**15),
    st.lists(st.integers(0, 10**14), min_size=1, max_size=30).filter(any),
)
def test_allotted_shares_add_up_and_lie_next_to_the_exact_ones(
    amount: int, weights: list[int]
) -> None:
    found = shares(amount, weights)

    assert sum(found) == amount
    total = sum(weights)
    for share, weight in zip(found, weights, strict=True):
        assert abs(share * total - amount * weight) < total
        assert weight or not share


def test_nothing_to_allot_to_is_refused() -> None:
    with pytest.raises(EngineError, match="nothing that 5 could be allotted to"):
        shares(5, [])
    with pytest.raises(EngineError, match="weights add up to nought"):
        shares(5, [1, -1])


def test_flat_parts_that_do_not_match_the_line_are_refused() -> None:
    plan, _, _, _ = world("flat", 0)
    lines = OrderLines.of([0], [1], ["O1"], [1], net=[100], bv=[1])
    alone = compute(plan, People.line("A").members, Sales.none()).members
    standing = branch_of(alone, 0, np.zeros(1, dtype=np.int64)).standing

    with pytest.raises(EngineError, match="the orders bring 1001, the statement line says 1000"):
        line_parts(plan.components[0], 1000, lines, standing)


# --------------------------------------------------------------------------------- reversal.md


def test_reversal_table() -> None:
    taken = []
    for before in range(3):
        taken.append(
            reverse_part(
                100,
                quantity=3,
                returned_before=before,
                returned_now=1,
                reversed_before=sum(taken),
            )
        )

    assert taken == [33, 34, 33]


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_reversals_add_up_to_the_part_whatever_the_steps(part: int, steps: list[int]) -> None:
    taken: list[int] = []
    for index, step in enumerate(steps):
        taken.append(
            reverse_part(
                part,
                quantity=sum(steps),
                returned_before=sum(steps[:index]),
                returned_now=step,
                reversed_before=sum(taken),
            )
        )

    assert sum(taken) == part
    assert all(one * part >= 0 for one in taken)


@pytest.mark.parametrize(("before", "now"), [(0, 4), (2, 2), (0, 0), (-1, 1)])
def test_impossible_returns_are_refused(before: int, now: int) -> None:
    with pytest.raises(EngineError, match="can't be returned"):
        reverse_part(100, quantity=3, returned_before=before, returned_now=now, reversed_before=0)


def test_a_stated_rank_is_what_explains_a_depth() -> None:
    people = People.line("Top", "Mid", "Seller")
    plan = plan_of(points(depth_by_rank={"IR": 0, "Up": 2}), ranks=ladder("IR", "Up"))
    stated = Stated.of(3, pay_rank=[1, 0, NOT_STATED])

    results = compute(plan, people.members, people.sales(("Seller", {"rsp": "3"})), stated=stated)

    assert people.amounts(results) == {("Seller", 0): 300, ("Top", 2): 300}

"""The worked tables of docs/plan/ for generations, retail profit and quick start."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from compensation.engine import (
    NOT_STATED,
    PlanError,
    Stated,
    Status,
    compute,
)
from compensation.engine.bounds import Share
from compensation.engine.components import GenerationPercent
from compensation.engine.plan import Plan
from compensation.engine.prose import plan_prose
from compensation.engine.worst_case import worst_case
from tests.engine.worlds import People, percentages, plan_of

# ------------------------------------------------------------------------------- generation.md

RANKS = {
    "ladder": [
        {"name": "IR"},
        {"name": "Silver", "requires": [{"measure": "stated_points", "at_least": "1"}]},
        {"name": "Gold", "requires": [{"measure": "stated_points", "at_least": "2"}]},
    ],
}
CHAIN = ("Top", "Up", "Idle", "Mid", "Lead", "Low")


def generations(**keys: Any) -> dict[str, Any]:
    return {
        "id": "generations",
        "kind": "generation_percent",
        "leader_rank": "Gold",
        "rates": ["4", "2"],
        **keys,
    }


def by_generation(sold: dict[str, str], **keys: Any) -> dict[tuple[str, int], int]:
    people = People.line(*CHAIN)
    plan = plan_of(generations(**keys), ranks=RANKS)
    stated = Stated.of(
        6,
        pay_rank=people.stated({"Mid": 1, "Low": 0}, 2),
        active=people.stated({"Idle": 0}, NOT_STATED),
    )
    sales = people.sales(*((name, {"bv": bv, "net": bv}) for name, bv in sold.items()))
    return people.amounts(compute(plan, people.members, sales, stated=stated))


def test_generation_table() -> None:
    assert by_generation({"Low": "100"}, own_rate="5") == {
        ("Lead", 0): 500,
        ("Up", 1): 400,
        ("Top", 2): 200,
    }
    assert by_generation({"Mid": "50"}, own_rate="5") == {("Up", 0): 250, ("Top", 1): 200}
    assert by_generation({"Low": "100"}, rates=[], own_rate="5") == {("Lead", 0): 500}
    assert by_generation({"Low": "100"}, own_rate="5", depth=1) == {
        ("Lead", 0): 500,
        ("Up", 1): 400,
    }
    assert by_generation({"Low": "100"}, depth_by_rank={"IR": 0, "Silver": 0, "Gold": 2}) == {
        ("Up", 1): 400,
        ("Top", 2): 200,
    }


def test_a_leaders_own_sales_are_those_of_his_group() -> None:
    assert by_generation({"Lead": "10", "Idle": "20"}, own_rate="5", on="net") == {
        ("Lead", 0): 50,
        ("Up", 0): 100,
        ("Up", 1): 40,
        ("Top", 1): 80,
        ("Top", 2): 20,
    }


@pytest.mark.parametrize("on", ["bv", "net"])
def test_what_a_bv_stands_for_counts_for_bv_alone(on: str) -> None:
    people = People.line("Top", "Lead", "Low")
    sales = people.sales(("Low", {"bv": "100", "net": "300"}))
    leaders = {"id": "g", "kind": "generation_percent", "leader_rank": "Member"}
    plan = plan_of(
        {**leaders, "own_rate": "10", "rates": ["5"], "on": on},
        {"id": "q", "kind": "quick_start", "days": 0, "rates": ["20"], "on": on},
        bv_value="0.5",
    )
    half = {"bv": 500, "net": 3000}[on]

    # A BV is worth 0.50; net sales are worth what they are.
    assert people.amounts(compute(plan, people.members, sales)) == {
        ("Low", 0): half,
        ("Lead", 1): half // 2 + 2 * half,
    }


COUNTING = [{"count": "directs", "who": {"rank": "Gold"}, "at_least": 1}]


@pytest.mark.parametrize("kind", ["generation_percent", "retail_profit", "quick_start"])
def test_a_qualification_can_count_people_by_rank(kind: str) -> None:
    keys: dict[str, dict[str, Any]] = {
        "generation_percent": {"leader_rank": "IR", "rates": ["5"]},
        "retail_profit": {},
        "quick_start": {"days": 5, "rates": ["5"]},
    }
    plan = plan_of(
        {"id": "one", "kind": kind, **keys[kind], "qualification": COUNTING}, ranks=RANKS
    )

    assert (
        "Qualified for one is, in place of who is active, an enrolled member with 1 directs with "
        "the pay rank Gold or a higher one."
    ) in plan_prose(plan)


def test_a_component_can_name_its_own_leaders() -> None:
    needs = [{"measure": "direct_count", "at_least": 1}]

    assert by_generation({"Low": "100"}, qualification=needs, leader_rank="IR") == {
        ("Mid", 1): 400,
        ("Idle", 2): 200,
    }


def test_generations_are_read_with_their_faults() -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(generations(leader_rank="Platinum", rates=[], depth=1), ranks=RANKS)

    assert [str(one) for one in caught.value.faults] == [
        "components[0].rates: no rate at all",
        "components[0].depth: 1 is outside 0 to 0",
        'components[0].leader_rank: "Platinum" is not a rank of the ladder',
    ]
    with pytest.raises(PlanError) as caught:
        plan_of({"id": "g", "kind": "generation_percent", "on": "cv"}, ranks=RANKS)
    assert [str(one) for one in caught.value.faults] == [
        "components[0].rates: is missing",
        "components[0].leader_rank: is missing",
        'components[0].on: "cv" is not one of bv, net',
    ]
    with pytest.raises(PlanError, match=r"components\[0\].leader_rank: is missing"):
        plan_of(generations(leader_rank=None), ranks=RANKS)
    component = plan_of(generations(own_rate="1.5"), ranks=RANKS).components[0]
    assert isinstance(component, GenerationPercent)
    assert (component.leader_rank, component.depths) == (2, (2, 2, 2))


def test_generations_are_told_and_bounded() -> None:
    plan = plan_of(generations(own_rate="5", depth=1), ranks=RANKS)

    assert plan_prose(plan)[-4:-1] == [
        "generations: a leader is a qualified member paid as Gold or above. A sale belongs to the "
        "group of the first leader at or above its seller; generations are counted over the "
        "leaders above that one.",
        "Leaders earn 4 %, 2 % of the BV of their generations 1 to 2, on 1 level; a leader beyond "
        "his depth is counted, not paid.",
        "A leader earns 5 % of the BV of his own group.",
    ]
    assert worst_case(plan).shares == (
        Share("generations", "bv", Fraction(9, 100), 0, "5 % + 4 %"),
    )
    own = plan_prose(plan_of(generations(rates=[], own_rate="5"), ranks=RANKS))
    assert not any("generations 1 to" in one for one in own)
    above = plan_prose(plan_of(generations(), ranks=RANKS))
    assert not any("own group" in one for one in above)
    of_net = plan_of(generations(on="net"), ranks=RANKS, bv_value="0.5")
    assert "4 %, 2 % of the net sales without tax of" in " ".join(plan_prose(of_net))
    assert worst_case(of_net).shares == (
        Share("generations", "net", Fraction(6, 100), 0, "4 % + 2 %"),
    )
    half = plan_of(generations(own_rate="1"), ranks=RANKS, bv_value="0.5")
    assert worst_case(half).of_bv == Fraction(7, 200)


# ----------------------------------------------------------------------------- retail-profit.md


def retail(**keys: Any) -> dict[str, Any]:
    return {"id": "retail", "kind": "retail_profit", **keys}


def profit(plan: Plan, **keys: Any) -> dict[tuple[str, int], int]:
    people = People.line("Up", "Seller", **keys)
    sales = people.sales(
        ("Seller", {"margin": "25", "net": "120", "customer": 7}),
        ("Seller", {"margin": "0", "net": "120", "customer": 8}),
        ("Seller", {"margin": "0", "net": "95", "own": True}),
    )
    return people.amounts(compute(plan, people.members, sales))


def test_retail_profit_table() -> None:
    idle = {"activity": {"test": {"measure": "stated"}, "window": "period"}}

    assert profit(plan_of(retail())) == {("Seller", 0): 2500}
    assert profit(plan_of(retail(percent="50"), **idle)) == {("Seller", 0): 1250}


def test_retail_profit_takes_an_enrolled_seller_and_what_the_plan_asks_for() -> None:
    needs = [{"measure": "direct_count", "at_least": 1}]

    assert profit(plan_of(retail()), status={"Seller": Status.SUSPENDED}) == {}
    assert profit(plan_of(retail(qualification=needs))) == {}


def test_retail_profit_is_told_and_stands_apart_in_the_worst_case() -> None:
    plan = plan_of(retail(percent="50"), percentages("5"))
    case = worst_case(plan)

    assert (
        "retail: an enrolled seller earns 50 % of what his customers' orders bring above the "
        "representative's price, without tax, where the company invoices the customer."
    ) in plan_prose(plan)
    assert "an enrolled seller earns what his" in " ".join(plan_prose(plan_of(retail())))
    assert case.shares[0] == Share(
        "retail",
        "margin",
        Fraction(1, 2),
        0,
        "paid by customers above the representative's price",
    )
    assert case.of_net == 0


# ------------------------------------------------------------------------------- quick-start.md


def quick(**keys: Any) -> dict[str, Any]:
    return {"id": "quick", "kind": "quick_start", "days": 30, "rates": ["10", "5"], **keys}


@pytest.mark.parametrize(
    ("order", "paid"),
    [
        ({"bv": "100", "day": 69}, {("Sponsor", 1): 1000, ("Top", 2): 500}),
        ({"bv": "40", "day": 99}, {("Sponsor", 1): 400, ("Top", 2): 200}),
        ({"bv": "100", "day": 100}, {}),
        ({"bv": "100", "day": 68}, {}),
        ({"bv": "100", "day": 71, "own": True}, {}),
    ],
)
@pytest.mark.parametrize("compression", ["none", "skip_and_recount", "roll_up", "dynamic"])
def test_quick_start_table(
    order: dict[str, Any], paid: dict[tuple[str, int], int], compression: str
) -> None:
    people = People.line("Top", "Sponsor", "New", enrolled={"New": 69})
    plan = plan_of(quick(compression=compression))

    results = compute(plan, people.members, people.sales(("New", order)))

    assert people.amounts(results) == paid


def test_quick_start_counts_levels_as_compression_says() -> None:
    people = People.line("Top", "Idle", "New", status={"Idle": Status.SUSPENDED})
    sales = people.sales(("New", {"net": "100"}))

    def paid(compression: str, **keys: Any) -> dict[tuple[str, int], int]:
        plan = plan_of(quick(compression=compression, on="net", **keys))
        return people.amounts(compute(plan, people.members, sales))

    assert paid("none") == {("Top", 2): 500}
    assert paid("skip_and_recount") == {("Top", 1): 1000}
    assert paid("roll_up") == {("Top", 1): 1000, ("Top", 2): 500}
    assert paid("roll_up", depth=1) == {("Top", 1): 1000}
    assert paid("dynamic") == {("Top", 1): 1000}


def test_quick_start_is_told_and_bounded() -> None:
    plan = plan_of(quick(depth=1))

    assert (
        "quick: what a new member sells to customers up to 30 days after his enrolment pays "
        "qualified uplines 10 %, 5 % of the BV on levels 1 to 2, on 1 level. His own purchases "
        "count for nothing here, and he himself gets nothing."
    ) in plan_prose(plan)
    assert worst_case(plan).shares == (Share("quick", "bv", Fraction(1, 10), 0, "10 %"),)
    of_net = plan_of(quick(on="net"), bv_value="0.5")
    assert "10 %, 5 % of the net sales without tax on levels" in " ".join(plan_prose(of_net))
    assert worst_case(of_net).shares == (Share("quick", "net", Fraction(15, 100), 0, "10 % + 5 %"),)
    assert worst_case(plan_of(quick(), bv_value="0.5")).of_bv == Fraction(15, 200)
    with pytest.raises(PlanError, match=r"components\[0\].days: is missing"):
        plan_of({key: value for key, value in quick().items() if key != "days"})

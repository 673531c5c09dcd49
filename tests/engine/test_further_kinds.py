"""The worked tables of docs/plan/ for breakaway, generations, retail profit and what is like it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from compensation.engine import (
    NOT_STATED,
    Carried,
    EngineError,
    PlanError,
    Results,
    Sales,
    Stated,
    Status,
    compute,
)
from compensation.engine.bounds import Share
from compensation.engine.components import GenerationPercent
from compensation.engine.components.base import Situation, Standing
from compensation.engine.components.breakaway import broken_away
from compensation.engine.plan import Plan
from compensation.engine.prose import plan_prose
from compensation.engine.tree import build_tree
from compensation.engine.volumes import gather_orders
from compensation.engine.worst_case import worst_case
from tests.engine.worlds import People, ladder, percentages, plan_of, random_members

# --------------------------------------------------------------------- differential.md: breakaway

STEPS = [
    {"from": "100", "percent": "5"},
    {"from": "500", "percent": "10"},
    {"from": "1000", "percent": "20"},
]


def stairstep(**keys: Any) -> dict[str, Any]:
    return {
        "id": "steps",
        "kind": "differential",
        "chosen_by": "group_bv",
        "brackets": STEPS,
        **keys,
    }


LEGS = People.of({"A": None, "B": "A", "C": "B", "D": "A"})
SOLD = (("A", "50"), ("B", "200"), ("C", "1100"), ("D", "300"))


def paid_by_step(plan: Plan, people: People = LEGS, **given: Any) -> dict[tuple[str, int], int]:
    sales = people.sales(*((name, {"bv": bv}) for name, bv in SOLD))
    return people.amounts(compute(plan, people.members, sales, **given))


def test_breakaway_table() -> None:
    results = compute(
        plan_of(stairstep(breakaway=True)),
        LEGS.members,
        LEGS.sales(*((name, {"bv": bv}) for name, bv in SOLD)),
    )
    found = results.members

    # Differences of 5, 10, 15 and 20 % are levels 1 to 4.
    assert LEGS.amounts(results) == {
        ("A", 1): 2500,
        ("A", 2): 500,
        ("B", 1): 1000,
        ("C", 4): 22000,
        ("D", 1): 1500,
    }
    assert found.figure_names == ("broken_away:breakaway:steps", "group_bv:breakaway:steps")
    by_name = dict(zip(found.figure_names, found.figures, strict=True))
    assert [LEGS.names[row] for row in found.row.tolist()] == ["A", "B", "C", "D"]
    assert by_name["group_bv:breakaway:steps"].tolist() == [55000, 20000, 110000, 30000]
    assert by_name["broken_away:breakaway:steps"].tolist() == [0, 0, 1, 0]
    assert found.group_bv.tolist() == [165000, 130000, 110000, 30000]


def test_without_breakaway_a_leg_at_the_top_stays_in_the_group() -> None:
    assert paid_by_step(plan_of(stairstep())) == {
        ("A", 3): 4500,
        ("A", 4): 1000,
        ("B", 4): 4000,
        ("C", 4): 22000,
        ("D", 1): 1500,
    }


def test_a_terminated_member_breaks_away_and_is_not_paid() -> None:
    people = People.of({"A": None, "B": "A", "C": "B", "D": "A"}, status={"C": Status.TERMINATED})

    assert paid_by_step(plan_of(stairstep(breakaway=True)), people) == {
        ("A", 1): 2500,
        ("A", 2): 500,
        ("B", 1): 1000,
        ("D", 1): 1500,
    }


def test_a_stated_group_volume_chooses_the_own_bracket_alone() -> None:
    plan = plan_of(stairstep(breakaway=True))
    said = Stated.of(4, group_bv=LEGS.stated({"B": 100000, "C": 60000}, NOT_STATED))

    # B is paid at the top and does not leave; C is paid 10 % and leaves.
    assert paid_by_step(plan, stated=said) == {
        ("A", 1): 1500,
        ("A", 2): 500,
        ("B", 4): 4000,
        ("C", 2): 11000,
        ("D", 1): 1500,
    }


def test_breakaway_with_a_first_level_keeps_the_distance() -> None:
    people = People.line("Top", "Mid", "Leg", "Low")
    plan = plan_of(stairstep(breakaway=True, from_level=2))
    sales = people.sales(("Low", {"bv": "150"}), ("Leg", {"bv": "850"}), ("Mid", {"bv": "100"}))

    # Leg has 1,000 and leaves; Mid's own 100 is one step below Top.
    assert people.amounts(compute(plan, people.members, sales)) == {}


@pytest.mark.parametrize("seed", range(40))
def test_who_breaks_away_is_decided_from_the_leaves_upwards(seed: int) -> None:
    chance = np.random.default_rng(seed)
    size = int(chance.integers(1, 60))
    tree = build_tree(random_members(chance, size, ("random", "chain", "star")[seed % 3]))
    personal = chance.integers(-300 if seed % 2 else 0, 1000, size)
    top = int(chance.integers(0, 2500))

    group, broken = broken_away(tree, personal, top)

    wanted = personal.tolist()
    for place in range(size - 1, -1, -1):
        above = int(tree.sponsor[place])
        if wanted[place] < top and above >= 0:
            wanted[above] += wanted[place]
    assert group.tolist() == wanted
    assert broken.tolist() == [one >= top for one in wanted]


@pytest.mark.parametrize(
    "keys",
    [
        {"chosen_by": "personal_bv"},
        {"brackets": None, "chosen_by": None, "percent_by_rank": {"Member": "5"}},
    ],
)
def test_breakaway_needs_brackets_chosen_by_group_volume(keys: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match="needs brackets that are chosen by group_bv") as caught:
        plan_of(stairstep(breakaway=True, **keys), ranks=ladder("Member"))

    assert [one.path for one in caught.value.faults] == ["components[0].breakaway"]


def test_breakaway_is_told_and_changes_the_digest_alone_where_it_is_given() -> None:
    with_it, without = plan_of(stairstep(breakaway=True)), plan_of(stairstep(breakaway=False))

    assert any("breaks away" in one for one in plan_prose(with_it))
    assert not any("breaks away" in one for one in plan_prose(without))
    assert without.digest() == plan_of(stairstep()).digest() != with_it.digest()


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
    assert worst_case(of_net).of_net == Fraction(15, 100)
    assert worst_case(plan_of(quick(), bv_value="0.5")).of_bv == Fraction(15, 200)
    with pytest.raises(PlanError, match=r"components\[0\].days: is missing"):
        plan_of({key: value for key, value in quick().items() if key != "days"})


# -------------------------------------------------------------------------------- rank-bonus.md


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

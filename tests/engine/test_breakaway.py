"""The worked table of docs/plan/differential.md on breakaway."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compensation.engine import (
    NOT_STATED,
    PlanError,
    Stated,
    Status,
    compute,
)
from compensation.engine.components.breakaway import broken_away
from compensation.engine.plan import Plan
from compensation.engine.prose import plan_prose
from compensation.engine.tree import build_tree
from tests.engine.worlds import People, ladder, plan_of, random_members

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

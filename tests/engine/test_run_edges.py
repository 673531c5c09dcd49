"""What a run puts together: digests of what went in, figures and carried values of all parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from compensation.engine import Stated, compute
from tests.engine.company import cycles, left_behind
from tests.engine.worlds import People, percentages, plan_of

UNSAID = int(np.iinfo(np.int64).min)
STAR = {"name": "Star", "requires": [{"measure": "personal_bv", "at_least": "1"}]}
STARS = [{"count": "directs", "who": {"rank": "Star"}, "at_least": 1}]
BREAKAWAY: dict[str, Any] = {
    "id": "steps",
    "kind": "differential",
    "chosen_by": "group_bv",
    "breakaway": True,
    "brackets": [{"from": "10", "percent": "5"}, {"from": "1000", "percent": "9"}],
}


def test_what_is_stated_is_part_of_what_went_in() -> None:
    people = People.line("A", "B")
    plan = plan_of(percentages("5"))

    def digest(**figures: list[int]) -> str:
        stated = Stated.of(2, **figures) if figures else None
        return compute(plan, people.members, people.sales(), stated=stated).input_digest

    assert len({digest(), digest(group_bv=[UNSAID, 5]), digest(group_bv=[UNSAID, 6])}) == 3


def test_people_of_a_rank_are_counted_for_a_component_that_alone_asks() -> None:
    people = People.line("A", "B", "C")
    plan = plan_of(
        percentages("10", qualification=STARS), ranks={"ladder": [{"name": "Member"}, STAR]}
    )

    found = compute(plan, people.members, people.sales(("B", {"bv": "5"}), ("C", {"bv": "7"})))

    assert found.members.figure_names == ("directs:rank:1",)
    assert found.members.figures[0].tolist() == [1, 1, 0]
    assert people.amounts(found) == {("A", 1): 50, ("B", 1): 70}


def test_figures_of_a_component_stand_beside_those_of_ranks() -> None:
    people = People.line("A", "B")
    ladder = {"ladder": [{"name": "Member"}, STAR, {"name": "Top", "requires": STARS}]}
    plan = plan_of(BREAKAWAY, ranks=ladder)

    found = compute(plan, people.members, people.sales(("A", {"bv": "5"}), ("B", {"bv": "1000"})))

    figures = dict(zip(found.members.figure_names, found.members.figures, strict=True))
    assert {name: values.tolist() for name, values in figures.items()} == {
        "broken_away:breakaway:steps": [0, 1],
        "directs:rank:1": [1, 0],
        "group_bv:breakaway:steps": [500, 100_000],
    }


def test_all_parts_of_a_plan_leave_something_behind() -> None:
    people = People.of({"A": None})
    ladder = {"ladder": [{"name": "Member"}, {**STAR, "consecutive_periods": 2}]}
    plan = plan_of(cycles(), cycles(id="again"), ranks=ladder)
    alone = plan_of(cycles())
    members = people.members

    sales = people.sales(("A", {"bv": "50"}))
    keys = {key for _, key in left_behind(people, compute(plan, members, sales))}

    assert "met:Star" in keys
    of_one = {key for _, key in left_behind(people, compute(alone, members, sales))}
    assert keys == {"met:Star"} | of_one | {key.replace("legs", "again") for key in of_one}


def test_a_rank_may_take_activity_ones_own_and_that_of_others() -> None:
    people = People.line("A", "B", "C")
    directs = {"count": "directs", "who": {"measure": "active", "at_least": 1}, "at_least": 1}
    requires = [{"measure": "active", "at_least": 1}, directs]
    plan = plan_of(
        ranks={"ladder": [{"name": "Member"}, {"name": "Star", "requires": requires}]},
        activity={"test": {"measure": "personal_bv", "at_least": "1"}, "window": "period"},
    )

    found = compute(plan, people.members, people.sales(("A", {"bv": "1"}), ("B", {"bv": "1"})))

    assert found.members.pay_rank.tolist() == [1, 0, 0]


def test_a_level_without_a_rate_keeps_no_later_one_from_paying() -> None:
    people = People.line("A", "B", "C")
    plan = plan_of(percentages("0", "5"))

    found = compute(plan, people.members, people.sales(("C", {"bv": "10"})))

    assert people.amounts(found) == {("A", 2): 50}

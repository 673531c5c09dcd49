"""Ranks of a few among many, which are decided by themselves. docs/plan/ranks.md.

Where ranks hang on people of a rank, whoever's people rose is decided again: with few of them in a
large company that is done for them alone, and what holds for them must come along.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compensation.engine import Carried, Stated, Status, compute
from tests.engine.worlds import People, plan_of

LINE = ("Diamond", "Ruby", "Gold", "Silver")
NAMES = ("Member", *LINE[::-1])
CROWD = {f"P{place}": "Diamond" for place in range(100)}
UNSAID = int(np.iinfo(np.int64).min)


def company(**keys: Any) -> People:
    """A line of four who each have the rank that is their name, beside a crowd without volume."""
    line = dict(zip(LINE, (None, *LINE[:-1]), strict=True))
    return People.of({**CROWD, **line}, **keys)


def ladder(**of_ruby: Any) -> dict[str, Any]:
    def below(name: str) -> list[dict[str, Any]]:
        return [{"count": "directs", "who": {"rank": name}, "at_least": 1}]

    return {
        "ladder": [
            {"name": "Member"},
            {"name": "Silver", "requires": [{"measure": "personal_bv", "at_least": "1"}]},
            {"name": "Gold", "requires": below("Silver")},
            {"name": "Ruby", "requires": below("Gold"), **of_ruby},
            {"name": "Diamond", "requires": below("Ruby")},
        ],
        "steps_per_period": 4,
    }


def ranks_of_line(
    people: People, ranks: dict[str, Any] | None = None, **more: Any
) -> dict[str, str]:
    sold = people.sales(*((name, {"bv": "1"}) for name in LINE))
    results = compute(plan_of(ranks=ranks or ladder()), people.members, sold, **more)
    found = {name: NAMES[people.of_results(results, name)["pay_rank"]] for name in people.names}
    assert {found[name] for name in CROWD} == {"Member"}
    return {name: found[name] for name in LINE}


def said(people: People, name: str, rank: str) -> list[int]:
    return [NAMES.index(rank) if one == name else UNSAID for one in people.names]


def test_each_rank_of_the_line_hangs_on_the_one_below() -> None:
    assert ranks_of_line(company()) == {name: name for name in LINE}


@pytest.mark.parametrize("figure", ["pay_rank", "pay_rank_at_most"])
def test_whom_staff_holds_down_is_nobodys_ruby(figure: str) -> None:
    people = company()
    stated = Stated.of(len(people.names), **{figure: said(people, "Ruby", "Silver")})

    found = ranks_of_line(people, stated=stated)

    assert (found["Ruby"], found["Diamond"]) == ("Silver", "Gold")


@pytest.mark.parametrize("figure", ["pay_rank", "pay_rank_at_least"])
def test_whom_staff_lifts_counts_for_his_sponsor(figure: str) -> None:
    people = company()
    stated = Stated.of(len(people.names), **{figure: said(people, "Silver", "Ruby")})

    found = ranks_of_line(people, stated=stated)

    assert found == {"Silver": "Ruby", "Gold": "Diamond", "Ruby": "Diamond", "Diamond": "Diamond"}


@pytest.mark.parametrize(("times", "top"), [(1, "Diamond"), (0, "Ruby")])
def test_periods_in_a_row_count_for_those_who_are_decided_again(times: int, top: str) -> None:
    people = company()
    rows = [people.row("Diamond"), people.row("Ruby")]
    before = Carried.of(rows, [0, 0], [1, times], keys=["met:Ruby"])

    found = ranks_of_line(people, ladder(consecutive_periods=2), carried=before)

    assert found["Diamond"] == top


def test_grace_counts_for_those_who_are_decided_again() -> None:
    people = company(titles={"Gold": 3})
    before = Carried.of([people.row("Gold")], [0], [1], keys=["held:Ruby"])

    found = ranks_of_line(people, {**ladder(), "grace_periods": 1}, carried=before)

    assert found["Gold"] == "Ruby"
    assert found["Ruby"] == "Diamond"


def test_whoever_is_not_enrolled_is_nobodys_silver() -> None:
    people = company(status={"Silver": Status.SUSPENDED})

    found = ranks_of_line(people)

    assert found == {"Silver": "Member", "Gold": "Silver", "Ruby": "Gold", "Diamond": "Ruby"}


def test_every_requirement_of_a_rank_must_be_met() -> None:
    people = People.line("A", "B")
    requires = [
        {"measure": "direct_count", "at_least": 1},
        {"measure": "personal_bv", "at_least": "1"},
    ]
    both = [{"name": "Member"}, {"name": "Silver", "requires": requires}]
    turned = [{"name": "Member"}, {"name": "Silver", "requires": requires[::-1]}]
    sold = people.sales(("B", {"bv": "1"}))

    for rungs in (both, turned):
        found = compute(plan_of(ranks={"ladder": rungs}), people.members, sold)
        assert found.members.pay_rank.tolist() == [0, 0]


def test_no_grace_is_used_where_the_floor_is_higher() -> None:
    people = People.of({"A": None}, titles={"A": 2})
    volume = [{"measure": "personal_bv", "at_least": "1"}]
    rungs = [{"name": "Member"}] + [
        {"name": name, "requires": volume} for name in ("Silver", "Top")
    ]
    keys = {"ladder": rungs, "grace_periods": 1}
    floor = {"for_titles_from": "Top", "floor": "Top"}
    before = Carried.of([0], [0], [1], keys=["held:Silver"])

    def decided(**more: Any) -> tuple[int, int]:
        plan = plan_of(ranks={**keys, **more})
        found = compute(plan, people.members, people.sales(), carried=before).members
        return int(found.pay_rank[0]), int(found.grace_used[0])

    assert decided() == (1, 1)
    assert decided(pay_rank_floor=floor) == (2, 0)

"""The engine against the oracle on the plans of the catalogue, explanations and all."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from compensation import engine
from tests.engine.catalogue import (
    CAPS,
    COMPONENTS,
    LADDERS,
    RANKINGS,
    REQUIREMENTS,
    company,
    laddered,
    ranked,
)
from tests.engine.comparison import compute, differences, second_of
from tests.engine.comparison_of_parts import (
    match_differences,
    part_differences,
    verdict_differences,
)
from tests.engine.comparison_of_reasons import reason_differences
from tests.engine.strategies import World


def agreed(world: World) -> engine.Results:
    """Let both compute a world and explain it, and require that they agree."""
    results, second = compute(world), second_of(world)
    expected = second.answer()

    assert differences(world, results, expected) == []
    assert part_differences(world, results, second) == []
    assert verdict_differences(world, results, second) == []
    assert match_differences(world, results, second) == []
    assert reason_differences(world, results, second) == []
    return results


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=COMPONENTS)
def test_every_kind_agrees(component):
    results = agreed(company(component))

    assert len(results.earnings) > 1


@pytest.mark.parametrize("cap", CAPS.values(), ids=CAPS)
@pytest.mark.parametrize("name", ["percent-recount", "match", "pool-by-rank"])
def test_cuts_agree(name, cap):
    world = company(COMPONENTS[name], caps=[cap])
    results = agreed(world)

    assert results.earnings.component.max() == len(world.plan["components"])


def test_cuts_of_cuts_agree():
    caps = [
        {"id": "first", "scope": "person", "amount": "10", "of": ["only"]},
        {"id": "second", "scope": "company", "percent": "1", "on": "net", "of": ["c3"]},
        {"id": "third", "scope": "person", "amount": "12"},
        {"id": "fourth", "scope": "company", "amount": "100"},
    ]
    results = agreed(company(COMPONENTS["match"], caps=caps))

    assert set(results.earnings.component.tolist()) == {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize("ranking", RANKINGS.values(), ids=RANKINGS)
def test_rankings_agree(ranking):
    results = agreed(company(COMPONENTS["points"], rankings=[{"id": "sellers", **ranking}]))

    assert results.rankings["sellers"].position.max() > 10


@pytest.mark.parametrize("requires", REQUIREMENTS.values(), ids=REQUIREMENTS)
@pytest.mark.parametrize("periods", [1, 2])
def test_requirements_agree(requires, periods):
    results = agreed(ranked(requires, {"consecutive_periods": periods}))

    assert {0, 1, 2} == set(results.members.pay_rank.tolist())


GROUPS: dict[str, dict[str, Any]] = {
    "group": {"measure": "group_bv", "at_least": "700"},
    "legs-within": {"measure": "group_bv", "per_leg_at_most": "40", "at_least": "700"},
    **{
        what: {"count": what, "who": {"measure": "group_bv", "at_least": "500"}, "at_least": 1}
        for what in ("directs", "legs")
    },
}
"""Requirements that rest on group volume."""


@pytest.mark.parametrize("requirement", GROUPS.values(), ids=GROUPS)
def test_bought_volume_counts_for_ranks_and_not_for_components(requirement):
    sold = ranked([requirement], {"maintains": [requirement]}, steps_per_period=2)
    levels = {"id": "levels", "kind": "level_percent", "rates": ["7", "5"]}
    sold.plan["components"].append({**levels, "qualification": [requirement]})
    nobody = [replace(person, bought_bv=0, opening_title=2) for person in sold.people]
    some = [
        replace(person, bought_bv=80001 * (place % 3 == 0)) for place, person in enumerate(nobody)
    ]

    without = agreed(replace(sold, people=nobody))
    results = agreed(replace(sold, people=some))

    assert (results.members.pay_rank > without.members.pay_rank).sum() > 5
    assert results.members.commission_minor.any()
    assert (results.members.commission_minor == without.members.commission_minor).all()


@pytest.mark.parametrize("what", ["directs", "legs"])
@pytest.mark.parametrize("people", [30, 2000])
def test_ranks_that_count_ranks_agree(what, people):
    """Each rank counts people of the one below; in a large company few rise at a time."""
    names = ["IR", "Star", "Top", "Peak", "Summit"]
    ladder: list[dict[str, Any]] = [
        {"name": names[0]},
        {"name": names[1], "requires": [{"measure": "personal_bv", "at_least": "60"}]},
    ]
    for below, name in pairwise(names[1:]):
        counted = {"count": what, "who": {"rank": below}, "at_least": 1}
        ladder.append({"name": name, "requires": [counted], "consecutive_periods": 1})
    ladder[2]["consecutive_periods"] = 2
    rules = {"ladder": ladder, "steps_per_period": 4, "grace_periods": 1}
    world = laddered(rules, people, 200)
    for person in world.people[::6]:  # who would be counted, were it not for staff
        world.stated[person.id] = {"pay_rank": 0}
    for person in world.people[3::6]:
        world.stated[person.id] = {"pay_rank_at_most": 1}
    results = agreed(world)

    assert len(set(results.members.pay_rank.tolist())) == len(names)


@pytest.mark.parametrize("rules", LADDERS.values(), ids=LADDERS)
def test_ladders_agree(rules):
    top = {"maintains": [{"measure": "personal_bv", "at_least": "1"}]}
    results = agreed(ranked(REQUIREMENTS["group"], top, **rules))

    assert (results.members.title_rank > results.members.pay_rank).any()
    assert ("grace_periods" in rules) == bool(results.members.grace_used.any())

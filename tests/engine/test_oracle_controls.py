"""Controls: the comparison with the oracle sees a single cent, wherever it is planted."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest

from compensation import engine
from tests.engine import strategies
from tests.engine.comparison import COUNTS, VOLUMES, answer, compute, differences
from tests.engine.strategies import World

COMPONENTS = {
    "points": {"kind": "rsp_points", "depth": 4},
    "points-none": {"kind": "rsp_points", "depth": 4, "compression": "none"},
    "points-by-rank": {"kind": "rsp_points", "depth_by_rank": {"IR": 2, "Bronze": 5}},
    "percent-none": {"kind": "level_percent", "rates": ["5", "2.5"], "seller_rate": "1"},
    "percent-recount": {
        "kind": "level_percent",
        "rates": ["5", "2.5"],
        "compression": "skip_and_recount",
        "unqualified_volume_pays": False,
    },
    "percent-roll-up": {"kind": "level_percent", "rates": ["5", "3"], "compression": "roll_up"},
    "percent-dynamic": {
        "kind": "level_percent",
        "rates": ["5", "4", "3"],
        "compression": "dynamic",
        "depth_by_rank": {"IR": 1, "Bronze": 3},
        "level_minimum": {"measure": "personal_bv", "at_least": ["0", "60", "100"]},
    },
    "percent-own-test": {
        "kind": "level_percent",
        "rates": ["5", "2.5"],
        "compression": "skip_and_recount",
        "qualification": [{"measure": "personal_rsp", "at_least": "50"}],
    },
    "percent-window": {
        "kind": "level_percent",
        "on": "net",
        "rates": ["20"],
        "window_days_from_enrolment": 10,
    },
    "bracket": {
        "kind": "volume_bracket",
        "chosen_by": "group_bv",
        "paid_on": {"scope": "group"},
        "brackets": [{"from": "60", "percent": "1"}, {"from": "5000", "percent": "2.5"}],
    },
    "bracket-marginal": {
        "kind": "volume_bracket",
        "method": "marginal",
        "paid_on": {"base": "net"},
        "brackets": [{"from": "10", "percent": "1"}, {"from": "50", "percent": "3"}],
    },
    "differential": {
        "kind": "differential",
        "percent_by_rank": {"IR": "2", "Bronze": "7.25"},
    },
    "stairstep": {
        "kind": "differential",
        "from_level": 1,
        "chosen_by": "group_bv",
        "brackets": [
            {"from": "60", "percent": "3"},
            {"from": "500", "percent": "6"},
            {"from": "5000", "percent": "9"},
        ],
    },
    "match": {
        "kind": "match",
        "of": ["c3"],
        "rates": ["20", "10"],
        "compression": "skip_and_recount",
    },
    "bonus": {"kind": "flat_bonus", "amount": "50", "trigger": "every_order"},
    "bonus-roll-up": {
        "kind": "flat_bonus",
        "amount": "7.50",
        "trigger": "first_order",
        "compression": "roll_up",
    },
    "stairstep-breakaway": {
        "kind": "differential",
        "chosen_by": "group_bv",
        "breakaway": True,
        "brackets": [{"from": "60", "percent": "3"}, {"from": "100000", "percent": "6"}],
    },
    "generation": {
        "kind": "generation_percent",
        "rates": ["5", "3"],
        "leader_rank": "Bronze",
        "own_rate": "1",
        "depth_by_rank": {"IR": 0, "Bronze": 1},
    },
    "retail-profit": {"kind": "retail_profit", "percent": "50"},
    "quick-start": {
        "kind": "quick_start",
        "rates": ["10", "5"],
        "days": 20,
        "compression": "dynamic",
    },
    "rank-bonus": {"kind": "rank_bonus", "amounts": {"Bronze": "250"}},
    "rank-bonus-held": {
        "kind": "rank_bonus",
        "amounts": {"Bronze": "250"},
        "after_periods": 2,
    },
    "pool-by-rank": {
        "kind": "pool",
        "percent": "2",
        "shares": {"by_rank": {"IR": 1, "Bronze": 3}},
    },
    "pool-by-measure": {
        "kind": "pool",
        "percent": "2",
        "on": "net",
        "shares": {"measure": "personal_bv", "per": "60"},
    },
    "pool-by-position": {
        "kind": "pool",
        "percent": "2",
        "shares": {"ranking": "sellers", "by_position": [5, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1]},
    },
    "binary": {
        "kind": "binary_cycles",
        "cycle": {"left": "100", "right": "50"},
        "pays": "20",
        "most_cycles": 40,
        "carry_at_most": "100000",
    },
}
FIGURES = (*VOLUMES, *COUNTS, "inactive_reason")
CAPS = {
    "person": {"id": "cut", "scope": "person", "amount": "20"},
    "company": {"id": "cut", "scope": "company", "percent": "0.5", "on": "net"},
    "company-amount": {"id": "cut", "scope": "company", "amount": "100", "of": ["only"]},
}


def company(component: dict[str, Any], **keys: Any) -> World:
    """A company in which every kind of component pays somebody."""
    chance = random.Random(7)
    people = strategies.filled_people("random", 150, 2, chance)
    plan = {
        "format": 1,
        "name": "control",
        "currency": "EUR",
        "activity": {"test": {"measure": "personal_bv", "at_least": "60"}},
        "ranks": {
            "grace_periods": 2,
            "ladder": [
                {"name": "IR"},
                {
                    "name": "Bronze",
                    "consecutive_periods": 2,
                    "requires": [
                        {"measure": "group_bv", "at_least": "500"},
                        {"measure": "personal_bv", "from": "customers", "at_least": "0.01"},
                        {
                            "count": "legs",
                            "who": {"measure": "active", "at_least": 1},
                            "at_least": 1,
                        },
                        {"measure": "retail_customers", "at_least": 0},
                    ],
                },
            ],
        },
        "rankings": [{"id": "sellers", "value": "units_plus_coupons_used"}],
        "components": [
            *({"id": name, **COMPONENTS["percent-none"]} for name in component.get("of", ())),
            {"id": "only", **component},
        ],
        **keys,
    }
    world = strategies.filled_world(plan, people, 300, 60, chance)
    if component.get("after_periods"):  # half of the people are about to be paid
        for person in people[::2]:
            world.carried[person.id, "bonus:only:Bronze"] = 3
            world.carried[person.id, "held:Bronze"] = 1
    return world


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=COMPONENTS)
def test_planted_cent_is_found(component):
    world = company(component)

    plant_in_lines(world, compute(world), least=2)


@pytest.mark.parametrize("cap", CAPS.values(), ids=CAPS)
def test_planted_cent_in_a_cut_is_found(cap):
    world = company(COMPONENTS["percent-none"], caps=[cap])
    results = compute(world)

    assert (results.earnings.component == 1).sum() > 5
    plant_in_lines(world, results, least=10)


def plant_in_lines(world: World, results: engine.Results, least: int) -> None:
    """Plant a cent in the first and in the last line of a period."""
    expected = answer(world)
    assert differences(world, results, expected) == []
    assert len(results.earnings) >= least

    for index in (0, len(results.earnings) - 1):
        planted = planted_in(results.earnings, "amount", index)
        found = differences(world, dataclasses.replace(results, earnings=planted), expected)

        assert len(found) == 1
        assert found[0].startswith("line (")


def planted_in(table: Any, name: str, index: int) -> Any:
    """Add one to a figure of a table, or turn a truth."""
    column = getattr(table, name).copy()
    column[index] = ~column[index] if column.dtype == bool else column[index] + 1
    return dataclasses.replace(table, **{name: column})


@pytest.mark.parametrize("figure", FIGURES)
def test_planted_figure_of_a_member_is_found(figure):
    world = company(COMPONENTS["points"])
    results, expected = compute(world), answer(world)

    planted = planted_in(results.members, figure, 17)
    found = differences(world, dataclasses.replace(results, members=planted), expected)

    assert len(found) == 1


def test_planted_further_figures_are_found():
    world = company(COMPONENTS["points"])
    results, expected = compute(world), answer(world)
    figures = [column.copy() for column in results.members.figures]
    assert len(figures) == 2

    for column in figures:
        column[17] += 1
        planted = dataclasses.replace(results.members, figures=tuple(figures))
        found = differences(world, dataclasses.replace(results, members=planted), expected)
        column[17] -= 1

        assert len(found) == 1
        assert found[0].startswith("figure (")


def test_planted_carried_values_are_found():
    world = company(COMPONENTS["binary"])
    results, expected = compute(world), answer(world)
    keys = {name.partition(":")[0] for name in results.carried.keys}
    assert keys == {"met", "held", "binary", "coupons"}

    for index in range(len(results.carried)):
        planted = planted_in(results.carried, "value", index)
        found = differences(world, dataclasses.replace(results, carried=planted), expected)

        assert len(found) == 1
        assert found[0].startswith("carried (")


@pytest.mark.parametrize("figure", ["value", "position"])
def test_planted_places_in_a_ranking_are_found(figure):
    world = company(COMPONENTS["points"])
    results, expected = compute(world), answer(world)

    planted = {"sellers": planted_in(results.rankings["sellers"], figure, 17)}
    found = differences(world, dataclasses.replace(results, rankings=planted), expected)

    assert len(found) == 1
    assert found[0].startswith("ranking (")


def test_missing_and_invented_lines_are_found():
    world = company(COMPONENTS["points"])
    results, expected = compute(world), answer(world)
    names = [field.name for field in dataclasses.fields(results.earnings)]

    shorter = dataclasses.replace(
        results.earnings, **{name: getattr(results.earnings, name)[1:] for name in names}
    )
    missing = differences(world, dataclasses.replace(results, earnings=shorter), expected)
    del expected.lines[3]
    invented = differences(world, results, expected)

    assert len(missing) == 1
    assert "engine None" in missing[0]
    assert len(invented) == 1
    assert "oracle None" in invented[0]

"""The engine against its second implementation: every figure, cent for cent.

``ORACLE_CASES`` sets the number of drawn worlds (default 300, ``make oracle`` draws more). The
search is derandomised, so that a failure in CI is a failure everywhere; ``ORACLE_SEED`` gives
another walk through the same space.
"""

from __future__ import annotations

import ast
import dataclasses
import os
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, reject, seed, settings

from compensation.engine.money import SumTooLargeError
from tests.engine import oracle, strategies
from tests.engine.comparison import (
    COUNTS,
    VOLUMES,
    answer,
    compute,
    differences,
    part_differences,
    verdict_differences,
)
from tests.engine.strategies import World

CASES = int(os.environ.get("ORACLE_CASES", "300"))
SEED = os.environ.get("ORACLE_SEED")


def seeded(test: Any) -> Any:
    """Apply the seed of the environment, if there is one."""
    return seed(int(SEED))(test) if SEED else test


@seeded
@settings(
    max_examples=CASES,
    derandomize=SEED is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=strategies.worlds())
def test_engine_agrees_with_the_oracle(world):
    event(f"people: {len(world.people)}" if len(world.people) < 3 else "people: more")
    try:
        results = compute(world)
    except SumTooLargeError:
        event("refused: beyond 64 bits")
        reject()

    assert differences(results, answer(world), world.stated) == []


@seeded
@settings(
    max_examples=max(CASES // 4, 1),
    derandomize=SEED is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=strategies.worlds(largest=200))
def test_parts_and_verdicts_agree_with_the_oracle(world):
    try:
        results = compute(world)
    except SumTooLargeError:
        reject()
    second = oracle.Oracle(world.plan, world.people, world.sales, world.qualifying, world.stated)
    second.answer()

    assert part_differences(world, results, second) == []
    assert verdict_differences(world, results, second) == []


@pytest.mark.parametrize("shape", ["chain", "star", "broom", "random"])
def test_engine_agrees_on_a_large_tree(shape):
    chance = random.Random(shape)
    people = strategies.filled_people(shape, strategies.LARGEST_TREE, 2, chance)
    components = [
        {"id": f"c{number}", **component} for number, component in enumerate(COMPONENTS.values())
    ]
    world = dataclasses.replace(
        company(COMPONENTS["points"]),
        people=people,
        sales=strategies.filled_sales(people, 400, chance),
        qualifying=strategies.filled_qualifying(people, 400, chance),
    )
    world.plan["components"] = components

    assert differences(compute(world), answer(world), {}) == []


ORACLE = Path(oracle.__file__).parent


@pytest.mark.parametrize("path", sorted(ORACLE.glob("*.py")), ids=lambda path: path.stem)
def test_oracle_imports_the_standard_library_alone(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module)

    assert names
    others = {name for name in names if not f"{name}.".startswith("tests.engine.oracle.")}
    assert {name.partition(".")[0] for name in others} <= sys.stdlib_module_names


# -- controls: the comparison sees a single cent --------------------------------------------------

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
}
FIGURES = (*VOLUMES, *COUNTS, "inactive_reason")


def company(component: dict[str, Any]) -> World:
    """A company in which every kind of component pays somebody."""
    chance = random.Random(7)
    people = strategies.filled_people("random", 150, 2, chance)
    plan = {
        "format": 1,
        "name": "control",
        "currency": "EUR",
        "activity": {"test": {"measure": "personal_bv", "at_least": "60"}},
        "ranks": {
            "ladder": [
                {"name": "IR"},
                {"name": "Bronze", "requires": [{"measure": "group_bv", "at_least": "500"}]},
            ]
        },
        "components": [
            *({"id": name, **COMPONENTS["percent-none"]} for name in component.get("of", ())),
            {"id": "only", **component},
        ],
    }
    return World(plan, people, strategies.filled_sales(people, 300, chance), [], {})


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=COMPONENTS)
def test_planted_cent_is_found(component):
    world = company(component)
    results, expected = compute(world), answer(world)
    assert differences(results, expected, {}) == []
    assert len(results.earnings) > 10

    for index in (0, len(results.earnings) - 1):
        planted = dataclasses.replace(results.earnings, amount=results.earnings.amount.copy())
        planted.amount[index] += 1
        found = differences(dataclasses.replace(results, earnings=planted), expected, {})

        assert len(found) == 1
        assert found[0].startswith("line (")


@pytest.mark.parametrize("figure", FIGURES)
def test_planted_figure_of_a_member_is_found(figure):
    world = company(COMPONENTS["points"])
    results, expected = compute(world), answer(world)
    column = getattr(results.members, figure).copy()
    column[17] = ~column[17] if column.dtype == bool else column[17] + 1

    planted = dataclasses.replace(results.members, **{figure: column})
    found = differences(dataclasses.replace(results, members=planted), expected, {})

    assert len(found) == 1


def test_missing_and_invented_lines_are_found():
    world = company(COMPONENTS["points"])
    results, expected = compute(world), answer(world)
    names = [field.name for field in dataclasses.fields(results.earnings)]

    shorter = dataclasses.replace(
        results.earnings, **{name: getattr(results.earnings, name)[1:] for name in names}
    )
    missing = differences(dataclasses.replace(results, earnings=shorter), expected, {})
    del expected.lines[3]
    invented = differences(results, expected, {})

    assert len(missing) == 1
    assert "engine None" in missing[0]
    assert len(invented) == 1
    assert "oracle None" in invented[0]

"""The engine against the oracle on the plans of the catalogue, explanations and all."""

from __future__ import annotations

import pytest

from compensation import engine
from tests.engine.catalogue import (
    CAPS,
    COMPONENTS,
    LADDERS,
    RANKINGS,
    REQUIREMENTS,
    company,
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


@pytest.mark.parametrize("rules", LADDERS.values(), ids=LADDERS)
def test_ladders_agree(rules):
    top = {"maintains": [{"measure": "personal_bv", "at_least": "1"}]}
    results = agreed(ranked(REQUIREMENTS["group"], top, **rules))

    assert (results.members.title_rank > results.members.pay_rank).any()
    assert ("grace_periods" in rules) == bool(results.members.grace_used.any())

"""Controls: the comparison with the oracle sees a single cent, wherever it is planted."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from compensation import engine
from tests.engine.catalogue import CAPS, COMPONENTS, company
from tests.engine.comparison import COUNTS, VOLUMES, answer, compute, differences
from tests.engine.strategies import World

FIGURES = (*VOLUMES, *COUNTS, "inactive_reason")


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

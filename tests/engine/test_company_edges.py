"""Edges of cycles, brackets and breakaway that their pages name."""

from __future__ import annotations

import numpy as np
import pytest

from compensation.engine import Carried, Members, Sales, compute
from compensation.engine.components.base import Standing
from compensation.engine.components.brackets import Bracket, bracket_numbers
from tests.engine.refusals import faults_of
from tests.engine.worlds import plan_of


def test_who_is_not_qualified_loses_his_legs_whatever_the_limit_of_cycles():
    plan = plan_of(
        {
            "id": "legs",
            "kind": "binary_cycles",
            "cycle": {"left": "1", "right": "1"},
            "pays": "1",
            "most_cycles": 1,
            "flush_over_most": True,
            "qualification": [{"measure": "personal_bv", "at_least": "1"}],
        }
    )
    members = Members.of([1, 2, 3], [-1, 0, 0], placement=[-1, 0, 0], side=[-1, 0, 1])
    brought = Carried.of([0], [0], [500], keys=("binary:legs:left",))

    results = compute(plan, members, Sales.of([1], bv=[300]), carried=brought)

    assert len(results.carried) == 0
    assert len(results.earnings) == 0


def test_cycles_have_no_limit_but_the_plans():
    cycle = {"left": "0.01", "right": "0.01"}
    plan = plan_of({"id": "legs", "kind": "binary_cycles", "cycle": cycle, "pays": "0.01"})
    members = Members.of([1, 2, 3], [-1, 0, 0], placement=[-1, 0, 0], side=[-1, 0, 1])

    results = compute(plan, members, Sales.of([1, 2], bv=[3 * 10**9, 4 * 10**9]))

    assert results.earnings.base.tolist() == [3 * 10**9]
    assert results.carried.value.tolist() == [10**9]


@pytest.mark.parametrize(
    ("brackets", "faults"),
    [
        (
            [{"percent": "1"}, {"from": "5", "percent": "x"}],
            ["[0].from: is missing", '[1].percent: "x" is not a percentage'],
        ),
        (
            [{"from": "1"}, {"from": "y", "percent": "1"}],
            ["[0].percent: is missing", '[1].from: "y" is not a figure'],
        ),
        ([5], ["[0]: 5 is not a table of keys and values"]),
    ],
)
def test_every_fault_of_a_table_of_brackets_is_named(brackets, faults):
    component = {
        "id": "x",
        "kind": "volume_bracket",
        "chosen_by": "personal_bv",
        "brackets": brackets,
    }

    assert faults_of(component) == [f"components[0].brackets{fault}" for fault in faults]


def test_a_figure_reaches_a_bracket_at_its_very_start():
    brackets = [Bracket(100, 0), Bracket(200, 0)]

    found = bracket_numbers(brackets, np.array([-1, 0, 99, 100, 199, 200, 10**15]))

    assert found.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert found.dtype == np.int64


def test_active_counts_as_one():
    standing = Standing(np.array([True, True]), np.array([True, False]), np.array([0, 0]))

    assert standing.figure("active").tolist() == [1, 0]
    assert standing.figure("active").dtype == np.int64

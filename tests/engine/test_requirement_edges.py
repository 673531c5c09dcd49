"""How many requirements a list may have, and each of their faults once."""

from __future__ import annotations

from typing import Any

import pytest

from compensation.engine import Sales
from compensation.engine.explain import Upline, why
from compensation.engine.volumes import Orders
from tests.engine.refusals import faults_of
from tests.engine.worlds import percentages, plan_of

ASKED = {"measure": "own_bv", "at_least": "1"}
PLACE = "components[0].qualification[0]"


def test_a_list_has_twenty_requirements_at_most() -> None:
    assert faults_of(percentages("1", qualification=[ASKED] * 20)) == []
    assert faults_of(percentages("1", qualification=[ASKED] * 21)) == [
        "components[0].qualification: 21 elements; 0 to 20 are allowed"
    ]


@pytest.mark.parametrize(
    ("asked", "faults"),
    [
        ({"measure": "own_bv"}, [".at_least: is missing"]),
        ({"at_least": "1"}, [".measure: is missing"]),
        ({"measure": "own_bv", "at_least": "x"}, ['.at_least: "x" is not a figure']),
        (
            {"measure": "personal_bv", "at_least": "1", "window": {}},
            [".window.trailing: is missing"],
        ),
        (
            {
                "measure": "group_bv",
                "at_least": "1",
                "per_leg_at_most": "40",
                "from": "own",
                "window": "period",
            },
            [
                ".from: has no meaning with per_leg_at_most",
                ".window: has no meaning with per_leg_at_most",
            ],
        ),
        (
            {"count": "legs", "who": {"measure": "own_bv"}, "at_least": 1},
            [".who.at_least: is missing"],
        ),
        (
            {"count": "legs", "who": {"at_least": "1"}, "at_least": 1},
            [".who.measure: is missing"],
        ),
    ],
)
def test_each_fault_of_a_requirement_is_named_once(
    asked: dict[str, Any], faults: list[str]
) -> None:
    found = faults_of(percentages("1", qualification=[asked]))

    assert found == [f"{PLACE}{fault}" for fault in faults]


def test_one_hundredth_is_a_sale_for_a_differential_and_nought_is_none() -> None:
    rows = [{"from": "0", "percent": "10"}]
    component = plan_of(
        {"id": "it", "kind": "differential", "brackets": rows, "chosen_by": "own_bv"}
    ).components[0]
    people = [Upline(place, 0, True, 0, figures={"own_bv": 0}) for place in (1, 0)]

    def told(bv: int) -> list[tuple[int | None, str]]:
        sale = Orders.of_rows(Sales.of([0], bv=[bv]))
        return [
            (one.level, one.reason.code) for one in why(component, sale, people[0], 0, people[1:])
        ]

    assert told(1) == [(0, "paid"), (1, "below_minimum")]
    assert told(0) == []

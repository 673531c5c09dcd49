"""Keys that every plan and every component has: each fault once, each bound where it lies."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from compensation.engine import Plan, PlanError, parse_plan
from compensation.engine.prose import plan_prose

LEVELS: dict[str, Any] = {"id": "levels", "kind": "level_percent", "rates": ["5", "4"]}
RANKS = {
    "ladder": [
        {"name": "IR"},
        {"name": "Star", "requires": [{"measure": "personal_bv", "at_least": "1"}]},
    ]
}


def parsed(*components: Any, **keys: Any) -> Plan:
    return parse_plan(
        {
            "format": 1,
            "name": "small",
            "currency": "EUR",
            "activity": {"test": {"measure": "always"}},
            "components": list(components) or [LEVELS],
            **keys,
        }
    )


def faults(*components: Any, **keys: Any) -> list[str]:
    with pytest.raises(PlanError) as refused:
        parsed(*components, **keys)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"format": 2}, "format: 2 is not known; this engine reads 1"),
        ({"name": "Two words"}, 'name: "Two words" is not a name in a-z, 0-9 and -'),
        ({"currency": "euro"}, 'currency: "euro" is not a currency code like EUR'),
        ({"currency_digits": -1}, "currency_digits: -1 is outside 0 to 4"),
        ({"currency_digits": 5}, "currency_digits: 5 is outside 0 to 4"),
        ({"rsp_per_bv": "x"}, 'rsp_per_bv: "x" is not a ratio'),
        ({"rsp_per_bv": "0"}, "rsp_per_bv: must be above nought"),
        (
            {"illustrative": ["nowhere"]},
            'illustrative[0]: "nowhere" leads to nothing in this document',
        ),
        ({"activity": {"test": {"measure": "luck"}}}, None),
    ],
)
def test_each_fault_of_a_plan_is_named_once(keys: dict[str, Any], fault: str | None) -> None:
    found = faults(**keys)

    assert len(found) == 1
    assert found[0].startswith("activity.test.measure:") if fault is None else found == [fault]


def test_a_plan_is_as_it_says() -> None:
    plain, full = parsed(), parsed(title="Full", currency_digits=0, illustrative=["name"])

    assert (plain.title, plain.currency, plain.currency_digits) == ("small", "EUR", 2)
    assert (full.title, full.currency_digits, full.illustrative) == ("Full", 0, ("name",))
    assert parsed(currency_digits=4).currency_digits == 4
    assert (plain.rsp_per_bv, parsed(rsp_per_bv="0.25").rsp_per_bv) == (None, Fraction(1, 4))


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"id": "A b"}, '.id: "A b" is not an id in a-z, 0-9 and _'),
        (
            {"depth": 1, "depth_by_rank": {"IR": 1, "Star": 2}},
            ".depth_by_rank: only one of depth and depth_by_rank can be given",
        ),
        ({"depth_by_rank": {"IR": 1}}, ".depth_by_rank: no depth for Star"),
        (
            {"depth_by_rank": {"IR": 1, "Star": 2, "Top": 2}},
            '.depth_by_rank.Top: "Top" is not a rank of the ladder',
        ),
        ({"depth_by_rank": 3}, ".depth_by_rank: 3 is not a table of keys and values"),
        ({"depth": 3}, ".depth: 3 levels for IR, but there are 2 rates"),
        (
            {"qualification": [{"count": "legs", "who": {"rank": "Top"}, "at_least": 1}]},
            '.qualification[0].who.rank: "Top" is not a rank of the ladder',
        ),
        ({"window_days_from_enrolment": 36501}, None),
        (
            {"level_minimum": {"measure": "own_bv", "at_least": ["x", "1"]}},
            '.level_minimum.at_least[0]: "x" is not a figure',
        ),
    ],
)
def test_each_fault_of_a_component_is_named_once(keys: dict[str, Any], fault: str | None) -> None:
    said = fault or ".window_days_from_enrolment: 36501 is outside 0 to 36500"

    assert faults({**LEVELS, **keys}, ranks=RANKS) == [f"components[0]{said}"]


def test_people_of_any_rank_of_the_ladder_may_be_asked_for() -> None:
    asked = [{"count": "legs", "who": {"rank": "Star"}, "at_least": 1}]

    plan = parsed(
        {**LEVELS, "qualification": asked, "depth_by_rank": {"IR": 0, "Star": 2}}, ranks=RANKS
    )

    assert plan.figure_names == ("legs:rank:1",)


@pytest.mark.parametrize(("on", "rate"), [("net", Fraction(1, 20)), ("bv", Fraction(1, 40))])
def test_a_rate_on_net_sales_is_money_of_money(on: str, rate: Fraction) -> None:
    plan = parsed({**LEVELS, "on": on}, bv_value="0.5")

    assert plan.components[0].rate(1, plan.bv_value) == rate


@pytest.mark.parametrize(("base", "said"), [("bv", "from 10.05 5 %"), ("net", "from 10.050 5 %")])
def test_slices_are_told_in_money_for_net_sales_and_in_hundredths_for_bv(
    base: str, said: str
) -> None:
    rows = [{"from": "10.05", "percent": "5"}]
    slices = {"id": "it", "kind": "volume_bracket", "method": "marginal", "brackets": rows}

    told = plan_prose(parsed({**slices, "paid_on": {"base": base}}, currency_digits=3))

    assert any(f": {said}." in sentence for sentence in told)

"""docs/plan/flat-spots.md: what is warned of lowers somebody's pay, as the engine computes it."""

from __future__ import annotations

from typing import Any

import pytest

from compensation.engine import Plan, compute
from compensation.engine.plan_warnings import warnings
from compensation.plans import load_preset, preset_names
from tests.engine.refusals import faults_of
from tests.engine.worlds import People, percentages, plan_of

BRACKETS = [{"from": "100", "percent": "3"}, {"from": "1000", "percent": "6"}]


def paths(plan: Plan) -> list[str]:
    return [warning.path for warning in warnings(plan)]


def told(plan: Plan, path: str) -> str:
    return next(warning.message for warning in warnings(plan) if warning.path == path)


def pay(plan: Plan, people: People, sold: dict[str, Any]) -> dict[str, int]:
    """Everybody's money of a month with these sales (BV)."""
    results = compute(
        plan, people.members, people.sales(*((name, {"bv": bv}) for name, bv in sold.items()))
    )
    return {name: people.of_results(results, name)["commission_minor"] for name in people.names}


def differential(**keys: Any) -> dict[str, Any]:
    return {"id": "steps", "kind": "differential", **keys}


def test_a_bracket_reached_below_costs_the_upline() -> None:
    people = People.line("A", "B")
    brackets = [*BRACKETS, {"from": "3000", "percent": "9"}]
    plan = plan_of(differential(brackets=brackets, chosen_by="group_bv"))

    before = pay(plan, people, {"A": "9000", "B": "2999.99"})
    after = pay(plan, people, {"A": "9000", "B": "3000"})

    assert after["A"] < before["A"]
    assert paths(plan) == ["components[0].brackets"]
    assert told(plan, "components[0].brackets") == (
        "with 2,999.99 somebody has 6 % and his upline at 9 % earns 90.00 EUR on it; with 3,000 he "
        "has 9 % and the upline earns 0.00 EUR"
    )
    assert (before["A"] - 81000, after["A"] - 81000) == (9000, 0)


def test_a_leg_that_breaks_away_costs_the_upline() -> None:
    people = People.line("A", "B")
    plan = plan_of(differential(brackets=BRACKETS, chosen_by="group_bv", breakaway=True))

    before = pay(plan, people, {"A": "500", "B": "999.99"})
    after = pay(plan, people, {"A": "500", "B": "1000"})

    assert after["A"] < before["A"]
    assert paths(plan) == ["components[0].brackets", "components[0].breakaway"]


def test_a_rank_reached_below_costs_the_upline() -> None:
    people = People.line("A", "B", titles={"A": 1})
    plan = plan_of(
        differential(percent_by_rank={"IR": "2", "Silver": "8"}),
        ranks={
            "ladder": [
                {"name": "IR"},
                {"name": "Silver", "requires": [{"measure": "personal_bv", "at_least": "100"}]},
            ]
        },
    )

    before = pay(plan, people, {"A": "100", "B": "99.99"})
    after = pay(plan, people, {"A": "100", "B": "100"})

    assert after["A"] < before["A"]
    assert told(plan, "components[0].percent_by_rank") == (
        "the sale that makes somebody Silver takes his upline at 8 % from 60.00 EUR to 0.00 EUR on "
        "1,000 BV of his"
    )


@pytest.mark.parametrize("compression", ["skip_and_recount", "dynamic", "roll_up"])
def test_who_becomes_active_costs_those_above(compression: str) -> None:
    people = People.line("A", "B", "C")
    plan = plan_of(
        percentages("10", "5", compression=compression),
        activity={"test": {"measure": "personal_bv", "at_least": "100"}, "window": "period"},
    )

    before = pay(plan, people, {"A": "100", "B": "99.99", "C": "1000"})
    after = pay(plan, people, {"A": "100", "B": "100", "C": "1000"})

    assert after["A"] < before["A"]
    assert paths(plan) == ["components[0].compression"]


def test_plain_levels_and_levels_that_all_are_qualified_for_have_no_flat_spot() -> None:
    by_volume = {"test": {"measure": "personal_bv", "at_least": "100"}, "window": "period"}

    assert paths(plan_of(percentages("10", "5"), activity=by_volume)) == []
    assert paths(plan_of(percentages("10", "5", compression="dynamic"))) == []
    nothing_falls = percentages(compression="dynamic", seller_rate="5")
    assert paths(plan_of(nothing_falls, activity=by_volume)) == []


def test_a_falling_bracket_costs_the_seller() -> None:
    people = People.of({"A": None})
    brackets = [{"from": "0", "percent": "5"}, {"from": "1000", "percent": "4"}]
    bracket = {"id": "b", "kind": "volume_bracket", "brackets": brackets}
    plan = plan_of({**bracket, "chosen_by": "personal_bv"})

    assert pay(plan, people, {"A": "999.99"}) == {"A": 5000}
    assert pay(plan, people, {"A": "1000"}) == {"A": 4000}
    assert told(plan, "components[0].brackets[1].percent") == (
        "4 % after 5 %: with 999.99 it pays 50.00 EUR, with 1,000 40.00 EUR (where the same volume "
        "chooses and is paid)"
    )
    assert paths(plan_of({**bracket, "method": "marginal"})) == []


RANKS = {"ladder": [{"name": "IR"}, {"name": "Silver"}, {"name": "Gold"}]}
FALLING = {"IR": "1", "Silver": "12", "Gold": "10"}


@pytest.mark.parametrize(
    ("component", "path", "words"),
    [
        (
            percentages("5", "4", depth_by_rank={"IR": 1, "Silver": 2, "Gold": 1}),
            "components[0].depth_by_rank",
            "Gold is paid on 1 levels, Silver on 2: the sale that makes somebody Gold costs him 1",
        ),
        (
            differential(percent_by_rank=FALLING),
            "components[0].percent_by_rank.Gold",
            "takes him from 120.00 EUR to 100.00 EUR",
        ),
        (
            {
                "id": "p",
                "kind": "pool",
                "percent": "2",
                "shares": {"by_rank": {"Silver": 3, "Gold": 2}},
            },
            "components[0].shares.by_rank.Gold",
            "2 shares after 3 of Silver",
        ),
        (
            {
                "id": "p",
                "kind": "pool",
                "percent": "2",
                "shares": {"measure": "group_bv", "per": "10"},
            },
            "components[0].shares",
            "of 101 only 0.9901 %",
        ),
        (
            {"id": "g", "kind": "generation_percent", "rates": ["5", "5"], "leader_rank": "Gold"},
            "components[0].rates",
            "makes somebody Gold moves his group from generation 2 to 3",
        ),
        (
            {
                "id": "f",
                "kind": "flat_bonus",
                "amount": "7",
                "trigger": "every_order",
                "buyers": "customers",
                "compression": "roll_up",
            },
            "components[0].compression",
            "7.00 EUR for each order",
        ),
        (
            {
                "id": "b",
                "kind": "binary_cycles",
                "cycle": {"left": "300", "right": "300"},
                "pays": "30",
                "most_cycles": 2,
                "flush_over_most": True,
            },
            "components[0].flush_over_most",
            "with 900 BV on the left and 900 on the right there would be 3 cycles: 2 are paid",
        ),
    ],
)
def test_flat_spots_of_tables_have_path_and_numbers(
    component: dict[str, Any], path: str, words: str
) -> None:
    plan = plan_of(component, ranks=RANKS)

    assert words in told(plan, path)


def test_a_company_cap_that_can_cut_is_a_flat_spot() -> None:
    people = People.of({"A": None, "B": None})
    half = percentages(seller_rate="50")
    cap = {"id": "all", "scope": "company", "percent": "20"}
    plan = plan_of(half, {**half, "id": "own", "seller_rate": "10"}, caps=[cap])
    fixed = plan_of(half, caps=[{"id": "all", "scope": "company", "amount": "10"}])

    before = pay(fixed, people, {"A": "10", "B": "10"})
    after = pay(fixed, people, {"A": "10", "B": "20"})

    assert after["A"] < before["A"]
    assert paths(plan) == ["caps[0]"]
    assert paths(fixed) == ["caps[0]"]
    assert paths(plan_of(half, caps=[{**cap, "percent": "50"}])) == []
    assert paths(plan_of(half, caps=[{"id": "one", "scope": "person", "amount": "9"}])) == []


@pytest.mark.parametrize("name", preset_names())
def test_presets_have_no_flat_spot_but_that_of_compression(name: str) -> None:
    assert [path for path in paths(load_preset(name)) if "compression" not in path] == []


# ------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("components", "keys", "fault"),
    [
        (
            [percentages("5", on="converted_bv")],
            {},
            "components[0].on: BV that was bought with points pays no commission",
        ),
        (
            [
                {
                    "id": "b",
                    "kind": "volume_bracket",
                    "method": "marginal",
                    "brackets": [{"from": "0", "percent": "5"}],
                    "paid_on": {"base": "converted_bv"},
                }
            ],
            {},
            "components[0].paid_on.base: BV that was bought with points pays no commission",
        ),
        (
            [percentages("5")],
            {"rsp_conversion": {"bv": {"commissionable": True}}},
            "rsp_conversion.bv.commissionable: BV that was bought with points pays no commission",
        ),
        (
            [percentages("5")],
            {"rsp_conversion": {"cash": {}}},
            "rsp_conversion.cash: unknown key",
        ),
        (
            [{"id": "x", "kind": "recruitment_bonus"}],
            {},
            'components[0].kind: "recruitment_bonus" would pay without a product sale',
        ),
        (
            [percentages("5")],
            {"ranks": {"ladder": [{"name": "IR"}, {"name": "B", "consecutive_periods": 2}]}},
            "ranks.ladder[1].consecutive_periods: has no meaning where nothing is required",
        ),
        (
            [percentages("5")],
            {"ranks": {"ladder": [{"name": "IR"}], "grace_periods": 37}},
            "ranks.grace_periods: 37 is outside 0 to 36",
        ),
    ],
)
def test_plans_are_refused_in_words(components: Any, keys: dict[str, Any], fault: str) -> None:
    found = faults_of(*components, **keys)

    assert [one[: len(fault)] for one in found[:1]] == [fault]


def test_what_may_be_converted_is_none_of_the_plan_checks_business() -> None:
    assert faults_of(percentages("5"), rsp_conversion={"bv": {"commissionable": False}}) == []

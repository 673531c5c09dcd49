"""Turn an example's parameters into a plan document of ours: points, levels, matches, ranks.

Nothing is decided here: each parameter becomes the key of the plan document that means the same,
and what the document leaves open stays open. The format is docs/plan/format.md.
"""

from __future__ import annotations

from typing import Any

from compensation.examples.fields import Fields
from compensation.examples.setup import (
    Setup,
    empty_setup,
    take_compression,
    take_depth_by_rank,
    take_rates,
    take_rounding,
    take_test,
)


def rsp_upline(parameters: Fields) -> Setup:
    """Set up points for uplines."""
    setup = empty_setup()
    take_test(parameters, "active_test", setup)
    component: dict[str, Any] = {"id": "rsp", "kind": "rsp_points"}
    if "depth" in parameters:
        component["depth"] = parameters.whole("depth")
    take_depth_by_rank(parameters, setup, component)
    take_compression(parameters, component)
    if "points_from" in parameters:
        component["points_from"] = parameters.text("points_from")
    if "own_points" in parameters:
        component["own_points"] = parameters.flag("own_points")
    setup.document["components"].append(component)
    return setup


def unilevel_percent(parameters: Fields) -> Setup:
    """Set up percentages by level."""
    setup = empty_setup()
    take_test(parameters, "qualified_test", setup)
    take_rounding(parameters, setup)
    rates = take_rates(parameters)
    component: dict[str, Any] = {"id": "levels", "kind": "level_percent", "rates": rates}
    if "seller_rate" in parameters:
        component["seller_rate"] = parameters.number("seller_rate")
        setup.sellers_matter = True
    take_depth_by_rank(parameters, setup, component)
    for name, depth in component.get("depth_by_rank", {}).items():
        component["depth_by_rank"][name] = min(depth, len(rates))
    take_compression(parameters, component)
    if "unqualified_volume_pays" in parameters:
        component["unqualified_volume_pays"] = parameters.flag("unqualified_volume_pays")
        setup.sellers_matter |= not component["unqualified_volume_pays"]
    if "window_days_from_enrolment" in parameters:
        component["window_days_from_enrolment"] = parameters.whole("window_days_from_enrolment")
    setup.document["components"].append(component)
    return setup


def level_by_title(parameters: Fields) -> Setup:
    """Set up one per cent on each level, down to a depth by the title that each member states."""
    setup = empty_setup()
    take_test(parameters, "qualified_test", setup)
    levels = parameters.whole("levels")
    component: dict[str, Any] = {"id": "levels", "kind": "level_percent", "rates": ["1"] * levels}
    take_compression(parameters, component)
    take_depth_by_rank(parameters, setup, component, "depth_by_title")
    setup.rank_field = "title"
    for name, depth in component.get("depth_by_rank", {}).items():
        component["depth_by_rank"][name] = min(depth, levels)
    setup.document["components"].append(component)
    return setup


def check_match(parameters: Fields) -> Setup:
    """Set up percentages of what members below have earned: of an order of so much, all of it."""
    setup = empty_setup()
    take_test(parameters, "qualified_test", setup)
    take_rounding(parameters, setup)
    rates = take_rates(parameters)
    match: dict[str, Any] = {"id": "match", "kind": "match", "of": ["earned"], "rates": rates}
    take_depth_by_rank(parameters, setup, match)
    take_compression(parameters, match)
    earned = {
        "id": "earned",
        "kind": "level_percent",
        "on": "net",
        "rates": [],
        "seller_rate": "100",
        "qualification": [{"measure": "active", "at_least": 0}],
    }
    setup.document["components"] = [earned, match]
    return setup


def flat_bonus_with_return(parameters: Fields) -> Setup:
    """Set up a fixed amount to the sponsor for a customer's first order, and ranks by volume."""
    setup = empty_setup()
    setup.document["components"].append(
        {
            "id": "bonus",
            "kind": "flat_bonus",
            "amount": parameters.number("flat_bonus_to_sponsor"),
            "trigger": "first_order",
            "to": "sponsor",
        }
    )
    steps = []
    for row in parameters.rows("month_rank_by_group_volume"):
        steps.append((row.text("rank"), row.number("from")))
        row.close()
    if steps:
        _set_ladder(parameters, "month_rank_by_group_volume", setup, steps, "group_bv")
    return setup


def rank_month(parameters: Fields) -> Setup:
    """Set up a ladder over points that are stated."""
    setup = empty_setup()
    needed = parameters.inner("monthly_points_needed")
    ladder = [str(name) for name in parameters.values("ladder")]
    # The lowest rank need not be told that it needs nothing.
    steps = [
        (name, needed.number(name) if place or name in needed else needed.number(name, "0"))
        for place, name in enumerate(ladder)
    ]
    needed.close()
    _set_ladder(parameters, "monthly_points_needed", setup, steps, "stated_points")
    ranks = setup.document["ranks"]
    if "title_steps_per_month" in parameters:
        ranks["steps_per_period"] = parameters.whole("title_steps_per_month")
    if "pay_rank_floor" in parameters:
        floor = parameters.inner("pay_rank_floor")
        ranks["pay_rank_floor"] = {key: floor.text(key) for key in ("for_titles_from", "floor")}
        floor.close()
    # A plan needs one way to earn; this one credits nobody.
    setup.document["components"].append(
        {"id": "none", "kind": "rsp_points", "depth": 0, "own_points": False}
    )
    return setup


def _set_ladder(
    where: Fields, key: str, setup: Setup, steps: list[tuple[str, str]], measure: str
) -> None:
    """Write a ladder with one threshold for each rank; the lowest needs nothing."""
    if not steps:
        raise where.fault(key, "names no rank")
    if steps[0][1].strip("0.+-"):
        raise where.fault(key, f"must start with a rank that needs nothing, not {steps[0][1]}")
    ladder: list[dict[str, Any]] = [{"name": steps[0][0]}]
    for name, threshold in steps[1:]:
        ladder.append({"name": name, "requires": [{"measure": measure, "at_least": threshold}]})
    # Unless the plan counts steps, a month's figures alone decide.
    setup.document["ranks"] = {"ladder": ladder, "steps_per_period": len(ladder)}

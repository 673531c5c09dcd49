"""Plans of every kind in all their keys, and a company in which each of them pays somebody."""

from __future__ import annotations

import random
from typing import Any

from tests.engine import strategies
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
    "points-repeat-sales": {"kind": "rsp_points", "depth": 2, "points_from": "repeat_sales"},
    "points-all": {
        "kind": "rsp_points",
        "depth": 2,
        "points_from": "all_products",
        "own_points": False,
        "base_depth": 1,
    },
    "percent-window-recount": {
        "kind": "level_percent",
        "rates": ["10", "0", "5"],
        "depth": 3,
        "compression": "skip_and_recount",
        "level_minimum": {"measure": "active_directs", "at_least": [0, 0, 1]},
        "window_days_from_enrolment": 20,
    },
    "percent-roll-up-by-rank": {
        "kind": "level_percent",
        "rates": ["5", "3", "2"],
        "compression": "roll_up",
        "depth_by_rank": {"IR": 1, "Bronze": 2},
        "level_minimum": {"measure": "window_bv", "at_least": ["0", "1", "100"]},
    },
    "bracket-own-net": {
        "kind": "volume_bracket",
        "chosen_by": "personal_rsp",
        "paid_on": {"base": "net"},
        "brackets": [{"from": "0", "percent": "0"}, {"from": "60", "percent": "2"}],
        "qualification": [{"measure": "retail_customers", "at_least": 1}],
    },
    "bracket-marginal-group": {
        "kind": "volume_bracket",
        "method": "marginal",
        "paid_on": {"scope": "group"},
        "brackets": [{"from": "0", "percent": "1"}, {"from": "500", "percent": "2"}],
    },
    "differential-far": {
        "kind": "differential",
        "on": "net",
        "percent_by_rank": {"IR": "2", "Bronze": "7.25"},
        "from_level": 2,
        "qualification": [{"measure": "window_bv", "at_least": "1"}],
    },
    "bonus-seller": {
        "kind": "flat_bonus",
        "amount": "5",
        "trigger": "every_order",
        "to": "seller",
        "buyers": "own",
        "requires_active": False,
    },
    "bonus-customers": {
        "kind": "flat_bonus",
        "amount": "5",
        "trigger": "first_order",
        "buyers": "customers",
        "minimum_bv": "60",
    },
    "match-none": {"kind": "match", "of": ["c3"], "rates": ["20", "0", "10"], "depth": 3},
    "match-roll-up": {
        "kind": "match",
        "of": ["c3"],
        "rates": ["20", "10"],
        "compression": "roll_up",
        "depth_by_rank": {"IR": 1, "Bronze": 2},
    },
    "match-dynamic": {
        "kind": "match",
        "of": ["c3"],
        "rates": ["20", "10"],
        "compression": "dynamic",
        "depth_by_rank": {"IR": 1, "Bronze": 2},
        "qualification": [{"measure": "personal_bv", "at_least": "1"}],
    },
    "breakaway-far": {
        "kind": "differential",
        "on": "net",
        "chosen_by": "group_bv",
        "breakaway": True,
        "from_level": 2,
        "brackets": [
            {"from": "1", "percent": "1"},
            {"from": "60", "percent": "3"},
            {"from": "1000", "percent": "6"},
        ],
    },
    "generation-net": {
        "kind": "generation_percent",
        "on": "net",
        "rates": ["5", "0", "3"],
        "leader_rank": "IR",
        "qualification": [{"measure": "personal_bv", "at_least": "60"}],
    },
    "retail-profit-qualified": {
        "kind": "retail_profit",
        "qualification": [{"measure": "active", "at_least": 1}],
    },
    "quick-start-none": {"kind": "quick_start", "rates": ["10", "5"], "days": 0, "on": "net"},
    "quick-start-recount": {
        "kind": "quick_start",
        "rates": ["10", "0", "5"],
        "days": 25,
        "compression": "skip_and_recount",
        "depth_by_rank": {"IR": 1, "Bronze": 3},
    },
    "quick-start-roll-up": {
        "kind": "quick_start",
        "rates": ["10", "5"],
        "days": 25,
        "compression": "roll_up",
        "qualification": [{"measure": "window_bv", "at_least": "60"}],
    },
    "pool-of-directs": {
        "kind": "pool",
        "percent": "0.5",
        "shares": {"measure": "direct_count", "per": 1},
        "qualification": [
            {"count": "legs", "who": {"rank": "Bronze"}, "at_least": 1},
        ],
    },
    "binary-flush": {
        "kind": "binary_cycles",
        "cycle": {"left": "10", "right": "20"},
        "pays": "1.50",
        "most_cycles": 2,
        "flush_over_most": True,
        "flush_when_unqualified": False,
    },
    "binary-open": {
        "kind": "binary_cycles",
        "cycle": {"left": "100", "right": "100"},
        "pays": "1",
        "qualification": [{"measure": "direct_count", "at_least": 1}],
    },
}
CAPS = {
    "person": {"id": "cut", "scope": "person", "amount": "20"},
    "company": {"id": "cut", "scope": "company", "percent": "0.5", "on": "net"},
    "company-amount": {"id": "cut", "scope": "company", "amount": "100", "of": ["only"]},
}
RANKINGS: dict[str, dict[str, Any]] = {
    "units": {"value": "units", "tie": "earlier_last_sale_first"},
    "half": {"value": "units_plus_coupons_used", "coupons_per_unit": "0.5"},
    "unlimited": {"value": "units_plus_coupons_used", "coupons_per_unit": "unlimited"},
    "qualified": {
        "value": "units_plus_coupons_used",
        "coupons_per_unit": "2",
        "qualification": [{"measure": "personal_bv", "at_least": "1"}],
    },
}
CAPS |= {
    "company-bv": {"id": "cut", "scope": "company", "percent": "1"},
    "person-of": {"id": "cut", "scope": "person", "amount": "5", "of": ["only"]},
}
REQUIREMENTS: dict[str, list[dict[str, Any]]] = {
    "group": [{"measure": "group_bv", "at_least": "500"}],
    "own": [{"measure": "own_bv", "at_least": "30"}],
    "points": [{"measure": "rsp_total", "at_least": "200"}],
    "active-directs": [
        {"measure": "active_directs", "at_least": 1},
        {"measure": "direct_count", "at_least": 2},
    ],
    "customers": [{"measure": "retail_customers", "at_least": 1}],
    "bv-of-customers": [
        {
            "measure": "personal_bv",
            "from": "customers",
            "window": {"trailing": 2},
            "at_least": "100",
        },
    ],
    "bv-of-the-quarter": [
        {"measure": "personal_bv", "window": "quarter_to_date", "at_least": "100"},
    ],
    "own-points": [
        {"measure": "personal_rsp", "from": "own", "window": {"trailing": 3}, "at_least": "50"},
    ],
    "own-now": [{"measure": "personal_rsp", "from": "own", "window": "period", "at_least": "50"}],
    "legs-within": [{"measure": "group_bv", "per_leg_at_most": "40", "at_least": "300"}],
    "directs-who-sell": [
        {"count": "directs", "who": {"measure": "personal_bv", "at_least": "60"}, "at_least": 1},
    ],
    "legs-who-sell": [
        {"count": "legs", "who": {"measure": "own_bv", "at_least": "60"}, "at_least": 2},
    ],
    "directs-of-rank": [{"count": "directs", "who": {"rank": "Star"}, "at_least": 1}],
    "legs-of-rank": [{"count": "legs", "who": {"rank": "Star"}, "at_least": 2}],
}
"""What the highest rank asks for; ``Star`` is the one below it."""
LADDERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "two-steps": {"steps_per_period": 2},
    "grace": {"grace_periods": 2},
    "floor": {"pay_rank_floor": {"for_titles_from": "Top", "floor": "Star"}},
    "grace-and-floor": {
        "grace_periods": 1,
        "pay_rank_floor": {"for_titles_from": "Star", "floor": "Star"},
    },
}


def ranked(requires: list[dict[str, Any]], top: dict[str, Any], **ranks: Any) -> World:
    """A company with three ranks, of which the highest has these requirements."""
    star = [{"measure": "window_bv", "at_least": "60"}]
    ladder = [
        {"name": "IR"},
        {"name": "Star", "requires": star},
        {"name": "Top", "requires": requires, **top},
    ]
    return laddered({"ladder": ladder, **ranks}, 150, 300)


def laddered(ranks: dict[str, Any], people: int, orders: int) -> World:
    """A company with these ranks and a points component."""
    chance = random.Random(11)
    plan = {
        "format": 1,
        "name": "control",
        "currency": "EUR",
        "activity": {"test": {"measure": "personal_rsp", "at_least": "30"}},
        "ranks": ranks,
        "components": [{"id": "only", **COMPONENTS["points"]}],
    }
    members = strategies.filled_people("random", people, len(ranks["ladder"]), chance)
    return strategies.filled_world(plan, members, orders, orders // 4, chance)


def company(component: dict[str, Any], **keys: Any) -> World:
    """A company of 150 people in which every kind of component pays somebody."""
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

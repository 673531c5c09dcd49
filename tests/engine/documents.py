"""Plan documents of every kind in all its parameters, and everything that can be wrong in one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Table = dict[str, Any]

ENOUGH = [{"measure": "personal_bv", "at_least": "60"}]
RANKS: Table = {
    "ladder": [
        {"name": "IR"},
        {"name": "Silver", "requires": [{"measure": "group_bv", "at_least": "500"}]},
        {
            "name": "Gold",
            "requires": [
                {"count": "directs", "who": {"rank": "Silver"}, "at_least": 2},
                {"measure": "group_bv", "per_leg_at_most": "40", "at_least": "1000.50"},
            ],
            "maintains": [
                {
                    "measure": "personal_bv",
                    "from": "customers",
                    "window": {"trailing": 3},
                    "at_least": "100",
                }
            ],
            "consecutive_periods": 2,
        },
    ],
    "steps_per_period": 2,
    "pay_rank_floor": {"for_titles_from": "Gold", "floor": "Silver"},
    "grace_periods": 1,
}
RANKING: Table = {
    "id": "sales",
    "value": "units_plus_coupons_used",
    "coupons_per_unit": "0.5",
    "tie": "earlier_last_sale_first",
    "qualification": ENOUGH,
}
REQUIREMENTS: list[Table] = [
    *(
        {"measure": measure, "at_least": at_least}
        for measure, at_least in (
            ("personal_bv", "1"),
            ("own_bv", "2"),
            ("window_bv", "3.25"),
            ("group_bv", "4"),
            ("personal_rsp", "5"),
            ("rsp_total", "6"),
            ("active", 1),
            ("active_directs", 2),
            ("direct_count", 3),
            ("retail_customers", 4),
            ("stated_points", "7"),
        )
    ),
    {"measure": "personal_bv", "from": "customers", "at_least": "1"},
    {"measure": "personal_rsp", "from": "own", "window": "period", "at_least": "1"},
    {"measure": "personal_bv", "from": "both", "window": "quarter_to_date", "at_least": "1"},
    {"measure": "personal_rsp", "window": {"trailing": 12}, "at_least": "1"},
    {"measure": "personal_bv", "window": {"trailing": 1}, "at_least": "1"},
    {"measure": "group_bv", "per_leg_at_most": "33.3", "at_least": "1000"},
    {"count": "directs", "who": {"rank": "Silver"}, "at_least": 1},
    {"count": "legs", "who": {"rank": "Silver"}, "at_least": 2},
    {"count": "directs", "who": {"measure": "active", "at_least": 1}, "at_least": 3},
    {"count": "legs", "who": {"measure": "group_bv", "at_least": "600"}, "at_least": 1},
]
LEVELS: Table = {"kind": "level_percent", "rates": ["5", "2.5"]}
BRACKETS = [{"from": "100", "percent": "3"}, {"from": "200.50", "percent": "6.5"}]

KINDS: dict[str, tuple[Table, Table]] = {
    "level_percent": (
        {"rates": ["5", "2.5"]},
        {
            "on": "net",
            "seller_rate": "10",
            "depth": 1,
            "compression": "roll_up",
            "unqualified_volume_pays": False,
            "window_days_from_enrolment": 30,
            "qualification": ENOUGH,
            "level_minimum": {"measure": "personal_bv", "at_least": ["60", "120"]},
        },
    ),
    "rsp_points": (
        {"depth": 3},
        {
            "base_depth": 2,
            "compression": "none",
            "own_points": False,
            "points_from": "all_products",
        },
    ),
    "flat_bonus": (
        {"amount": "7.50", "trigger": "every_order"},
        {
            "to": "seller",
            "buyers": "customers",
            "minimum_bv": "20",
            "requires_active": False,
            "compression": "roll_up",
        },
    ),
    "volume_bracket": (
        {"brackets": BRACKETS, "chosen_by": "personal_bv"},
        {"paid_on": {"base": "net", "scope": "group"}, "qualification": ENOUGH},
    ),
    "differential": (
        {"brackets": BRACKETS, "chosen_by": "group_bv"},
        {"on": "net", "from_level": 1, "breakaway": True, "qualification": ENOUGH},
    ),
    "match": (
        {"of": ["base"], "rates": ["20", "10"]},
        {"depth": 1, "compression": "skip_and_recount", "qualification": ENOUGH},
    ),
    "generation_percent": (
        {"rates": ["3", "2"], "leader_rank": "Silver"},
        {"on": "net", "own_rate": "4", "depth": 1, "qualification": ENOUGH},
    ),
    "retail_profit": ({}, {"percent": "80", "qualification": ENOUGH}),
    "quick_start": (
        {"rates": ["10", "5"], "days": 60},
        {"on": "net", "compression": "roll_up", "depth": 1, "qualification": ENOUGH},
    ),
    "rank_bonus": ({"amounts": {"Silver": "50", "Gold": "200"}}, {"after_periods": 2}),
    "pool": (
        {"percent": "2", "shares": {"by_rank": {"Silver": 1, "Gold": 3}}},
        {"on": "net", "qualification": ENOUGH},
    ),
    "binary_cycles": (
        {"cycle": {"left": "300", "right": "600"}, "pays": "20"},
        {
            "most_cycles": 10,
            "carry_at_most": "9000",
            "flush_when_unqualified": False,
            "flush_over_most": True,
            "qualification": ENOUGH,
        },
    ),
}
"""Of each kind the keys that it needs, and those that it may have besides."""

BY_RANK = {"IR": 0, "Silver": 1, "Gold": 2}
FURTHER: dict[str, list[Table]] = {
    "level_percent": [
        *({"compression": one} for one in ("skip_and_recount", "dynamic")),
        {"depth_by_rank": BY_RANK},
        {"rates": [], "seller_rate": "10"},
        {"window_days_from_enrolment": 1},
    ],
    "rsp_points": [
        {"compression": "skip_and_recount"},
        {"points_from": "repeat_sales"},
        {"depth": 0},
    ],
    "flat_bonus": [
        {"trigger": "first_order", "buyers": "own"},
        {"to": "seller", "requires_active": False},
        {"to": "sponsor", "compression": "roll_up"},
    ],
    "volume_bracket": [
        *({"chosen_by": one} for one in ("own_bv", "window_bv", "group_bv", "personal_rsp")),
        {"paid_on": {}},
        {"paid_on": {"scope": "group"}},
    ],
    "differential": [
        {"brackets": BRACKETS, "chosen_by": "personal_bv", "from_level": 2},
    ],
    "match": [
        {"compression": "dynamic", "depth_by_rank": BY_RANK},
        {"of": ["base", "retail"]},
        {"compression": "roll_up"},
    ],
    "generation_percent": [{"depth_by_rank": BY_RANK}, {"rates": [], "own_rate": "4"}],
    "quick_start": [
        {"depth_by_rank": BY_RANK},
        {"compression": "dynamic"},
        {"days": 1, "rates": ["5"]},
        {"days": 0},
    ],
    "rank_bonus": [{"after_periods": 1}],
    "pool": [
        {"shares": {"measure": "personal_bv", "per": "10"}},
        {"shares": {"measure": "active_directs", "per": 2}},
        {"shares": {"ranking": "sales", "by_position": [3, 2, 2, 1]}},
    ],
    "binary_cycles": [{"most_cycles": 1, "carry_at_most": "0"}],
}
"""Values that stand instead of those above."""


def document(*components: Table, **keys: Any) -> Table:
    """Give a plan document with these components and keys."""
    return {
        "format": 1,
        "name": "test",
        "currency": "EUR",
        "activity": {"test": {"measure": "personal_bv", "at_least": "60"}},
        "ranks": RANKS,
        "components": [{"id": "base", **LEVELS}, *components],
        **keys,
    }


def of_kind(kind: str, **keys: Any) -> Table:
    """Give a document whose last component is of a kind, with what it needs and these keys."""
    first = [{"id": "retail", "kind": "retail_profit"}] if "of" in keys else []
    component = {"id": "x", "kind": kind, **KINDS[kind][0], **keys}
    return document(*first, component, rankings=[RANKING])


def without(table: Table, key: str) -> Table:
    return {name: value for name, value in table.items() if name != key}


def documents() -> Iterator[tuple[str, str, Table]]:
    """Give documents by subject and name; all of them are valid."""
    for kind, (_, more) in KINDS.items():
        yield kind, "as little as possible", of_kind(kind)
        yield kind, "everything", of_kind(kind, **more)
        for key, value in more.items():
            if key != "flush_over_most":
                yield kind, key, of_kind(kind, **{key: value})
        for keys in FURTHER.get(kind, ()):
            name = " and ".join(f"{key} {value}" for key, value in keys.items())
            yield kind, name, of_kind(kind, **keys)
    ladder = RANKS["ladder"]
    yield "ranks", "no ranks", without(document(), "ranks")
    for key in ("steps_per_period", "pay_rank_floor", "grace_periods"):
        yield "ranks", f"without {key}", document(ranks=without(RANKS, key))
    yield "ranks", "grace of three", document(ranks={**RANKS, "grace_periods": 3})
    for asked in REQUIREMENTS:
        name = " ".join(f"{key} {value}" for key, value in asked.items())
        asking = {"name": "Gold", "requires": [asked], "consecutive_periods": 1}
        yield "ranks", name, document(ranks={"ladder": [*ladder[:2], asking]})
    for test in (
        {"measure": "always"},
        {"measure": "stated"},
        {"measure": "personal_rsp", "at_least": "5"},
    ):
        for window in ("period", "quarter_to_date", {"trailing": 4}, {"trailing": 1}):
            activity = {"test": test, "window": window}
            yield "activity", f"{test['measure']} {window}", document(activity=activity)
    yield "plan", "everything", PLAN
    for key in MORE:
        yield "plan", f"without {key}", without(PLAN, key)
    for mode in ("half_even", "half_up", "down"):
        yield "plan", mode, document(rounding=mode)
    yield "plan", "yen", document(currency="JPY", currency_digits=0)
    for keys in (
        {"value": "units"},
        {"value": "units_plus_coupons_used", "coupons_per_unit": "unlimited"},
        {"value": "units_plus_coupons_used", "coupons_per_unit": "2", "qualification": ENOUGH},
        {"value": "units_plus_coupons_used"},
    ):
        name = " ".join(f"{key} {value}" for key, value in keys.items())
        yield "rankings", name, document(rankings=[{"id": "sales", **keys}])
    for keys in CAPS:
        name = " ".join(f"{key} {value}" for key, value in keys.items())
        yield "caps", name, document({"id": "x", "kind": "retail_profit"}, caps=[keys])
    two = [{"id": "a", "scope": "person", "amount": "5", "of": ["base"]}, CAPS[0]]
    yield "caps", "two", document({"id": "x", "kind": "retail_profit"}, caps=two)

    for name, keys in BOUNDS.items():
        yield "bounds", name, document(*BOUNDED, **keys)


CAPS: list[Table] = [
    {"id": "most", "scope": "person", "amount": "100"},
    {"id": "most", "scope": "person", "amount": "100", "of": ["x"]},
    {"id": "most", "scope": "company", "amount": "100"},
    {"id": "most", "scope": "company", "percent": "40"},
    {"id": "most", "scope": "company", "percent": "40", "on": "net", "of": ["base", "x"]},
]
MORE: Table = {
    "title": "A plan",
    "currency_digits": 2,
    "illustrative": ["components.0.rates.1"],
    "rounding": "half_even",
    "rsp_cash_rate": {"points": "100", "pays": "2.60"},
    "bv_value": "1.25",
    "rsp_per_bv": "0.34",
    "worst_case_limit": "60",
    "rankings": [RANKING],
    "caps": [CAPS[3]],
    "rsp_conversion": {"bv": {"commissionable": False}},
}
BOUNDED: list[Table] = [
    {"id": "rsp", "kind": "rsp_points", "depth": 3},
    {"id": "flat", "kind": "flat_bonus", "amount": "7", "trigger": "every_order"},
    {"id": "again", "kind": "flat_bonus", "amount": "3", "trigger": "every_order"},
    {"id": "retail", "kind": "retail_profit"},
    {"id": "volume", "kind": "volume_bracket", "chosen_by": "personal_bv", "brackets": BRACKETS},
    {"id": "net", "kind": "quick_start", "rates": ["9"], "days": 60, "on": "net"},
    {"id": "match", "kind": "match", "of": ["flat", "again", "volume", "net"], "rates": ["15"]},
]
RATE: Table = {"rsp_cash_rate": {"points": "100", "pays": "2"}, "rsp_per_bv": "0.34"}
YEN: Table = {"currency": "JPY", "currency_digits": 0, "bv_value": "1.5"}
BOUNDS: dict[str, Table] = {
    "as it is": RATE,
    "without a rate": {},
    "yen": {**RATE, **YEN},
    "three digits": {**RATE, "currency_digits": 3, "currency": "KWD", "bv_value": "0.5"},
    "limit": {**RATE, "worst_case_limit": "1"},
    "limit in yen": {**RATE, **YEN, "worst_case_limit": "1"},
    "limit of what is not known": {"worst_case_limit": "1"},
    "cap on BV": {**RATE, "caps": [{"id": "c", "scope": "company", "percent": "4"}]},
    "cap on net": {
        **RATE,
        "caps": [{"id": "c", "scope": "company", "percent": "4", "on": "net", "of": ["net"]}],
    },
    "cap on BV in yen": {**RATE, **YEN, "caps": [{"id": "c", "scope": "company", "percent": "4"}]},
    "cap that is no bound": {
        **RATE,
        "caps": [{"id": "c", "scope": "company", "percent": "90", "of": ["base", "volume"]}],
    },
    "cap just reached": {
        **RATE,
        "caps": [{"id": "c", "scope": "company", "percent": "7.5", "of": ["base"]}],
    },
    "caps within each other": {
        **RATE,
        "caps": [
            {"id": "a", "scope": "company", "percent": "2", "of": ["base"]},
            {"id": "p", "scope": "person", "amount": "2", "of": ["base"]},
            {"id": "m", "scope": "company", "amount": "900", "of": ["base"]},
            {"id": "b", "scope": "company", "percent": "5", "of": ["base", "volume", "flat"]},
        ],
    },
}
PLAN = document(
    {"id": "rsp", "kind": "rsp_points", "depth_by_rank": {"IR": 2, "Silver": 3, "Gold": 5}},
    {
        "id": "slices",
        "kind": "volume_bracket",
        "method": "marginal",
        "brackets": BRACKETS,
        "paid_on": {"base": "net"},
    },
    {
        "id": "step",
        "kind": "differential",
        "percent_by_rank": {"IR": "0", "Silver": "5", "Gold": 9},
    },
    {"id": "match", "kind": "match", "of": ["base", "step"], "rates": ["10"]},
    **MORE,
)
"""A plan with every key."""

BAD: tuple[Any, ...] = (None, "x", -1, 0.5, [], {"y": 1})


def broken() -> Iterator[tuple[str, str, Table]]:
    """Give documents with one wrong or missing value, by subject and by place and value."""
    for kind, (_, more) in KINDS.items():
        whole = of_kind(kind, **more)
        yield from _damaged(kind, whole, ["components", len(whole["components"]) - 1])
        for index, keys in enumerate(FURTHER.get(kind, ())):
            whole = of_kind(kind, **keys)
            place = ["components", len(whole["components"]) - 1]
            for key in keys:
                yield from _damaged(kind, whole, [*place, key], f"{index} ")
    for key, value in PLAN.items():
        if key == "components":
            for index in (1, 2, 3):
                yield from _damaged("plan", PLAN, ["components", index])
        else:
            yield from _damaged("plan", PLAN, [key])
        assert value == PLAN[key]
    for index, asked in enumerate(REQUIREMENTS):
        ladder = [*RANKS["ladder"][:2], {"name": "Gold", "requires": [asked]}]
        whole = document(ranks={"ladder": ladder})
        yield from _damaged("ranks", whole, ["ranks", "ladder", 2, "requires", 0], f"{index} ")
    for index, keys in enumerate(CAPS):
        whole = document({"id": "x", "kind": "retail_profit"}, caps=[keys])
        yield from _damaged("caps", whole, ["caps", 0], f"{index} ")


def _damaged(
    subject: str, whole: Table, start: list[Any], prefix: str = ""
) -> Iterator[tuple[str, str, Table]]:
    """Put every bad value into every place at and below a start."""
    for path in _places(whole, start):
        for bad in BAD:
            damaged = copy.deepcopy(whole)
            here: Any = damaged
            for step in path[:-1]:
                here = here[step]
            here[path[-1]] = bad
            yield subject, f"{prefix}{'.'.join(map(str, path))} = {bad!r}", damaged


def _places(whole: Table, start: list[Any]) -> Iterator[list[Any]]:
    """Give the paths of all values at and below a start."""
    left = [start]
    while left:
        path = left.pop()
        value: Any = whole
        for step in path:
            value = value[step]
        yield path
        if path[-1] == "qualification":
            continue  # the same for all; the ranks' requirements go through everything
        if isinstance(value, dict):
            left.extend([*path, key] for key in reversed(value))
        elif isinstance(value, list):
            left.extend([*path, index] for index in reversed(range(len(value))))

"""The worked tables of docs/plan/, one test per page and table."""

from typing import Any

import numpy as np
import pytest

from compensation.engine import (
    NOT_STATED,
    EngineError,
    Members,
    Qualifying,
    Reason,
    Sales,
    Stated,
    Status,
    SumTooLargeError,
    Unit,
    compute,
)
from tests.engine.worlds import People, hundredths, ladder, percentages, plan_of, points

# --------------------------------------------------------------------------------- activity.md


def test_activity_table() -> None:
    people = People.of(
        dict.fromkeys("ABCDEFG"), status={"F": Status.SUSPENDED, "G": Status.TERMINATED}
    )
    rows = {  # first month, own, customers, return of a posted month
        "A": ("0", "60", "0", "0"),
        "B": ("0", "0", "60", "0"),
        "C": ("20", "20", "19.99", "0"),
        "D": ("60", "0", "0", "0"),
        "E": ("60", "0", "0", "-0.01"),
        "F": ("60", "60", "0", "0"),
        "G": ("60", "60", "0", "0"),
    }
    plan = plan_of(
        activity={
            "test": {"measure": "personal_bv", "at_least": "60"},
            "window": "quarter_to_date",
        }
    )
    sales = people.sales(
        *((name, {"bv": row[1], "own": True}) for name, row in rows.items()),
        *((name, {"bv": row[2]}) for name, row in rows.items()),
    )
    qualifying = Qualifying.of(
        [people.row(name) for name in rows] * 2,
        bv=[hundredths(row[0]) for row in rows.values()]
        + [hundredths(row[3].replace("-", "")) * (-1) for row in rows.values()],
        in_period=[False] * 7 + [True] * 7,
    )

    results = compute(plan, people.members, sales, qualifying=qualifying)

    found = {name: people.of_results(results, name) for name in rows}
    assert {name: (row["window_bv"], row["active"]) for name, row in found.items()} == {
        "A": (6000, True),
        "B": (6000, True),
        "C": (5999, False),
        "D": (6000, True),
        "E": (5999, False),
        "F": (12000, False),
        "G": (12000, False),
    }
    assert [Reason(found[name]["inactive_reason"]).code for name in "ACFG"] == [
        "paid",
        "inactive",
        "suspended",
        "terminated",
    ]
    assert found["C"]["own_bv"] == found["C"]["window_own_bv"] == 2000
    assert found["E"]["personal_bv"] == -1
    assert found["E"]["sold_bv"] == 0
    assert results.totals.active == 3


def test_activity_by_personal_points_counts_the_products_that_the_plan_names() -> None:
    people = People.of({"A": None, "B": None})
    sales = people.sales(("A", {"rsp": "49", "rsp_all": "50"}), ("B", {"rsp": "50"}))

    def active(points_from: str) -> list[bool]:
        plan = plan_of(
            points(1, points_from=points_from),
            activity={"test": {"measure": "personal_rsp", "at_least": "50"}, "window": "period"},
        )
        return compute(plan, people.members, sales).members.active.tolist()

    assert active("repeat_only") == [False, True]
    assert active("all_products") == [True, True]


def test_stated_activity_stands_instead_of_the_test_but_revives_nobody() -> None:
    people = People.of(dict.fromkeys("ABCD"), status={"D": Status.SUSPENDED})
    stated = Stated.of(4, active=[1, 0, NOT_STATED, 1])

    def active(measure: str) -> list[bool]:
        plan = plan_of(activity={"test": {"measure": measure}})
        return compute(plan, people.members, Sales.none(), stated=stated).members.active.tolist()

    assert active("always") == [True, False, True, False]
    assert active("stated") == [True, False, False, False]


def test_stated_volumes_decide_the_test_and_change_nobody_else() -> None:
    people = People.line("Top", "Below")
    plan = plan_of(
        percentages("10"),
        activity={"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"},
    )
    stated = Stated.of(2, window_bv=people.stated({"Top": 6000, "Below": 5999}, NOT_STATED))

    results = compute(plan, people.members, people.sales(("Below", {"bv": "80"})), stated=stated)

    assert results.members.active.tolist() == [True, False]
    assert results.members.group_bv.tolist() == [8000, 8000]
    assert people.amounts(results) == {("Top", 1): 800}


# ------------------------------------------------------------------------------------ ranks.md

LADDER: dict[str, Any] = {
    "ladder": [
        {"name": "IR"},
        *(
            {"name": name, "requires": [{"measure": "stated_points", "at_least": needed}]}
            for name, needed in (
                ("Bronze", "100"),
                ("Silver", "250"),
                ("Gold", "1000"),
                ("Sapphire", "2000"),
                ("Platinum", "4000"),
            )
        ),
    ],
    "pay_rank_floor": {"for_titles_from": "Gold", "floor": "Silver"},
}
NAMES = ("IR", "Bronze", "Silver", "Gold", "Sapphire", "Platinum")
RANK_TABLE = {
    "A": ("IR", "99.99", "IR", "IR"),
    "B": ("IR", "100", "Bronze", "Bronze"),
    "C": ("IR", "4000", "Bronze", "Bronze"),
    "D": ("Silver", "4000", "Gold", "Gold"),
    "E": ("Gold", "0", "Gold", "Silver"),
    "F": ("Gold", "1000", "Gold", "Gold"),
    "G": ("Platinum", "1500", "Platinum", "Gold"),
    "H": ("Silver", "100", "Silver", "Bronze"),
    "I": ("Gold", "4000", "Gold", "IR"),
}


def ranked(steps: int = 1) -> dict[str, tuple[str, str]]:
    people = People.of(
        dict.fromkeys(RANK_TABLE),
        status={"I": Status.SUSPENDED},
        titles={name: NAMES.index(row[0]) for name, row in RANK_TABLE.items()},
    )
    stated = Stated.of(9, points=[hundredths(row[1]) for row in RANK_TABLE.values()])
    plan = plan_of(ranks={**LADDER, "steps_per_period": steps})
    results = compute(plan, people.members, Sales.none(), stated=stated)
    return {
        name: (NAMES[found["title_rank"]], NAMES[found["pay_rank"]])
        for name in RANK_TABLE
        for found in (people.of_results(results, name),)
    }


def test_rank_table() -> None:
    assert ranked() == {name: row[2:] for name, row in RANK_TABLE.items()}


def test_more_steps_per_period_climb_as_far_as_requirements_are_met() -> None:
    assert ranked(steps=3) == {
        **{name: row[2:] for name, row in RANK_TABLE.items()},
        "C": ("Gold", "Gold"),
        "D": ("Platinum", "Platinum"),
    }


def test_a_rank_that_is_missed_stops_the_climb_though_a_higher_one_is_met() -> None:
    people = People.of({"A": None})
    rules = {
        "ladder": [
            {"name": "IR"},
            {"name": "Wide", "requires": [{"measure": "direct_count", "at_least": 1}]},
            {"name": "Deep", "requires": [{"measure": "personal_bv", "at_least": "1"}]},
        ],
        "steps_per_period": 2,
    }

    results = compute(plan_of(ranks=rules), people.members, people.sales(("A", {"bv": "1"})))

    assert people.of_results(results, "A")["title_rank"] == 0


def test_maintenance_can_differ_from_advancement() -> None:
    people = People.of({"A": None, "B": None}, titles={"A": 1, "B": 0})
    rules = {
        "ladder": [
            {"name": "IR"},
            {
                "name": "Bronze",
                "requires": [{"measure": "personal_bv", "at_least": "100"}],
                "maintains": [{"measure": "personal_bv", "at_least": "50"}],
            },
        ]
    }
    sales = people.sales(("A", {"bv": "50"}), ("B", {"bv": "50"}))

    results = compute(plan_of(ranks=rules), people.members, sales)

    assert results.members.title_rank.tolist() == [1, 0]
    assert results.members.pay_rank.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("measure", "met"),
    [
        ("personal_bv", {"Top": "10", "Left": "20", "Right": "0", "Low": "40"}),
        ("own_bv", {"Top": "0", "Left": "20", "Right": "0", "Low": "0"}),
        ("window_bv", {"Top": "15", "Left": "20", "Right": "0", "Low": "40"}),
        ("group_bv", {"Top": "70", "Left": "60", "Right": "0", "Low": "40"}),
        ("personal_rsp", {"Top": "1", "Left": "2", "Right": "0", "Low": "4"}),
        ("rsp_total", {"Top": "3", "Left": "6", "Right": "0", "Low": "4"}),
        ("active", {"Top": 1, "Left": 1, "Right": 0, "Low": 1}),
        ("active_directs", {"Top": 1, "Left": 1, "Right": 0, "Low": 0}),
        ("direct_count", {"Top": 2, "Left": 1, "Right": 0, "Low": 0}),
    ],
)
def test_rank_measures(measure: str, met: dict[str, str | int]) -> None:
    people = People.of({"Top": None, "Left": "Top", "Right": "Top", "Low": "Left"})
    sales = people.sales(
        ("Top", {"bv": "10", "rsp": "1"}),
        ("Left", {"bv": "20", "rsp": "2", "own": True}),
        ("Low", {"bv": "40", "rsp": "4"}),
    )
    qualifying = Qualifying.of([0], bv=[500])

    for name, figure in met.items():
        above = (
            figure + 1
            if isinstance(figure, int)
            else f"{(hundredths(figure) + 1) // 100}.{(hundredths(figure) + 1) % 100:02d}"
        )
        for needed, rank in ((figure, 1), (above, 0)):
            rules = {
                "ladder": [
                    {"name": "IR"},
                    {"name": "Up", "requires": [{"measure": measure, "at_least": needed}]},
                ]
            }
            plan = plan_of(
                points(1),
                ranks=rules,
                activity={"test": {"measure": "personal_bv", "at_least": "10"}},
            )
            results = compute(plan, people.members, sales, qualifying=qualifying)
            assert people.of_results(results, name)["title_rank"] == rank, (name, needed)


def test_stated_pay_rank_changes_the_depth_and_no_title() -> None:
    people = People.line("Top", "Mid", "Low")
    rules = {
        "ladder": [
            {"name": "IR"},
            {"name": "Gold", "requires": [{"measure": "stated_points", "at_least": "1"}]},
        ]
    }
    plan = plan_of(points(depth_by_rank={"IR": 1, "Gold": 2}, own_points=False), ranks=rules)
    sales = people.sales(("Low", {"rsp": "20"}))
    stated = Stated.of(3, pay_rank=[1, NOT_STATED, NOT_STATED])

    assert people.amounts(compute(plan, people.members, sales)) == {("Mid", 1): 2000}
    results = compute(plan, people.members, sales, stated=stated)
    assert people.amounts(results) == {("Mid", 1): 2000, ("Top", 2): 2000}
    assert results.members.title_rank.tolist() == [0, 0, 0]


def test_ranks_outside_the_ladder_are_refused() -> None:
    people = People.of({"A": None, "B": None}, titles={"B": 3})
    plan = plan_of(ranks=ladder("IR", "Gold"))

    with pytest.raises(EngineError, match="member 2: the opening title 3 is not in the plan's"):
        compute(plan, people.members, Sales.none())
    with pytest.raises(EngineError, match="stated pay rank is not in the plan's ladder"):
        compute(
            plan,
            People.of({"A": None}).members,
            Sales.none(),
            stated=Stated.of(1, pay_rank=[2]),
        )


# ------------------------------------------------------------------------------- rsp-points.md

LINE = ("U6", "U5", "U4", "U3", "U2", "U1", "Seller")


@pytest.mark.parametrize(
    ("compression", "paid"),
    [
        ("skip_and_recount", {("U1", 1), ("U3", 2), ("U4", 3), ("U5", 4)}),
        ("none", {("U1", 1), ("U3", 3), ("U4", 4)}),
    ],
)
def test_points_table(compression: str, paid: set[tuple[str, int]]) -> None:
    people = People.line(*LINE)
    plan = plan_of(points(4, compression=compression, own_points=False))
    stated = Stated.of(7, active=people.stated({"U2": 0}, NOT_STATED))

    results = compute(plan, people.members, people.sales(("Seller", {"rsp": "20"})), stated=stated)

    assert people.amounts(results) == dict.fromkeys(paid, 2000)
    assert set(results.earnings.unit.tolist()) == {Unit.RSP}
    assert results.totals.rsp_credited == 2000 * len(paid)


def test_own_points_need_enrolment_and_no_activity() -> None:
    people = People.line("Top", "Idle", "Out", status={"Out": Status.TERMINATED})
    stated = Stated.of(3, active=people.stated({"Idle": 0}, NOT_STATED))
    sales = people.sales(("Idle", {"rsp": "5"}), ("Out", {"rsp": "7"}))

    results = compute(plan_of(points(2)), people.members, sales, stated=stated)

    assert people.amounts(results) == {("Idle", 0): 500, ("Top", 1): 1200}
    assert people.of_results(results, "Idle")["rsp_own"] == 500
    assert people.of_results(results, "Top")["rsp_total"] == 1200
    assert results.earnings.members.tolist() == [2, 1]
    assert results.earnings.sales.tolist() == [2, 1]


def test_depth_follows_the_receivers_own_pay_rank_and_still_counts_as_a_level() -> None:
    people = People.line("Top", "Mid", "Low", "Seller", titles={"Top": 1})
    rules = {
        "ladder": [
            {"name": "IR"},
            {"name": "Gold", "requires": [{"measure": "group_bv", "at_least": "0"}]},
        ]
    }
    plan = plan_of(points(depth_by_rank={"IR": 0, "Gold": 3}, own_points=False), ranks=rules)
    stated = Stated.of(4, pay_rank=[1, 0, 0, 0])

    results = compute(plan, people.members, people.sales(("Seller", {"rsp": "20"})), stated=stated)

    assert people.amounts(results) == {("Top", 3): 2000}


# ---------------------------------------------------------- level-percent.md, compression.md

VOLUMES = {"Kat": "90", "Robin": "120", "Joseph": "160", "Nia": "110", "Omar": "105"}


@pytest.mark.parametrize(
    ("compression", "sam"),
    [
        ("none", {2: 600, 3: 480}),
        ("skip_and_recount", {1: 1200, 2: 800, 3: 330}),
        ("roll_up", {1: 1200, 2: 1400, 3: 810}),
    ],
)
def test_level_percent_table(compression: str, sam: dict[int, int]) -> None:
    people = People.line("Sam", *VOLUMES)
    plan = plan_of(
        percentages("10", "5", "3", compression=compression, unqualified_volume_pays=False),
        activity={"test": {"measure": "personal_bv", "at_least": "100"}, "window": "period"},
    )
    sales = people.sales(
        ("Sam", {"bv": "100"}), *((name, {"bv": bv}) for name, bv in VOLUMES.items())
    )

    amounts = people.amounts(compute(plan, people.members, sales))

    assert {level: amount for (name, level), amount in amounts.items() if name == "Sam"} == sam


COMPRESSION_TABLE = {
    "none": {("u1", 1): 5000, ("u4", 4): 2000},
    "skip_and_recount": {("u1", 1): 5000, ("u4", 2): 4000, ("u6", 3): 3000},
    "roll_up": {("u1", 1): 5000, ("u4", 2): 4000, ("u4", 3): 3000, ("u4", 4): 2000},
}


def compressed(compression: str, inactive: str, **keys: Any) -> dict[tuple[str, int], int]:
    people = People.line("u6", "u5", "u4", "u3", "u2", "u1", "s")
    plan = plan_of(percentages("5", "4", "3", "2", compression=compression, **keys), **RANKS)
    stated = Stated.of(
        7,
        active=people.stated(dict.fromkeys(inactive.split(), 0), NOT_STATED),
        pay_rank=people.stated({"u4": 1}, 0),
    )
    sales = people.sales(("s", {"bv": "1000"}))
    return people.amounts(compute(plan, people.members, sales, stated=stated))


RANKS = {"ranks": ladder("IR", "Low")}


@pytest.mark.parametrize("compression", COMPRESSION_TABLE)
def test_compression_table(compression: str) -> None:
    assert compressed(compression, "u2 u3 u5") == COMPRESSION_TABLE[compression]


def test_roll_up_reaches_beyond_the_last_rate() -> None:
    assert compressed("roll_up", "u2 u3 u4 u5") == {
        ("u1", 1): 5000,
        ("u6", 2): 4000,
        ("u6", 3): 3000,
        ("u6", 4): 2000,
    }


def test_roll_up_beyond_the_receivers_depth_stays_with_the_company() -> None:
    assert compressed("roll_up", "u2 u3 u5", depth_by_rank={"IR": 4, "Low": 2}) == {
        ("u1", 1): 5000,
        ("u4", 2): 4000,
    }


def test_roll_up_ends_where_nobody_qualified_is_above() -> None:
    assert compressed("roll_up", "u2 u3 u4 u5 u6") == {("u1", 1): 5000}


def test_amounts_of_one_level_are_one_base_and_rounded_once() -> None:
    people = People.of({"Top": None, "Idle": "Top", "Own": "Top", "Below": "Idle"})
    plan = plan_of(percentages("5", compression="roll_up"))
    stated = Stated.of(4, active=people.stated({"Idle": 0}, NOT_STATED))
    sales = people.sales(("Own", {"bv": "0.05"}), ("Below", {"bv": "0.05"}))

    results = compute(plan, people.members, sales, stated=stated)

    assert people.amounts(results) == {("Top", 1): 1}  # 0.5 of a cent, not two quarters
    assert results.earnings.base.tolist() == [10]
    assert results.earnings.members.tolist() == [2]


def test_seller_rate_needs_a_qualified_seller_and_never_rolls() -> None:
    people = People.line("Top", "Seller", "Idle")
    plan = plan_of(percentages("2", seller_rate="50", compression="roll_up"))
    stated = Stated.of(3, active=people.stated({"Idle": 0}, NOT_STATED))
    sales = people.sales(("Seller", {"bv": "100"}), ("Idle", {"bv": "100"}))

    results = compute(plan, people.members, sales, stated=stated)

    assert people.amounts(results) == {("Seller", 0): 5000, ("Top", 1): 200, ("Seller", 1): 200}


def test_window_from_enrolment_includes_its_last_day() -> None:
    people = People.line("Top", "New", enrolled={"New": 1000})
    plan = plan_of(percentages("20", window_days_from_enrolment=60))

    def paid(day: int) -> int:
        sales = people.sales(("New", {"bv": "100", "day": day}))
        return compute(plan, people.members, sales).totals.commission_minor

    assert [paid(day) for day in (999, 1000, 1060, 1061)] == [0, 2000, 2000, 0]


def test_percentages_of_net_sales_and_other_values_of_a_bv() -> None:
    people = People.line("Top", "Seller")
    sales = people.sales(("Seller", {"bv": "100", "net": "250.10"}))

    def line(**keys: Any) -> tuple[int, int, int, int]:
        plan_keys = {key: keys.pop(key) for key in ("bv_value", "currency_digits") if key in keys}
        earnings = compute(
            plan_of(percentages("5", **keys), **plan_keys), people.members, sales
        ).earnings
        return tuple(  # type: ignore[return-value]
            int(getattr(earnings, name)[0]) for name in ("base", "rate_num", "rate_den", "amount")
        )

    assert line() == (10000, 1, 20, 500)
    assert line(on="net") == (25010, 1, 20, 1251)
    assert line(bv_value="0.5") == (10000, 1, 40, 250)
    assert line(currency_digits=0) == (10000, 1, 2000, 5)
    assert line(currency_digits=3) == (10000, 1, 2, 5000)


def test_a_rate_of_nought_makes_no_line_and_the_next_level_is_paid() -> None:
    people = People.line("Top", "Mid", "Seller")
    plan = plan_of(percentages("0", "5"))

    results = compute(plan, people.members, people.sales(("Seller", {"bv": "100"})))

    assert people.amounts(results) == {("Top", 2): 500}


# ------------------------------------------------------------------------------- flat-bonus.md


def bonus(**keys: Any) -> dict[str, Any]:
    return {
        "id": "first_pack",
        "kind": "flat_bonus",
        "amount": "50.00",
        "trigger": "first_order",
        **keys,
    }


def test_flat_bonus_table() -> None:
    people = People.line("Enroller", "Customer")
    sales = people.sales(
        ("Customer", {"net": "199.00", "bv": "100", "first_order": True, "order": 1}),
        ("Customer", {"net": "30.00", "bv": "20", "order": 2}),
        ("Customer", {"net": "80.00", "bv": "50", "first_order": True, "order": 3}),
        ("Customer", {"net": "-80.00", "bv": "-50", "first_order": True, "order": 3}),
        ("Customer", {"net": "25.00", "first_order": True, "order": 4}),
    )

    results = compute(plan_of(bonus()), people.members, sales)

    assert people.amounts(results) == {("Enroller", 1): 5000}
    assert results.earnings.base.tolist() == [1]
    assert (results.earnings.rate_num[0], results.earnings.rate_den[0]) == (5000, 1)


@pytest.mark.parametrize(
    ("keys", "paid"),
    [
        ({}, {("Idle", 1): 0}),
        ({"compression": "roll_up"}, {("Top", 1): 10000}),
        ({"requires_active": False}, {("Idle", 1): 10000}),
        ({"to": "seller"}, {("Seller", 0): 10000}),
        ({"to": "seller", "buyers": "own"}, {("Seller", 0): 5000}),
        ({"to": "seller", "buyers": "customers"}, {("Seller", 0): 5000}),
        ({"to": "seller", "trigger": "every_order"}, {("Seller", 0): 15000}),
        ({"to": "seller", "minimum_bv": "10"}, {("Seller", 0): 5000}),
    ],
)
def test_flat_bonus_options(keys: dict[str, Any], paid: dict[tuple[str, int], int]) -> None:
    people = People.line("Top", "Idle", "Seller")
    stated = Stated.of(3, active=people.stated({"Idle": 0}, NOT_STATED))
    sales = people.sales(
        ("Seller", {"net": "100", "bv": "10", "first_order": True, "own": True}),
        ("Seller", {"net": "100", "bv": "9.99", "first_order": True}),
        ("Seller", {"net": "100", "bv": "1"}),
    )

    results = compute(plan_of(bonus(**keys)), people.members, sales, stated=stated)

    assert people.amounts(results) == {key: amount for key, amount in paid.items() if amount}


def test_flat_bonus_never_goes_to_somebody_suspended() -> None:
    people = People.line("Top", "Out", "Seller", status={"Out": Status.SUSPENDED})
    sales = people.sales(("Seller", {"net": "1", "bv": "1", "first_order": True}))

    def paid(**keys: Any) -> dict[tuple[str, int], int]:
        return people.amounts(compute(plan_of(bonus(**keys)), people.members, sales))

    assert paid(requires_active=False) == {}
    assert paid(requires_active=False, compression="roll_up") == {("Top", 1): 5000}


# ------------------------------------------------------------------------------------- refusals


def test_rows_of_one_order_must_agree() -> None:
    people = People.line("A", "B")
    plan = plan_of(percentages("5"))

    for name, first, second in (
        ("seller", ("A", {"order": 7}), ("B", {"order": 7})),
        ("day", ("A", {"order": 7}), ("A", {"order": 7, "day": 1})),
        ("buyer", ("A", {"order": 7}), ("A", {"order": 7, "own": True})),
        ("first order", ("A", {"order": 7}), ("A", {"order": 7, "first_order": True})),
    ):
        with pytest.raises(EngineError, match=f"order 7: its rows disagree about the {name}"):
            compute(plan, people.members, people.sales(first, second))


def test_unknown_rows_are_refused() -> None:
    members = Members.of([1], [-1])
    plan = plan_of(percentages("5"))

    with pytest.raises(EngineError, match="sale 0: member row 1 does not exist"):
        compute(plan, members, Sales.of([1]))
    with pytest.raises(EngineError, match="qualifying volume 0: member row -1 does not exist"):
        compute(plan, members, Sales.none(), qualifying=Qualifying.of([-1]))
    with pytest.raises(EngineError, match="stated figures for 2 of 1 members"):
        compute(plan, members, Sales.none(), stated=Stated.of(2))
    with pytest.raises(EngineError, match=r"stated\.height: no such figure"):
        Stated.of(1, height=[1])
    with pytest.raises(EngineError, match=r"stated\.active: only 0 and 1"):
        Stated.of(1, active=[2])


def test_overflow_is_refused_and_never_wraps() -> None:
    people = People.line("Top", "Seller")
    huge = np.array([2**62, 2**62])

    with pytest.raises(SumTooLargeError, match=r"sales\.bv"):
        compute(plan_of(percentages("5")), people.members, Sales.of([1, 1], bv=huge))
    with pytest.raises(SumTooLargeError, match="component levels, level 1: base × rate"):
        compute(plan_of(percentages("99.99")), people.members, Sales.of([1], bv=[2**60]))
    with pytest.raises(SumTooLargeError, match="rsp"):
        compute(plan_of(points(4)), people.members, Sales.of([1], rsp=[2**61]))

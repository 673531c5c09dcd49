"""What input may say, what it says where it is left out, and what is refused."""

from __future__ import annotations

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
    compute,
    sponsor_rows,
)
from compensation.engine.branches import (
    Missed,
    Upline,
    branch_of,
    own_reason,
    standing_by_position,
    standing_of_people,
    unmet,
)
from compensation.engine.qualifying import VOLUMES
from compensation.engine.requirements import Requirement
from compensation.engine.tree import build_tree
from compensation.engine.volumes import by_seller, gather_orders, personal_volumes
from tests.engine.worlds import People, plan_of

QUANTITIES = ("bv", "rsp", "rsp_all", "net", "day", "margin", "units", "rsp_repeat", "paid_at")
FLAGS = ("own", "first_order")


# --------------------------------------------------------------------------------------- members


def test_members_are_enrolled_untitled_and_unplaced_where_nothing_is_said():
    members = Members.of([5, 6], [-1, 0])

    for name, value in (
        ("status", Status.ENROLLED),
        ("opening_title", 0),
        ("enrolled", 0),
        ("placement", -1),
        ("side", -1),
        ("bought_bv", 0),
    ):
        column = getattr(members, name)
        assert column.tolist() == [value] * 2
        assert column.dtype == np.int64


@pytest.mark.parametrize(
    "name", ["status", "opening_title", "enrolled", "placement", "side", "bought_bv"]
)
def test_faults_of_members_name_the_column(name):
    with pytest.raises(EngineError, match=rf"members\.{name}: 1 elements, 2 are needed"):
        Members.of([5, 6], [-1, 0], **{name: [0]})


@pytest.mark.parametrize("sponsor", [-2, 2])
def test_a_sponsor_row_is_one_of_the_members(sponsor):
    with pytest.raises(EngineError, match="member 6: the sponsor is not among the members"):
        Members.of([5, 6], [-1, sponsor])


@pytest.mark.parametrize("status", [-1, 3])
def test_a_status_is_a_known_one(status):
    with pytest.raises(EngineError, match="member 6: unknown status"):
        Members.of([5, 6], [-1, 0], status=[0, status])


def test_bv_that_was_bought_is_nought_or_more_and_the_first_below_is_named():
    assert Members.of([], []).bought_bv.tolist() == []
    assert Members.of([5, 6], [-1, 0], bought_bv=[0, 1]).bought_bv.tolist() == [0, 1]
    with pytest.raises(EngineError, match=r"^member 6: the bought BV is negative$"):
        Members.of([5, 6, 7], [-1, 0, 0], bought_bv=[0, -1, 0])
    with pytest.raises(EngineError, match=r"^member 6: the opening title is negative$"):
        Members.of([5, 6, 7], [-1, 0, 0], opening_title=[0, -1, 0])


def test_ids_come_once_in_any_order():
    with pytest.raises(EngineError, match="member 6 is given twice"):
        Members.of([6, 5, 6], [-1, 0, 0])


def test_sponsors_may_be_named_by_any_id_for_nobody():
    assert sponsor_rows([0, 7], [-5, 0], top=-5).tolist() == [-1, 0]
    assert sponsor_rows([7, 0], [0, 9], top=9).tolist() == [1, -1]
    assert sponsor_rows([7], [9], top=9).tolist() == [-1]
    with pytest.raises(EngineError, match="member 7: sponsor 8 is not among the members"):
        sponsor_rows([0, 7], [-1, 8])
    with pytest.raises(EngineError, match="ids: whole numbers"):
        sponsor_rows([0.5], [1])
    with pytest.raises(EngineError, match="sponsor_ids: 2 elements, 1 are needed"):
        sponsor_rows([1], [1, 2])


# ----------------------------------------------------------------------------------------- sales


def test_sales_say_nothing_where_they_are_left_out():
    sales = Sales.of([3, 4])

    assert sales.order.tolist() == [0, 1]
    assert sales.customer.tolist() == [-1, -1]
    for name in QUANTITIES:
        assert getattr(sales, name).tolist() == [0, 0]
        assert getattr(sales, name).dtype == np.int64
    for name in FLAGS:
        assert getattr(sales, name).tolist() == [False, False]
        assert getattr(sales, name).dtype == np.bool_
    assert sales.order.dtype == sales.customer.dtype == np.int64


def test_all_points_are_the_points_unless_they_are_given():
    assert Sales.of([0], rsp=[5]).rsp_all.tolist() == [5]
    assert Sales.of([0], rsp=[5], rsp_all=[8]).rsp_all.tolist() == [8]


@pytest.mark.parametrize("name", [*QUANTITIES, "customer", "order"])
def test_faults_of_sales_name_the_column(name):
    assert getattr(Sales.of([0, 0], **{name: [7, 8]}), name).tolist() == [7, 8]
    with pytest.raises(EngineError, match=rf"sales\.{name}: 1 elements, 2 are needed"):
        Sales.of([0, 0], **{name: [7]})


@pytest.mark.parametrize("name", FLAGS)
def test_faults_of_facts_name_the_column(name):
    assert getattr(Sales.of([0, 0], **{name: [True, False]}), name).tolist() == [True, False]
    with pytest.raises(EngineError, match=rf"sales\.{name}: true/false values"):
        Sales.of([0, 0], **{name: [1, 0]})


def test_sellers_are_rows():
    with pytest.raises(EngineError, match=r"sales\.seller: whole numbers"):
        Sales.of([0.5])
    assert len(Sales.none()) == 0


# ------------------------------------------------------------------------------------ qualifying


def test_qualifying_volumes_are_of_the_period_before_and_nought_unless_they_are_given():
    rows = Qualifying.of([0, 1])

    assert rows.periods_ago.tolist() == [1, 1]
    assert rows.in_period.tolist() == [False, False]
    for name in VOLUMES:
        assert getattr(rows, name).tolist() == [0, 0]
        assert getattr(rows, name).dtype == np.int64
    told = Qualifying.of([0, 1], in_period=[True, False]).periods_ago
    assert told.tolist() == [0, 1]
    assert told.dtype == np.int64
    assert Qualifying.of([0, 1], periods_ago=[3, 0]).in_period.tolist() == [False, True]
    assert len(rows) == 2
    assert len(Qualifying.none()) == 0


def test_qualifying_points_of_all_products_are_the_points_unless_they_are_given():
    rows = Qualifying.of([0], rsp=[5], own_rsp=[3])

    assert (rows.rsp_all.tolist(), rows.own_rsp_all.tolist()) == ([5], [3])
    assert (rows.rsp_repeat.tolist(), rows.own_rsp_repeat.tolist()) == ([0], [0])
    assert Qualifying.of([0], rsp=[5], rsp_all=[9]).rsp_all.tolist() == [9]


@pytest.mark.parametrize("name", VOLUMES)
def test_faults_of_qualifying_volumes_name_the_column(name):
    assert getattr(Qualifying.of([0], **{name: [4]}), name).tolist() == [4]
    with pytest.raises(EngineError, match=rf"qualifying\.{name}: 2 elements, 1 are needed"):
        Qualifying.of([0], **{name: [4, 5]})


def test_qualifying_rows_are_refused_by_name():
    with pytest.raises(EngineError, match=r"qualifying\.net: no such volume"):
        Qualifying.of([0], net=[1])
    with pytest.raises(EngineError, match=r"qualifying\.periods_ago: a period that is yet to"):
        Qualifying.of([0, 0], periods_ago=[1, -1])
    with pytest.raises(EngineError, match=r"qualifying\.periods_ago: 1 elements, 2 are needed"):
        Qualifying.of([0, 0], periods_ago=[1])
    with pytest.raises(EngineError, match=r"qualifying\.in_period: true/false values"):
        Qualifying.of([0], in_period=[1])
    with pytest.raises(EngineError, match=r"qualifying\.member: whole numbers"):
        Qualifying.of([0.5])


# ---------------------------------------------------------------------------------------- stated


def test_figures_that_are_not_stated_are_marked():
    stated = Stated.of(2, group_bv=[5, NOT_STATED])

    assert stated.group_bv.tolist() == [5, NOT_STATED]
    assert stated.active.tolist() == [NOT_STATED] * 2
    assert stated.active.dtype == np.int64


def test_stated_figures_are_refused_by_name():
    with pytest.raises(EngineError, match=r"stated\.turnover: no such figure"):
        Stated.of(1, turnover=[1])
    with pytest.raises(EngineError, match=r"stated\.group_bv: 1 elements, 2 are needed"):
        Stated.of(2, group_bv=[1])
    for active in (-1, 2):
        with pytest.raises(EngineError, match=r"stated\.active: only 0 and 1 can be stated"):
            Stated.of(3, active=[0, 1, active])


# ------------------------------------------------------------------------------- orders, volumes

TREE = build_tree(Members.of([1, 2], [-1, 0]))
FACTS = {
    "seller": ("seller", [0, 1]),
    "own": ("buyer", [True, False]),
    "first_order": ("first order", [True, False]),
    "day": ("day", [1, 2]),
    "customer": ("customer", [1, 2]),
    "paid_at": ("time of payment", [1, 2]),
}


@pytest.mark.parametrize("name", FACTS)
def test_rows_of_an_order_agree(name):
    told, values = FACTS[name]
    rows = {"seller": [1, 0, 0], "order": [4, 9, 9], name: [values[1], *values]}

    with pytest.raises(EngineError, match=f"order 9: its rows disagree about the {told}$"):
        gather_orders(Sales.of(**rows), TREE)


def test_rows_of_an_order_are_added_up_wherever_they_stand():
    rows = Sales.of([0, 1, 0, 1], order=[5, 3, 5, 2], bv=[1, 2, 4, 8], net=[10, 20, 40, 80])

    orders = gather_orders(rows, TREE)

    assert orders.number.tolist() == [2, 3, 5]
    assert orders.seller.tolist() == [1, 1, 0]
    assert orders.bv.tolist() == [8, 2, 5]
    assert orders.net.tolist() == [80, 20, 50]
    assert len(orders) == 3


@pytest.mark.parametrize("row", [-1, 2])
def test_rows_name_members_that_are_there(row):
    with pytest.raises(EngineError, match=f"sale 1: member row {row} does not exist"):
        gather_orders(Sales.of([0, row]), TREE)
    orders = gather_orders(Sales.none(), TREE)
    with pytest.raises(EngineError, match=f"qualifying volume 1: member row {row} does not exist"):
        personal_volumes(orders, Qualifying.of([0, row]), TREE, "repeat_only", 0)


@pytest.mark.parametrize("name", ["bv", "rsp", "rsp_all", "net", "margin", "units", "rsp_repeat"])
def test_quantities_beyond_64_bits_are_refused_by_name(name):
    rows = Sales.of([0, 1], **{name: [2**62, 2**62]})

    with pytest.raises(EngineError, match=rf"sales\.{name}: the sum does not fit"):
        gather_orders(rows, TREE)


def test_personal_volumes_beyond_64_bits_are_refused():
    for name in ("bv", "own_bv", "rsp"):
        orders = gather_orders(Sales.of([0], own=[True], bv=[2**62], rsp=[2**62]), TREE)
        with pytest.raises(EngineError, match=f"personal {name}: the sum does not fit"):
            personal_volumes(orders, Qualifying.of([0], **{name: [2**62]}), TREE, "repeat_only", 0)


def test_windows_reach_as_far_back_as_they_say():
    orders = gather_orders(Sales.of([0], bv=[1], own=[True], rsp=[1000]), TREE)
    rows = Qualifying.of(
        [0] * 4,
        periods_ago=[0, 1, 2, 3],
        bv=[10, 100, 1000, 10000],
        own_bv=[20, 200, 2000, 20000],
        rsp=[30, 300, 3000, 30000],
    )

    for reach, bv, own_bv, rsp in (
        (0, 11, 21, 1030),
        (1, 111, 221, 1330),
        (2, 1111, 2221, 4330),
    ):
        found = personal_volumes(orders, rows, TREE, "repeat_only", reach)
        assert (found.window_bv[0], found.window_own_bv[0], found.window_rsp[0]) == (
            bv,
            own_bv,
            rsp,
        )
        assert (found.sold_bv[0], found.bv[0], found.own_bv[0], found.rsp[0]) == (1, 11, 21, 1030)


@pytest.mark.parametrize(
    ("points_from", "column"),
    [("repeat_only", "rsp"), ("all_products", "rsp_all"), ("repeat_sales", "rsp_repeat")],
)
def test_points_count_as_the_plan_says(points_from, column):
    nothing = {"rsp": [0], "rsp_all": [0], "rsp_repeat": [0]}
    orders = gather_orders(Sales.of([0], **{**nothing, column: [7]}), TREE)
    rows = Qualifying.of([0], in_period=[True], **{**nothing, column: [5]})

    assert orders.points(points_from).tolist() == [7]
    assert personal_volumes(orders, rows, TREE, points_from, 0).rsp.tolist() == [12, 0]


def test_orders_of_nought_are_not_counted():
    sums = by_seller(np.array([1, 1, 1, 0]), np.array([5, 0, -2, 0]), 3)

    assert sums.total.tolist() == [0, 3, 0]
    assert sums.orders.tolist() == [0, 2, 0]
    assert sums.total.dtype == np.int64


# ------------------------------------------------------------------------------- single persons


def test_standings_of_nobody_are_whole_numbers_all_the_same():
    standing = standing_of_people([], 3)

    assert standing.enrolled.dtype == standing.qualified.dtype == np.bool_
    assert standing.enrolled_day.dtype == standing.pay_rank.dtype == np.int64
    assert standing.figures == {}


def test_standings_out_of_results_are_whole_numbers():
    people = People.line("A", "B", "C", status={"B": Status.SUSPENDED})
    results = compute(plan_of(), people.members, people.sales(("C", {"bv": "5"})))
    days = np.array([7, 8, 9])

    branch = branch_of(results.members, 1, days)
    standing = standing_by_position(results.members, days)

    assert branch.depth.dtype == branch.end.dtype == branch.sponsor.dtype == np.int64
    assert (branch.start, branch.depth.tolist(), branch.end.tolist()) == (1, [1, 2], [3, 3])
    assert branch.standing.enrolled.tolist() == [False, True]
    assert branch.standing.enrolled_day.tolist() == [8, 9]
    assert standing.enrolled.tolist() == [True, False, True]
    assert standing.ranks().dtype == standing.figure("active").dtype == np.int64
    assert standing.figure("active").tolist() == [1, 0, 1]
    assert {figure.dtype for figure in standing.figures.values()} == {np.dtype(np.int64)}
    assert standing.figure("group_bv").tolist() == [500, 500, 500]
    with pytest.raises(EngineError, match="the measure own_points is needed and not at hand"):
        standing.figure("own_points")


def test_standings_of_people_hold_the_figures_that_all_of_them_have():
    people = [
        Upline(0, Status.ENROLLED, True, 2, {"group_bv": 5, "own_bv": 6}),
        Upline(1, Status.SUSPENDED, False, 0, {"group_bv": 7}),
    ]

    standing = standing_of_people(people, 3)

    assert standing.enrolled.tolist() == [True, False]
    assert standing.qualified.tolist() == [True, False]
    assert standing.pay_rank.tolist() == [2, 0]
    assert standing.enrolled_day.tolist() == [3, 3]
    assert {name: found.tolist() for name, found in standing.figures.items()} == {
        "group_bv": [5, 7]
    }


ACTIVE, SELLS = Requirement("active", 1), Requirement("personal_bv", 100)


def person(status=Status.ENROLLED, active=True, **figures):
    return Upline(0, status, active, 0, figures)


@pytest.mark.parametrize(
    ("qualification", "who", "reason"),
    [
        ((), person(active=False), Reason.INACTIVE),
        ((SELLS,), person(active=False), Reason.BELOW_MINIMUM),
        ((SELLS,), person(), Reason.BELOW_MINIMUM),
        ((ACTIVE, SELLS), person(active=False), Reason.INACTIVE),
        ((ACTIVE, SELLS), person(), Reason.BELOW_MINIMUM),
        ((ACTIVE, SELLS), person(Status.SUSPENDED), Reason.SUSPENDED),
        ((), person(Status.TERMINATED), Reason.TERMINATED),
    ],
)
def test_reason_of_who_does_not_qualify(qualification, who, reason):
    assert own_reason(qualification, who) == reason


def test_what_somebody_lacks_in_the_order_of_the_plan():
    asked = (ACTIVE, SELLS)

    assert unmet(asked, person(active=False, personal_bv=99)) == (
        Missed("active", 1, 0),
        Missed("personal_bv", 100, 99),
    )
    assert unmet(asked, person(personal_bv=100)) == ()
    assert unmet(asked, person()) == (Missed("personal_bv", 100, None),)
    assert unmet(asked, person(Status.SUSPENDED, active=False)) == ()

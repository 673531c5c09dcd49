"""Digests tell every column apart, and hold for what was stored before columns were added."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np
import pytest

from compensation.engine import (
    NOT_STATED,
    Carried,
    CarriedOut,
    Members,
    PeriodPlace,
    Qualifying,
    Sales,
    Stated,
    compute,
)
from compensation.engine.arrays import LATER
from compensation.engine.digests import (
    Digest,
    carried_digest,
    content_of,
    input_digest,
    part_digest,
    result_digest,
)
from compensation.engine.qualifying import VOLUMES
from compensation.engine.tree import build_tree
from compensation.engine.volumes import gather_orders
from tests.engine.worlds import percentages, plan_of

PLAIN = {
    "ids": [30, 10, 20],
    "sponsor": [-1, 0, 1],
    "status": [0, 0, 1],
    "opening_title": [1, 0, 0],
    "enrolled": [5, 6, 7],
}
SALES = {
    "seller": [0, 1, 1],
    "order": [9, 7, 7],
    "bv": [100, 50, 25],
    "rsp": [10, 5, 2],
    "rsp_all": [11, 5, 2],
    "net": [120, 60, 30],
    "own": [True, False, False],
    "first_order": [False, True, True],
    "day": [3, 4, 4],
}
LATER_ON = {"customer": -1, "margin": 0, "units": 0, "rsp_repeat": 0, "paid_at": 0}


def went_in(people=None, sales=None, qualifying=None, stated=None, carried=None, calendar=None):
    members = Members.of(**{**PLAIN, **(people or {})})
    tree = build_tree(members)
    orders = gather_orders(Sales.of(**{**SALES, **(sales or {})}), tree)
    qualifying = qualifying or Qualifying.none()
    return input_digest(members, tree, orders, qualifying, stated, carried, calendar)


def test_digests_of_input_stored_long_ago_hold():
    assert went_in() == "4d4f8be39b890b4c42c1a8eb37437d7b4da76a3d2237bd39e965d750688ed54c"
    assert (
        went_in(qualifying=Qualifying.of([0, 1], bv=[7, 8], in_period=[True, False]))
        == "835cc7ced0b866f9e0ca2a537f54ccc071a68f2b4ed390600608868f7b77f7d0"
    )
    assert (
        went_in(stated=Stated.of(3, group_bv=[1, NOT_STATED, 2]))
        == "adcc4a9195f3a8be22a6bb001451008fcc42d51318c7b80482fdb93e1567f597"
    )


@pytest.mark.parametrize(
    "people",
    [
        {"ids": [31, 10, 20]},
        {"sponsor": [-1, 0, 0]},
        {"status": [0, 0, 2]},
        {"opening_title": [1, 1, 0]},
        {"enrolled": [5, 6, 8]},
        {"placement": [-1, 0, -1], "side": [-1, 0, -1]},
        {"placement": [-1, 0, -1], "side": [-1, 1, -1]},
        {"placement": [-1, -1, 0], "side": [-1, -1, 0]},
    ],
)
def test_every_fact_about_people_is_told(people):
    found = went_in(people=people)

    assert found != went_in()
    others = [{"placement": [-1, 0, -1], "side": [-1, side, -1]} for side in (0, 1)]
    assert found not in {went_in(people=one) for one in others if one != people}


@pytest.mark.parametrize("name", [*SALES, *LATER_ON])
def test_every_column_of_sales_is_told(name):
    plain = SALES[name] if name in SALES else [LATER_ON[name]] * 3
    changed = [not plain[0] if name in ("own", "first_order") else 1 + plain[0], *plain[1:]]

    assert went_in(sales={name: changed}) != went_in()


@pytest.mark.parametrize("name", LATER_ON)
def test_a_later_column_that_says_nothing_changes_nothing(name):
    assert went_in(sales={name: [LATER_ON[name]] * 3}) == went_in()


def test_columns_are_not_taken_for_each_other():
    found = {went_in(sales={name: [1, 1, 1]}) for name in ("margin", "units", "rsp_repeat")}

    assert len(found) == 3


@pytest.mark.parametrize("ago", [0, 1, 2, 3])
@pytest.mark.parametrize("name", VOLUMES)
def test_qualifying_volumes_are_told_by_name_and_period(name, ago):
    found = {
        went_in(qualifying=Qualifying.of([1], periods_ago=[periods], **{volume: [5]}))
        for volume in VOLUMES
        for periods in range(4)
    }
    same = Qualifying.of([1, 1, 0], periods_ago=[ago, ago, ago], **{name: [2, 3, 0]})

    assert went_in(qualifying=same) in found
    assert went_in() not in found


def test_volumes_of_one_member_are_added_up_before():
    split = Qualifying.of([2, 2], bv=[3, 4], in_period=[True, True])

    assert went_in(qualifying=split) == went_in(
        qualifying=Qualifying.of([2], bv=[7], in_period=[True])
    )
    assert went_in(qualifying=Qualifying.of([2, 2], bv=[3, -3])) == went_in()


@pytest.mark.parametrize("name", [one.name for one in fields(Stated)])
def test_every_stated_figure_is_told(name):
    nothing = Stated.of(3)

    found = went_in(stated=Stated.of(3, **{name: [NOT_STATED, 1, NOT_STATED]}))

    assert found != went_in(stated=nothing) != went_in()
    assert found != went_in(stated=Stated.of(3, **{name: [1, NOT_STATED, NOT_STATED]}))


def test_what_is_carried_is_told_by_key_whatever_the_order_of_rows():
    one = Carried.of([0, 1], [0, 1], [5, 6], keys=("held:A", "met:A"))
    same = Carried.of([1, 0], [0, 1], [6, 5], keys=("met:A", "held:A"))
    other = Carried.of([0, 1], [1, 0], [5, 6], keys=("held:A", "met:A"))

    assert went_in(carried=one) == went_in(carried=same) != went_in(carried=other)
    assert went_in(carried=Carried.of([0], [0], [0], keys=("held:A",))) == went_in()
    assert went_in(carried=Carried.none()) == went_in()


def test_the_place_in_the_calendar_is_told():
    found = {went_in(calendar=PeriodPlace(month_of_quarter=month)) for month in range(3)}

    assert len(found | {went_in()}) == 4


def results():
    members, sales = Members.of(**PLAIN), Sales.of(**SALES)
    plan = plan_of(percentages("10", "5", seller_rate="20"), ranks={"ladder": LADDER})
    return compute(plan, members, sales)


LADDER = [{"name": "A"}, {"name": "B", "requires": [{"measure": "group_bv", "at_least": "1"}]}]


def test_digests_of_what_was_added_since_hold():
    placed = {"placement": [-1, 0, 1], "side": [-1, 1, 0]}
    windows = Qualifying.of([0, 1, 2], periods_ago=[0, 1, 2], own_rsp=[1, 2, 3])
    carried = Carried.of([0, 1], [0, 1], [5, 6], keys=("held:A", "met:A"))

    assert (
        went_in(people=placed) == "5745287eca9c7b248a2432c7fee14da4f5011004d3c51fd97e31d9caceeb20d6"
    )
    assert (
        went_in(qualifying=windows)
        == "5e134bead5c34fd8b231179ccf2a0ddd7767dac490d289cf47fbc6809ed50f83"
    )
    assert (
        went_in(carried=carried)
        == "14ea0c5003967c1e79185066a9e6337f8aaf445d25d4ce744318c444a5801bc6"
    )
    assert (
        went_in(calendar=PeriodPlace(month_of_quarter=1))
        == "e3acd2805ab8d3bd055609401e2b3edf44de3fb2d7c9cadf78a27ad8bd40791a"
    )
    assert (
        went_in(sales={"units": [1, 2, 3]})
        == "0b94bfe927fd4da48ca2d258b6df2fdb1865dca9809a59e4187117758ffaf714"
    )
    both = CarriedOut.of({"met:A": np.array([1]), "held:A": np.array([2])})
    assert (
        carried_digest(both) == "0d1be4d9972c0d48348b5cd87bb865cd3897166f9f35710fbb14e088d97c2c32"
    )


def test_what_came_later_is_content_only_where_it_is_given():
    @dataclass(frozen=True)
    class Part:
        old: int = 1
        new: int = field(default=2, metadata={LATER: True})

    assert content_of(Part()) == {"old": 1}
    assert content_of(Part(old=2)) == {"old": 2}
    assert content_of(Part(new=1)) == {"old": 1, "new": 1}


def test_digests_of_results_stored_long_ago_hold():
    found = results()

    assert (
        part_digest(found.members)
        == "9e9dda9c0a0ef5d582a62a7a067be518a0be52a7594d3ef7c93c362df8b9dfef"
    )
    assert (
        part_digest(found.earnings)
        == "54153cbc029ce49d957de33166d977c79e43b064bd6d6224a8118eb45317b261"
    )
    assert found.result_digest == "3411b0ca0e0ae5ab9a56709a0dc540c72fb68ac10aaad4a82ef86cc507d6b854"
    assert result_digest("a", "b") == result_digest("a", "b", "") != result_digest("a", "b", "c")


@pytest.mark.parametrize("part", ["members", "earnings"])
def test_every_column_of_the_results_is_told(part):
    whole = getattr(results(), part)
    seen = {part_digest(whole)}

    for one in fields(whole):
        column = getattr(whole, one.name)
        if not isinstance(column, np.ndarray) or one.name == "row":
            continue
        changed = ~column if column.dtype == np.bool_ else column + np.array(1, column.dtype)
        seen.add(part_digest(replace(whole, **{one.name: changed})))

    columns = [one for one in fields(whole) if isinstance(getattr(whole, one.name), np.ndarray)]
    assert len(seen) == len(columns) + (part == "earnings")
    if part == "members":
        assert part_digest(replace(whole, row=whole.row + 1)) in seen


def test_further_figures_are_told_by_name():
    whole = results().members
    figure = np.arange(3)

    one = part_digest(replace(whole, figures=(figure,), figure_names=("own_rsp",)))
    other = part_digest(replace(whole, figures=(figure,), figure_names=("own_bv",)))

    assert len({one, other, part_digest(whole)}) == 3


def test_what_is_left_behind_is_told_and_nothing_is_no_digest():
    whole = CarriedOut.of({"met:A": np.array([0, 1, 2])})

    found = {carried_digest(whole)}
    for name in ("position", "key", "value"):
        found.add(carried_digest(replace(whole, **{name: getattr(whole, name) + 1})))
    found.add(carried_digest(CarriedOut.of({"met:B": np.array([0, 1, 2])})))

    assert len(found) == 5
    assert (
        carried_digest(whole) == "9433ba5b20f3f3917d149bb957f7bd5d778346ab1a47f46299d74168c9109369"
    )
    assert carried_digest(CarriedOut()) == carried_digest(CarriedOut.of({"a": whole.key * 0})) == ""


def test_neighbouring_columns_keep_their_borders():
    def fed(*columns):
        digest = Digest("test")
        for name, values in columns:
            digest.add(name, np.array(values, dtype=np.int64))
        return digest.hex()

    assert fed(("a", [1]), ("b", [2])) != fed(("a", [1, 2]), ("b", []))
    assert fed(("a", [1])) != fed(("b", [1]))
    one, other = Digest("test"), Digest("test")
    one.add("a", np.array([1], dtype=np.int64))
    other.add("a", np.array([1], dtype=np.dtype(">i8")))
    assert one.hex() == other.hex()
    every_second = np.arange(10)[::2]
    assert fed(("a", every_second)) == fed(("a", every_second.copy()))


def test_content_of_a_plan_is_tables_all_the_way_down():
    plan = plan_of(percentages("10"))

    content = content_of(plan)

    assert content["components"][0]["id"] == "levels"
    assert content["activity"]["window"] == "period"
    assert content_of({"a": (1, [plan.activity])}) == {"a": [1, [content["activity"]]]}
    assert content_of(int) is int

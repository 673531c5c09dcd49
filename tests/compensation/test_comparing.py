"""Causes of a change: they add up, and each stands alone where only its input was exchanged."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compensation.comparing.chain import Difference, Side, _Stage, compare
from compensation.comparing.inputs import Input, Returned, before_returns, rows_of
from compensation.comparing.moves import Amounts, Cause
from compensation.engine import Members, Plan, Qualifying, Sales, Status, Unit
from compensation.engine.carried import Carried
from tests.compensation.drawn import (
    drawn_months,
    drawn_people,
    drawn_returns,
    drawn_sales,
    side_of,
)
from tests.engine.plan_strategies import plans
from tests.engine.worlds import percentages, plan_of, points


def sums(difference: Difference) -> dict[tuple[Any, int], int]:
    """Add up the moves of each component and member."""
    moves, found = difference.moves, {}
    for member, component, amount in zip(
        moves.member.tolist(), moves.component.tolist(), moves.amount.tolist(), strict=True
    ):
        key = moves.components[component], member
        found[key] = found.get(key, 0) + amount
    return {key: amount for key, amount in found.items() if amount}


def changes(difference: Difference) -> dict[tuple[Any, int], int]:
    """Take what each component paid each member from what it pays now."""
    found: dict[tuple[Any, int], int] = {}
    for sign, amounts in ((-1, difference.before), (1, difference.after)):
        for earned, values in amounts.by_component.items():
            for member, amount in zip(amounts.ids.tolist(), values.tolist(), strict=True):
                found[earned, member] = found.get((earned, member), 0) + sign * amount
    return {key: amount for key, amount in found.items() if amount}


def causes(difference: Difference) -> set[Cause]:
    """Name the causes that moved anything."""
    return {cause for unit in Unit for cause in difference.moves.by_cause(unit)}


@settings(max_examples=150, deadline=None)
@given(document=plans(), seed=st.integers(0, 2**32), size=st.integers(1, 60))
def test_causes_add_up_to_the_change_of_every_member_and_component(
    document: dict[str, Any], seed: int, size: int
) -> None:
    before, after = drawn_months(document, seed, size)

    difference = compare(before, after)

    assert sums(difference) == changes(difference)


@settings(max_examples=50, deadline=None)
@given(document=plans(), seed=st.integers(0, 2**32), size=st.integers(1, 40))
def test_causes_add_up_where_the_plan_changed_too(
    document: dict[str, Any], seed: int, size: int
) -> None:
    before, between = drawn_months(document, seed, size)
    after = side_of(
        plan_with_tests(), replace(between.given, stated=None, members=untitled(between))
    )

    difference = compare(before, after, between)

    assert sums(difference) == changes(difference)


def untitled(side: Side) -> Members:
    """Give the members of a month without titles."""
    return replace(
        side.given.members, opening_title=np.zeros(len(side.given.members), dtype=np.int64)
    )


@settings(max_examples=150, deadline=None)
@given(document=plans(), seed=st.integers(0, 2**32), size=st.integers(1, 60))
def test_holding_tests_and_ranks_changes_nothing_by_itself(
    document: dict[str, Any], seed: int, size: int
) -> None:
    for side in drawn_months(document, seed, size):
        held = _Stage.of(side, side).given.compute(side.plan)

        ids = np.sort(side.given.members.ids)
        found = Amounts.of(held, side.plan, ids).by_component
        wanted = Amounts.of(side.results, side.plan, ids).by_component
        assert found.keys() == wanted.keys()
        for earned, amounts in wanted.items():
            assert np.array_equal(found[earned], amounts), earned


def always_paying() -> Plan:
    """Give a plan without tests or ranks: whoever is enrolled is paid."""
    return plan_of(points(3), percentages("8", "5", "3"))


def plan_with_tests() -> Plan:
    """Give a plan in which sales decide on activity, and groups on ranks and depths."""
    return plan_of(
        points(depth_by_rank={"Member": 1, "Gold": 4}),
        percentages("8", "5", "3"),
        activity={"test": {"measure": "personal_bv", "at_least": "60"}},
        ranks={
            "ladder": [
                {"name": "Member"},
                {"name": "Gold", "requires": [{"measure": "group_bv", "at_least": "3000"}]},
            ]
        },
    )


def month(seed: int, size: int = 40) -> Input:
    """Give a month of people who are all enrolled."""
    chance = random.Random(seed)
    people = drawn_people(chance, size, 1)
    people = replace(people, status=np.zeros(size, dtype=np.int64))
    return Input(people, drawn_sales(chance, size, 2 * size), Qualifying.none())


def other_sales(given: Input, seed: int) -> Input:
    """Sell anew."""
    sales = drawn_sales(random.Random(seed), len(given.members), len(given.members))
    return replace(given, sales=sales)


def test_the_worked_example_of_the_page() -> None:
    plan = plan_of(
        percentages("8", "5", compression="skip_and_recount", unqualified_volume_pays=True),
        activity={"test": {"measure": "personal_bv", "at_least": "60"}},
    )
    c, d, e = 1, 2, 3
    people = Members.of([c, d, e], [-1, 0, 1])
    before = Input(people, Sales.of([0, 2], bv=[6000, 20000]), Qualifying.none())
    after = Input(people, Sales.of([0, 2, 1], bv=[6000, 20000, 10000]), Qualifying.none())

    difference = compare(side_of(plan, before), side_of(plan, after))

    found = {
        member: {cause: amount for _, cause, amount in difference.moves.of_member(member)}
        for member in (c, d, e)
    }
    assert found == {
        c: {Cause.SALE: 800, Cause.QUALIFICATION: -600},
        d: {Cause.QUALIFICATION: 1600},
        e: {},
    }
    assert difference.before.total(Unit.MONEY).tolist() == [1600, 0, 0]
    assert difference.after.total(Unit.MONEY).tolist() == [1800, 1600, 0]


def test_only_sales_changed() -> None:
    plan, given = always_paying(), month(1)

    difference = compare(side_of(plan, given), side_of(plan, other_sales(given, 2)))

    assert causes(difference) == {Cause.SALE}
    assert difference.moves.total(Unit.MONEY) != 0


def test_sales_that_move_tests_and_ranks_are_told_apart() -> None:
    plan, given = plan_with_tests(), month(3)

    difference = compare(side_of(plan, given), side_of(plan, other_sales(given, 4)))

    assert causes(difference) == {Cause.SALE, Cause.QUALIFICATION, Cause.RANK}
    assert sums(difference) == changes(difference)


def test_only_returns_changed() -> None:
    plan, given = always_paying(), month(5)
    sales, returned = drawn_returns(random.Random(6), given.sales)

    difference = compare(side_of(plan, given), side_of(plan, replace(given, sales=sales), returned))
    back = compare(side_of(plan, replace(given, sales=sales), returned), side_of(plan, given))

    assert causes(difference) == causes(back) == {Cause.RETURN}
    assert difference.moves.total(Unit.MONEY) == -back.moves.total(Unit.MONEY) < 0


def test_only_the_tree_changed() -> None:
    plan, given = always_paying(), month(7)
    sponsor = given.members.sponsor.copy()
    sponsor[-1] = 0
    moved = replace(given, members=replace(given.members, sponsor=sponsor))

    assert causes(compare(side_of(plan, given), side_of(plan, moved))) == {Cause.TREE}


def test_only_a_status_changed() -> None:
    plan, given = always_paying(), month(8)
    status = given.members.status.copy()
    status[0] = Status.TERMINATED
    ended = replace(given, members=replace(given.members, status=status))

    difference = compare(side_of(plan, given), side_of(plan, ended))

    assert causes(difference) >= {Cause.TREE}
    assert causes(difference) <= {Cause.TREE, Cause.QUALIFICATION}


def test_only_earlier_volume_changed() -> None:
    plan, given = plan_with_tests(), month(9)
    poor = np.flatnonzero(np.bincount(given.sales.seller, given.sales.bv, len(given.members)) < 60)
    window = Qualifying.of(poor, bv=np.full(len(poor), 6000), periods_ago=np.ones_like(poor))

    difference = compare(side_of(plan, given), side_of(plan, replace(given, qualifying=window)))

    assert causes(difference) == {Cause.QUALIFICATION}


def test_only_opening_titles_changed() -> None:
    plan, given = plan_with_tests(), month(10)
    titles = np.ones(len(given.members), dtype=np.int64)
    risen = replace(given, members=replace(given.members, opening_title=titles))
    slow = replace(plan, ranks=replace(plan.ranks, steps_per_period=1))
    never = replace(
        slow,
        ranks=replace(
            slow.ranks,
            ladder=(
                slow.ranks.ladder[0],
                replace(
                    slow.ranks.ladder[1],
                    requires=(replace(slow.ranks.ladder[1].requires[0], at_least=10**12),),
                    maintains=(),
                ),
            ),
        ),
    )

    difference = compare(side_of(never, given), side_of(never, risen))

    assert causes(difference) == {Cause.RANK}


def test_only_the_plan_changed() -> None:
    old, new, given = plan_with_tests(), always_paying(), month(11)

    difference = compare(side_of(old, given), side_of(new, given), side_of(old, given))

    assert causes(difference) == {Cause.PLAN}
    assert sums(difference) == changes(difference)


def test_nothing_changed() -> None:
    plan, given = plan_with_tests(), month(12)

    assert len(compare(side_of(plan, given), side_of(plan, given)).moves) == 0


def test_somebody_came_and_somebody_left() -> None:
    plan = always_paying()
    first = Input(
        Members.of([1, 2, 3], [-1, 0, 1]), Sales.of([2], bv=[10000], net=[0]), Qualifying.none()
    )
    second = Input(
        Members.of([1, 2, 4], [-1, 0, 1]), Sales.of([2], bv=[20000], net=[0]), Qualifying.none()
    )

    difference = compare(side_of(plan, first), side_of(plan, second))

    assert sums(difference) == changes(difference)
    assert difference.ids.tolist() == [1, 2, 3, 4]


def test_what_is_carried_has_a_cause_of_its_own() -> None:
    plan, given = plan_with_tests(), month(13)
    nothing = Carried.of([0], [0], [1], keys=("held:Nowhere",))

    difference = compare(side_of(plan, given), side_of(plan, replace(given, carried=nothing)))

    assert causes(difference) <= {Cause.CARRIED}


def test_sales_before_returns() -> None:
    whole = drawn_sales(random.Random(1), 5, 12)
    left, returned = drawn_returns(random.Random(2), whole)

    assert np.array_equal(before_returns(left, returned).bv, whole.bv)
    assert before_returns(left, Returned.none()) is left
    with pytest.raises(KeyError):
        before_returns(left, Returned(np.array([999]), {"bv": np.array([1])}))


def test_rows_of_ids() -> None:
    assert rows_of(np.array([5, 3, 9]), np.array([9, 4, 5])).tolist() == [2, -1, 0]
    assert rows_of(np.zeros(0, dtype=np.int64), np.array([1])).tolist() == [-1]

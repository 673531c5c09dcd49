"""Reasons at their edges: who is behind a level that was taken, and what a verdict says besides."""

from __future__ import annotations

from typing import Any

import pytest

from compensation.engine import Reason, Sales, compute
from compensation.engine.explain import (
    Upline,
    branch_of,
    contributors,
    why,
    why_not_counted,
)
from compensation.engine.volumes import Orders
from tests.engine.worlds import People, ladder, percentages, plan_of, points

BY_SALES = {"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"}


def behind(people: People, sold: dict[str, str], level: int, **keys: Any) -> list[str]:
    """Who is behind the first one's line of a level under dynamic compression."""
    component = percentages("10", "5", "2", compression="dynamic", **keys)
    plan = plan_of(component, activity=BY_SALES)
    sales = people.sales(*((name, {"bv": bv}) for name, bv in sold.items()))
    results = compute(plan, people.members, sales)
    branch = branch_of(results.members, 0, people.members.enrolled)
    places = contributors(plan.components[0], level, branch)
    return [people.names[results.members.row[place]] for place in places.tolist()]


def test_levels_wait_for_somebody_who_may_take_them() -> None:
    people = People.line("A", "B", "C", "D")
    sold = {"A": "60", "B": "60", "D": "5"}

    assert behind(people, sold, 0) == ["A"]
    assert behind(people, sold, 1) == ["B"]
    assert behind(people, sold, 2) == ["C", "D"]
    assert behind(people, sold, 3) == []


def test_a_level_that_the_receiver_may_not_take_is_gone_past_him() -> None:
    people = People.line("A", "B", "C")
    least = {"measure": "personal_bv", "at_least": ["100", 0, 0]}
    sold = {"A": "60", "B": "100", "C": "60"}

    assert behind(people, sold, 2, level_minimum=least) == ["C"]


ONE = Upline(1, 0, True, 0)
IDLE = Upline(0, 0, False, 0)


def order(**facts: Any) -> Orders:
    return Orders.of_rows(Sales.of([0], **{name: [value] for name, value in facts.items()}))


def test_a_sale_outside_the_window_still_tells_how_deep_somebody_is_paid() -> None:
    plan = plan_of(
        percentages("1", "1", window_days_from_enrolment=5, depth_by_rank={"IR": 1, "Star": 2}),
        ranks=ladder("IR", "Star"),
    )

    (found,) = why(
        plan.components[0], order(bv=5, day=9), ONE, 0, [Upline(0, 0, True, 1)], plan=plan
    )

    assert (found.reason, found.depth, found.level) == (Reason.OUTSIDE_WINDOW, 2, None)
    assert (found.measure, found.needed, found.had) == ("days", 5, 9)


@pytest.mark.parametrize("on", ["bv", "net"])
def test_a_sale_without_what_is_paid_on_has_no_share(on: str) -> None:
    component = plan_of(percentages("1", on=on, window_days_from_enrolment=5)).components[0]

    assert why(component, order(day=9, **{on: 0}), ONE, 0, [IDLE]) == []
    assert why(component, order(day=9, **{on: 5}), ONE, 0, [IDLE]) != []


def test_what_keeps_volume_of_the_unqualified_from_paying_is_told() -> None:
    component = plan_of(
        percentages(
            "1",
            unqualified_volume_pays=False,
            window_days_from_enrolment=0,
            qualification=[{"measure": "own_bv", "at_least": "7"}],
        )
    ).components[0]
    buyer = Upline(1, 0, True, 0, figures={"own_bv": 700})
    other = Upline(1, 0, True, 0, figures={"own_bv": 699})

    (late,) = why(component, order(bv=5, day=1), buyer, 0, [IDLE])
    (idle,) = why(component, order(bv=5, day=0), other, 0, [IDLE])

    assert (late.reason, late.measure, late.needed, late.had) == (
        Reason.OUTSIDE_WINDOW,
        "days",
        0,
        1,
    )
    assert (idle.reason, idle.measure, idle.had) == (Reason.BELOW_MINIMUM, "own_bv", 699)


def test_whoever_lacks_a_levels_minimum_is_not_too_deep() -> None:
    least = {"measure": "own_bv", "at_least": ["0", "7"]}
    component = plan_of(percentages("1", "1", level_minimum=least)).components[0]
    path = [Upline(place, 0, True, 0, figures={"own_bv": 699}) for place in (1, 0)]

    found = why(component, order(bv=5), Upline(2, 0, True, 0), 0, path)

    assert [one.reason for one in found] == [Reason.PAID, Reason.BELOW_MINIMUM]
    assert (found[1].measure, found[1].needed, found[1].had) == ("own_bv", 700, 699)


def test_nobody_is_counted_by_points_without_being_active() -> None:
    cause = why_not_counted(plan_of(points(1)).components[0], IDLE)

    assert (cause.reason, cause.missed) == (Reason.INACTIVE, ())


def test_no_minimum_of_a_level_is_asked_of_the_seller() -> None:
    least = {"measure": "own_bv", "at_least": ["7", "0"]}
    component = plan_of(percentages("1", "1", seller_rate="5", level_minimum=least)).components[0]
    people = [Upline(place, 0, True, 0, figures={"own_bv": 699}) for place in (2, 1, 0)]

    found = why(component, order(bv=5), people[0], 0, people[1:])

    assert [one.reason for one in found] == [Reason.PAID, Reason.BELOW_MINIMUM, Reason.PAID]
    assert [one.paid_levels for one in found] == [(0,), (), (2,)]

"""Cycles of two legs: what is paid, carried and lost, and that volume is conserved."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.engine import (
    Carried,
    EngineError,
    Members,
    Results,
    Sales,
    Status,
    compute,
)
from tests.engine.company import (
    cycles,
    left_behind,
    lines,
    pool,
    ranking,
)
from tests.engine.worlds import People, plan_of


def legs_of(plan: Any, left: int, right: int, **more: Any) -> tuple[People, Results]:
    """Compute for Top with two people on the left, one below the other, and one on the right."""
    people = People.of({"Top": None, "Left": "Top", "Deep": "Top", "Right": "Deep", "Out": None})
    row = people.row
    members = Members.of(
        people.members.ids,
        people.members.sponsor,
        placement=[-1, row("Top"), row("Left"), row("Top"), -1],
        side=[-1, 0, 1, 1, -1],
    )
    sales = Sales.of(
        [row("Left"), row("Deep"), row("Right"), row("Top"), row("Out")],
        bv=[left, 100, right, 5000_00, 7000_00],
    )
    brought = Carried.of([row("Top")], [0], [10000], keys=("binary:legs:left",))
    return people, compute(plan, members, sales, carried=brought, **more)


@pytest.mark.parametrize(
    ("keys", "left", "right", "cycles_paid", "carried"),
    [
        ({}, 799_00, 1300_00, 2, (300_00, 100_00)),
        ({"carry_at_most": "250"}, 799_00, 1300_00, 2, (250_00, 100_00)),
        ({}, 2000_00, 0, 0, (2101_00, 0)),
        ({"carry_at_most": "1000"}, 2000_00, 0, 0, (1000_00, 0)),
        ({"most_cycles": 3}, 1399_00, 3000_00, 3, (600_00, 1200_00)),
        ({"most_cycles": 5}, 1399_00, 3000_00, 5, (0, 0)),
        ({"most_cycles": 3, "flush_over_most": True}, 1399_00, 3000_00, 3, (0, 0)),
        ({"most_cycles": 2, "flush_over_most": True}, 799_00, 1300_00, 2, (300_00, 100_00)),
        ({}, -500_00, 1300_00, 0, (-399_00, 1300_00)),
    ],
)
def test_cycles_and_what_is_carried(
    keys: dict[str, Any], left: int, right: int, cycles_paid: int, carried: tuple[int, int]
) -> None:
    people, results = legs_of(plan_of(cycles(**keys)), left, right)

    paid = {"Top": (cycles_paid, Fraction(2000), cycles_paid * 2000)} if cycles_paid else {}
    assert lines(people, results) == paid
    found = left_behind(people, results)
    assert found.pop(("Left", "binary:legs:right")) == 100
    sides = ("left", "right")
    assert found == {
        ("Top", f"binary:legs:{side}"): rest
        for side, rest in zip(sides, carried, strict=True)
        if rest
    }


@pytest.mark.parametrize(
    ("keys", "carried"),
    [
        ({}, {}),
        ({"flush_when_unqualified": False}, {"left": 900_00, "right": 1300_00}),
        (
            {"flush_when_unqualified": False, "carry_at_most": "1000"},
            {"left": 900_00, "right": 1000_00},
        ),
    ],
)
def test_who_is_not_qualified_has_no_cycles(keys: dict[str, Any], carried: dict[str, int]) -> None:
    plan = plan_of(cycles(qualification=[{"measure": "personal_bv", "at_least": "6000"}], **keys))

    people, results = legs_of(plan, 799_00, 1300_00)

    assert len(results.earnings) == 0
    found = left_behind(people, results)
    assert {key: found[key] for key in found if key[0] == "Top"} == {
        ("Top", f"binary:legs:{side}"): rest for side, rest in carried.items()
    }


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=8),
    st.integers(1, 900),
    st.integers(1, 900),
)
def test_volume_is_neither_lost_nor_made_from_period_to_period(
    months: list[tuple[int, int]], left: int, right: int
) -> None:
    cycle = {"left": f"{left / 100:.2f}", "right": f"{right / 100:.2f}"}
    plan = plan_of(cycles(cycle=cycle))
    members = Members.of([1, 2, 3], [-1, 0, 0], placement=[-1, 0, 0], side=[-1, 0, 1])
    brought, paid = None, 0
    for volumes in months:
        results = compute(plan, members, Sales.of([1, 2], bv=list(volumes)), carried=brought)
        paid += int(results.earnings.base.sum())
        out = results.carried
        brought = Carried.of(results.members.row[out.position], out.key, out.value, keys=out.keys)
    rest = dict.fromkeys((0, 1), 0)
    for key, value in zip(out.key.tolist(), out.value.tolist(), strict=True):
        rest[out.keys[key].endswith("right")] = value

    assert rest[0] + paid * left == sum(volumes[0] for volumes in months)
    assert rest[1] + paid * right == sum(volumes[1] for volumes in months)
    assert min(rest[0] // left, rest[1] // right) == 0


def test_two_people_in_one_place_are_refused() -> None:
    members = Members.of([1, 2, 3], [-1, 0, 0], placement=[-1, 0, 0], side=[-1, 1, 1])

    with pytest.raises(EngineError, match="member 1: two people are placed in the right leg"):
        compute(plan_of(cycles()), members, Sales.none())


def test_suspended_people_have_no_share_no_place_and_no_cycles() -> None:
    people = People.line("A", "B", status={"A": Status.SUSPENDED})
    members = Members.of(
        people.members.ids,
        people.members.sponsor,
        status=people.members.status,
        placement=[-1, 0],
        side=[-1, 0],
    )
    plan = plan_of(
        pool(shares={"by_rank": {"Member": 1}}),
        cycles(flush_when_unqualified=False),
        rankings=[ranking()],
    )

    results = compute(plan, members, Sales.of([0, 1], bv=[50000, 50000], units=[5, 5]))

    assert lines(people, results) == {"B": (1000, Fraction(1), 1000)}
    assert results.rankings["sales"].position.tolist() == [0, 1]
    assert left_behind(people, results) == {("A", "binary:legs:left"): 50000}

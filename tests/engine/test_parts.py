"""Amounts allotted to order lines, and taken back. Rules: rounding-and-parts.md, reversal.md."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.engine import (
    NOT_STATED,
    EngineError,
    Sales,
    Stated,
    compute,
)
from compensation.engine.explain import (
    branch_of,
)
from compensation.engine.parts import OrderLines, allot, line_parts, reverse_part
from tests.engine.explained import (
    world,
)
from tests.engine.worlds import (
    People,
    ladder,
    plan_of,
    points,
)

# --------------------------------------------------------------------------------- allot, parts


def shares(amount: int, weights: list[int], references: list[str] | None = None) -> list[int]:
    names = references or [f"O{index:03d}" for index in range(len(weights))]
    return allot(
        amount, np.array(weights, dtype=np.int64), np.array(names), np.arange(len(weights))
    ).tolist()


def test_allot_table() -> None:
    assert shares(302, [3350, 3350, 3350]) == [101, 101, 100]
    assert shares(-302, [3350, 3350, 3350]) == [-101, -101, -100]
    assert shares(2, [1, 1, 1], ["O2", "O10", "O1"]) == [0, 1, 1]  # references compare as text
    assert shares(10, [0, 5, 0]) == [0, 10, 0]
    assert shares(5, [3, -1, 3]) == [3, -1, 3]
    assert shares(5, [-3, 1, -3]) == [3, -1, 3]
    assert shares(2, [-1, -1, -1], ["O2", "O10", "O1"]) == [0, 1, 1]
    assert shares(0, [1, 2]) == [0, 0]
    assert shares(0, []) == []


@given(
    st.integers(-(10**15), 10**15),
    st.lists(st.integers(0, 10**14), min_size=1, max_size=30).filter(any),
)
def test_allotted_shares_add_up_and_lie_next_to_the_exact_ones(
    amount: int, weights: list[int]
) -> None:
    found = shares(amount, weights)

    assert sum(found) == amount
    total = sum(weights)
    for share, weight in zip(found, weights, strict=True):
        assert abs(share * total - amount * weight) < total
        assert weight or not share


def test_nothing_to_allot_to_is_refused() -> None:
    with pytest.raises(EngineError, match="nothing that 5 could be allotted to"):
        shares(5, [])
    with pytest.raises(EngineError, match="weights add up to nought"):
        shares(5, [1, -1])


def test_flat_parts_that_do_not_match_the_line_are_refused() -> None:
    plan, _, _, _ = world("flat", 0)
    lines = OrderLines.of([0], [1], ["O1"], [1], net=[100], bv=[1])
    alone = compute(plan, People.line("A").members, Sales.none()).members
    standing = branch_of(alone, 0, np.zeros(1, dtype=np.int64)).standing

    with pytest.raises(EngineError, match="the orders bring 1001, the statement line says 1000"):
        line_parts(plan.components[0], 1000, lines, standing)


# --------------------------------------------------------------------------------- reversal.md


def test_reversal_table() -> None:
    taken = []
    for before in range(3):
        taken.append(
            reverse_part(
                100,
                quantity=3,
                returned_before=before,
                returned_now=1,
                reversed_before=sum(taken),
            )
        )

    assert taken == [33, 34, 33]


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_reversals_add_up_to_the_part_whatever_the_steps(part: int, steps: list[int]) -> None:
    taken: list[int] = []
    for index, step in enumerate(steps):
        taken.append(
            reverse_part(
                part,
                quantity=sum(steps),
                returned_before=sum(steps[:index]),
                returned_now=step,
                reversed_before=sum(taken),
            )
        )

    assert sum(taken) == part
    assert all(one * part >= 0 for one in taken)


@pytest.mark.parametrize(("before", "now"), [(0, 4), (2, 2), (0, 0), (-1, 1)])
def test_impossible_returns_are_refused(before: int, now: int) -> None:
    with pytest.raises(EngineError, match="can't be returned"):
        reverse_part(100, quantity=3, returned_before=before, returned_now=now, reversed_before=0)


def test_a_stated_rank_is_what_explains_a_depth() -> None:
    people = People.line("Top", "Mid", "Seller")
    plan = plan_of(points(depth_by_rank={"IR": 0, "Up": 2}), ranks=ladder("IR", "Up"))
    stated = Stated.of(3, pay_rank=[1, 0, NOT_STATED])

    results = compute(plan, people.members, people.sales(("Seller", {"rsp": "3"})), stated=stated)

    assert people.amounts(results) == {("Seller", 0): 300, ("Top", 2): 300}

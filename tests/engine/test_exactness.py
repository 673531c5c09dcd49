"""Whole numbers all the way, and the edges of rounding, allotting and advancing.

What mutation testing asked for (docs/mutation.md).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from compensation.engine import Members, percent_of
from compensation.engine.levels import levels_below, own_level
from compensation.engine.money import ROUNDINGS, multiply_and_round
from compensation.engine.parts import OrderLines, allot, line_parts
from compensation.engine.ranks import RankGiven, decide_ranks
from compensation.engine.tree import build_tree
from compensation.engine.volumes import Sums
from tests.engine.worlds import ladder, plan_of, points

PAST_FLOAT = 2**53 + 1
"""The first whole number that a binary fraction of 64 bits can't hold."""


@pytest.mark.parametrize("mode", ROUNDINGS)
@pytest.mark.parametrize("sign", [1, -1])
def test_rounding_loses_nothing_past_the_reach_of_floats(mode, sign):
    base = np.array([sign * 2 * PAST_FLOAT], dtype=np.int64)

    rounded = multiply_and_round(base, Fraction(1, 2), mode, "a line")

    assert rounded.dtype == np.int64
    assert rounded.tolist() == [sign * PAST_FLOAT]


def test_percent_rounds_by_the_mode_it_is_given():
    assert percent_of(50, Fraction(1), "half_away_from_zero") == 1
    assert percent_of(50, Fraction(1), "down") == 0


def lettered(count):
    return np.array([chr(ord("A") + index) for index in range(count)]), np.arange(count)


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (1, [1, 2], [0, 1]),
        (0, [0, 0], [0, 0]),
        (0, [1, 2], [0, 0]),
        (10, [-1, -3], [3, 7]),
        (-10, [-1, -3], [-3, -7]),
        (PAST_FLOAT, [2**40, 2**40], [PAST_FLOAT // 2 + 1, PAST_FLOAT // 2]),
    ],
)
def test_amounts_are_allotted_in_whole_units(amount, weights, shares):
    found = allot(amount, np.array(weights, dtype=np.int64), *lettered(len(weights)))

    assert found.dtype == np.int64
    assert found.tolist() == shares


def test_order_lines_keep_references_as_text_and_numbers_whole():
    lines = OrderLines.of([0, 0], [1, 2], [10, 9], [1.0, 2.0], bv=[1, 1])

    assert lines.reference.tolist() == ["10", "9"]
    assert lines.number.dtype == np.int64


def test_each_line_of_a_flat_bonus_names_one_order():
    plan = plan_of({"id": "b", "kind": "flat_bonus", "amount": "50", "trigger": "every_order"})
    lines = OrderLines.of(
        [0, 0, 0], [7, 7, 8], ["R7", "R7", "R8"], [1, 2, 1], bv=[1, 1, 0], net=[300, 100, 50]
    )

    parts = line_parts(plan.components[0], 5000, lines, None)

    assert parts.base.tolist() == [1, 1, 0]
    assert parts.amount.tolist() == [3750, 1250, 0]
    assert parts.base.dtype == parts.amount.dtype == np.int64


def test_own_level_counts_in_whole_numbers():
    level = own_level(Sums(total=np.array([0, 5]), orders=np.array([0, 2])))

    assert level.members.dtype == level.orders.dtype == np.int32
    assert level.receiver.tolist() == [1]


def test_levels_count_in_whole_numbers():
    tree = build_tree(Members.of([1, 2, 3], [-1, 0, 0]))
    sums = Sums(total=np.array([0, 5, 6]), orders=np.array([0, 1, 2]))

    [level] = levels_below(tree, sums, np.ones(3, dtype=np.bool_), "none", 4)

    assert level.members.dtype == level.orders.dtype == np.int32
    assert (level.base.tolist(), level.members.tolist(), level.orders.tolist()) == ([11], [2], [3])


def test_everybody_who_advanced_may_advance_again():
    plan = plan_of(points(1), ranks={**ladder("IR", "Bronze", "Silver"), "steps_per_period": 2})

    given = RankGiven(
        opening=np.array([0, 0]),
        enrolled=np.array([True, True]),
        figures={},
        tree=build_tree(Members.of([1, 2], [-1, -1])),
    )
    decided = decide_ranks(plan.ranks, given)
    title, pay = decided.title, decided.pay

    assert title.tolist() == pay.tolist() == [2, 2]


def test_half_a_unit_is_rounded_up_towards_plus_infinity():
    halves = np.array([1, -1], dtype=np.int64)

    assert multiply_and_round(halves, Fraction(1, 2), "half_up", "a line").tolist() == [1, 0]

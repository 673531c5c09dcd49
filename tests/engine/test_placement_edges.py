"""Who stands in which leg of the placement tree, and what a placement may not be."""

from __future__ import annotations

import numpy as np
import pytest

from compensation.engine import EngineError, Members
from compensation.engine.placement import place
from compensation.engine.tree import NOWHERE, build_tree

LEFT, RIGHT, NO_SIDE = 0, 1, -1


def placed(ids, sponsor, placement, side):
    members = Members.of(ids, sponsor, placement=placement, side=side)
    tree = build_tree(members)
    return tree, place(members, tree)


def test_legs_hold_everybody_placed_in_them_whoever_sponsors():
    # 30 sponsors all others; 20 and 10 are placed below, 40 below 10 on the right.
    tree, found = placed(
        [40, 20, 10, 30], [3, 3, 3, -1], [2, 3, 3, -1], [RIGHT, LEFT, RIGHT, NO_SIDE]
    )
    ids = np.array([40, 20, 10, 30])[tree.row]
    by_id = dict(zip(ids.tolist(), range(4), strict=True))

    assert found.left[by_id[30]] == by_id[20]
    assert found.right[by_id[30]] == by_id[10]
    assert found.right[by_id[10]] == by_id[40]
    assert found.left[by_id[10]] == NOWHERE
    values = np.zeros(4, dtype=np.int64)
    for one, value in ((30, 1000), (10, 100), (20, 10), (40, 1)):
        values[by_id[one]] = value
    left, right = found.leg_sums(values)
    assert (left[by_id[30]], right[by_id[30]]) == (10, 101)
    assert (left[by_id[10]], right[by_id[10]]) == (0, 1)
    assert (left[by_id[40]], right[by_id[40]]) == (0, 0)
    assert left.dtype == right.dtype == np.int64


def test_who_is_not_placed_stands_alone():
    _, found = placed([1, 2, 3], [-1, 0, 1], [-1, -1, -1], [NO_SIDE] * 3)

    left, right = found.leg_sums(np.array([1, 2, 4]))

    assert left.tolist() == right.tolist() == [0, 0, 0]
    assert found.tree.sponsor.tolist() == [NOWHERE] * 3


def test_a_leg_takes_one_person():
    with pytest.raises(EngineError, match="member 7: two people are placed in the right leg"):
        placed([7, 8, 9], [-1, 0, 0], [-1, 0, 0], [NO_SIDE, RIGHT, RIGHT])
    with pytest.raises(EngineError, match="member 8: two people are placed in the left leg"):
        placed([7, 8, 9, 10], [-1, 0, 0, 0], [-1, 0, 1, 1], [NO_SIDE, LEFT, LEFT, LEFT])


def test_a_circle_of_placements_is_refused():
    with pytest.raises(EngineError, match="member 7 is among the own uplines"):
        placed([7, 8], [-1, 0], [1, 0], [LEFT, LEFT])


def test_nobody_has_no_placement():
    _, found = placed([], [], [], [])

    assert len(found.tree) == len(found.left) == len(found.right) == 0


@pytest.mark.parametrize("placement", [-2, 2])
def test_a_placement_names_a_member(placement):
    with pytest.raises(EngineError, match="member 8: the placement is not among the members"):
        Members.of([7, 8], [-1, 0], placement=[-1, placement], side=[NO_SIDE, LEFT])


@pytest.mark.parametrize(
    ("placement", "side"), [(-1, LEFT), (-1, RIGHT), (0, NO_SIDE), (0, 2), (0, -2)]
)
def test_a_placement_and_a_side_come_together(placement, side):
    with pytest.raises(EngineError, match="member 8: a placement has a side, left or right"):
        Members.of([7, 8], [-1, 0], placement=[-1, placement], side=[NO_SIDE, side])

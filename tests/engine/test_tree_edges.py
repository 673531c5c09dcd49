"""Order, types and limits of the tree."""

from __future__ import annotations

import numpy as np
import pytest

from compensation.engine import EngineError, Members
from compensation.engine.tree import MOST_MEMBERS, build_tree, count_above, nearest_above


class Many(Members):
    """Members that claim to be as many as one likes."""

    def __len__(self):
        return MOST_MEMBERS + 1


def test_two_roots_stand_in_the_order_of_their_ids():
    assert build_tree(Members.of([8, 7], [-1, -1])).row.tolist() == [1, 0]
    assert build_tree(Members.of([7, 8], [-1, -1])).row.tolist() == [0, 1]
    assert build_tree(Members.of([9, 7, 8], [-1, 0, 0])).row.tolist() == [0, 1, 2]
    assert build_tree(Members.of([9, 8, 7], [-1, 0, 0])).row.tolist() == [0, 2, 1]


def test_positions_are_whole_numbers_of_their_width():
    for members in (Members.of([], []), Members.of([2, 1, 3], [-1, 0, 0])):
        tree = build_tree(members)
        counted = np.ones(len(tree), dtype=np.bool_)

        assert tree.depth.dtype == np.int32
        for column in (
            tree.row,
            tree.position,
            tree.sponsor,
            tree.end,
            tree.counted_above(counted),
            tree.nearest_above(counted),
            tree.subtree_sums(tree.row),
            tree.child_sums(tree.row),
        ):
            assert column.dtype == np.int64
            assert len(column) == len(tree)


def test_more_members_than_the_engine_takes_are_refused_before_anything_is_built():
    few = Members.of([1], [-1])
    many = Many(*(getattr(few, name) for name in Members.__dataclass_fields__))

    with pytest.raises(EngineError, match=f"{MOST_MEMBERS + 1} members are more than"):
        build_tree(many)


def test_uplines_are_counted_and_found_in_a_part_of_the_tree():
    # Positions 0 to 4: 1 and 4 below 0, 2 and 3 below 1.
    end, sponsor = np.array([5, 4, 3, 4, 5]), np.array([-1, 0, 1, 1, 0])
    some = np.array([True, False, True, False, True])

    assert count_above(end, some).tolist() == [0, 1, 1, 1, 1]
    assert count_above(end, ~some).tolist() == [0, 0, 1, 1, 0]
    assert nearest_above(sponsor, some).tolist() == [-1, 0, 0, 0, 0]
    assert nearest_above(sponsor, ~some).tolist() == [-1, -1, 1, 1, -1]
    assert sponsor.tolist() == [-1, 0, 1, 1, 0]

"""The benchmark's tree has the demo company's shape at any size."""

import numpy as np
import pytest

from bench.shape import grow, handful, level_sizes


@pytest.mark.parametrize("size", [2_000, 10_000, 100_000])
def test_shape_holds(size):
    tree = grow(size, np.random.default_rng(7))

    children = np.bincount(tree.sponsor[1:], minlength=size)
    assert len(tree.sponsor) == size == sum(level_sizes(size))
    assert round(100 * np.count_nonzero(children == 0) / size) in (66, 67)
    assert np.median(tree.depth) == 8
    assert 30 <= children.max() <= 40
    assert (tree.depth[1:] == tree.depth[tree.sponsor[1:]] + 1).all()


def test_preorder_puts_each_subtree_into_one_stretch():
    tree = grow(2_000, np.random.default_rng(7))

    assert sorted(tree.place.tolist()) == list(range(2_000))
    for member in range(1, 2_000):
        above = tree.sponsor[member]
        assert tree.place[above] < tree.place[member] < tree.end[member] <= tree.end[above]
    subtree = {m for m in range(2_000) if tree.place[5] <= tree.place[m] < tree.end[5]}
    walked = set()
    for member in range(2_000):
        at = member
        while at not in (5, -1):
            at = int(tree.sponsor[at])
        if at == 5:
            walked.add(member)
    assert subtree == walked


def test_too_small_a_size_is_refused():
    with pytest.raises(ValueError, match="size 999"):
        grow(999, np.random.default_rng(7))


def test_company_of_ten_has_three_below_each():
    tree = handful(10)

    assert tree.sponsor.tolist() == [-1, 0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert tree.depth.tolist() == [0, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    assert tree.place.tolist() == [0, 1, 5, 9, 2, 3, 4, 6, 7, 8]
    assert (tree.end - tree.place).tolist() == [10, 4, 4, 1, 1, 1, 1, 1, 1, 1]

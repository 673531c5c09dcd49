"""Who is counted below everybody, followed while more people become of a kind."""

from __future__ import annotations

import numpy as np
import pytest

from compensation.engine.people import FEW, Counting
from compensation.engine.tree import Tree, build_tree
from compensation.engine.types import Bool
from tests.engine.worlds import random_members


def tree_of(seed: int, size: int, shape: str) -> Tree:
    return build_tree(random_members(np.random.default_rng(seed), size, shape))


def counted(tree: Tree, what: str, of_kind: Bool) -> list[int]:
    """Count one by one."""
    found = [0] * len(tree)
    for position in range(len(tree)):
        for direct in np.flatnonzero(tree.sponsor == position).tolist():
            leg = (
                slice(direct, int(tree.end[direct]))
                if what == "legs"
                else slice(direct, direct + 1)
            )
            found[position] += bool(of_kind[leg].any())
    return found


@pytest.mark.parametrize("what", ["directs", "legs"])
@pytest.mark.parametrize("shape", ["random", "chain", "star"])
@pytest.mark.parametrize("step", [1, 3, 40])
def test_counts_follow_and_say_whose_rise(what: str, shape: str, step: int) -> None:
    tree = tree_of(step, 120, shape)
    chance = np.random.default_rng(7)
    of_kind = chance.random(len(tree)) < 0.1
    counting = Counting(tree, what, of_kind)
    assert counting.counts.tolist() == counted(tree, what, of_kind)
    assert (step * FEW > len(tree)) == (step == 40)

    for _ in range(6):
        people = chance.permutation(np.flatnonzero(~of_kind))[:step]
        before = counting.counts.copy()
        of_kind[people] = True

        risen = counting.add(people)

        assert counting.counts.tolist() == counted(tree, what, of_kind)
        assert counting.of_kind.tolist() == of_kind.tolist()
        assert risen.tolist() == np.flatnonzero(counting.counts != before).tolist()


def test_whoever_is_given_stays_as_he_was() -> None:
    tree = tree_of(1, 30, "random")
    nobody = np.zeros(30, dtype=np.bool_)

    Counting(tree, "legs", nobody).add(np.array([29]))

    assert not nobody.any()

"""Legs that have reached the top and leave. Rules: docs/plan/differential.md."""

from __future__ import annotations

import numpy as np

from compensation.engine.arrays import as_numbers, column
from compensation.engine.tree import Tree
from compensation.engine.types import Bool, Int


def broken_away(tree: Tree, personal_bv: Int, top: int) -> tuple[Int, Bool]:
    """Give everybody's group volume without the legs that have broken away, and who has.

    Who reaches ``top`` (hundredths, not negative) by that volume breaks away. Whoever does so has
    at least ``top`` in the whole group as well: what has left below was not less than nought. So
    only people whose whole group reaches the top are folded, from the leaves upwards, and those
    above them. It is one plain walk over them: a volume that is set back to nought at the top is
    no prefix sum.
    """
    whole = tree.subtree_sums(personal_bv)
    broken = np.zeros(len(tree), dtype=np.bool_)
    able = tree.subtree_sums(as_numbers(whole >= top)) > 0
    candidate = np.flatnonzero(able)
    if len(candidate) == 0:
        return whole, broken
    # Volume that has left below each candidate, as far as it is known; nobody stands last.
    place_of = np.full(len(tree) + 1, len(candidate))
    place_of[candidate] = np.arange(len(candidate))
    above = place_of[tree.nearest_above(able)[candidate]].tolist()
    volumes = whole[candidate].tolist()
    gone = [0] * (len(candidate) + 1)
    left = []
    for place in range(len(candidate) - 1, -1, -1):
        if volumes[place] - gone[place] >= top:
            left.append(place)
            gone[above[place]] += volumes[place]
        else:
            gone[above[place]] += gone[place]
    broken[candidate[left]] = True
    group = whole.copy()
    group[candidate] -= column(gone[:-1])
    return group, broken

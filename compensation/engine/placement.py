"""The placement tree: left and right legs, by position in the sponsor tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compensation.engine.tree import NOWHERE, Tree, build_tree
from compensation.engine.types import EngineError, Int, Members


@dataclass(frozen=True, slots=True)
class Placement:
    """Who stands below whom in the placement tree; arrays by position in the sponsor tree."""

    left: Int
    """Position of the left child, -1 for nobody."""
    right: Int
    """Position of the right child, -1 for nobody."""
    tree: Tree
    """The placement tree in its own pre-order.

    Its ``row`` are positions in the sponsor tree, its ``position`` says where each of those
    stands. Members without a placement are roots.
    """

    def leg_sums(self, values: Int) -> tuple[Int, Int]:
        """Sum ``values`` over everybody in each one's left leg, and in the right one.

        ``values`` and sums are by position in the sponsor tree. The caller has checked that sums
        over all members fit into 64 bits.
        """
        below = self.tree.subtree_sums(values[self.tree.row])[self.tree.position]
        padded = np.append(below, 0)  # -1 is nobody
        return padded[self.left], padded[self.right]


def place(members: Members, tree: Tree) -> Placement:
    """Build the placement tree of members.

    :raises EngineError: if two people have the same place, or placements form a cycle.
    """
    n = len(tree)
    row = members.placement[tree.row]
    parent = np.where(row >= 0, tree.position[row], NOWHERE) if n else row
    side = members.side[tree.row]
    legs = []
    for leg in (0, 1):
        child = np.flatnonzero((parent >= 0) & (side == leg))
        taken = np.bincount(parent[child], minlength=n)
        if n and int(taken.max()) > 1:
            above = int(members.ids[tree.row[int(np.argmax(taken))]])
            name = ("left", "right")[leg]
            raise EngineError(f"member {above}: two people are placed in the {name} leg")
        found = np.full(n, NOWHERE)
        found[parent[child]] = child
        legs.append(found)
    people = Members.of(members.ids[tree.row], parent)
    return Placement(left=legs[0], right=legs[1], tree=build_tree(people))

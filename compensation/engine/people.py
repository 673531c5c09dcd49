"""How many people of a kind stand below everybody. Rules: docs/plan/requirements.md."""

from __future__ import annotations

import numpy as np

from compensation.engine.arrays import as_numbers
from compensation.engine.tree import Tree
from compensation.engine.types import Bool, Int

FEW = 16
"""With fewer than one in so many, going up from each is quicker than counting anew."""


class Counting:
    """Counts directs, or legs, with people of a kind; follows while more people become so."""

    def __init__(self, tree: Tree, what: str, of_kind: Bool) -> None:
        self._tree = tree
        self._legs = what == "legs"
        self.of_kind = of_kind.copy()
        self._count()

    def _count(self) -> None:
        people = as_numbers(self.of_kind)
        if self._legs:
            people = as_numbers(self._tree.subtree_sums(people) > 0)
        self._heads = people > 0
        """Who is counted by his sponsor."""
        self.counts: Int = self._tree.child_sums(people)

    def add(self, people: Int) -> Int:
        """Let people become of the kind who were not; give the positions whose count rises."""
        self.of_kind[people] = True
        if len(people) * FEW > len(self.counts):
            before = self.counts
            self._count()
            return np.flatnonzero(self.counts != before)
        risen = [np.zeros(0, dtype=np.int64)]
        while len(people):
            people = np.unique(people[~self._heads[people]])
            self._heads[people] = True
            above = self._tree.sponsor[people]
            above = above[above >= 0]
            np.add.at(self.counts, above, 1)
            risen.append(above)
            people = above if self._legs else above[:0]
        return np.unique(np.concatenate(risen))

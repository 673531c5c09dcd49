"""The sponsor tree in pre-order, built from sponsor rows by array passes.

The shape of the tree does not matter for the time: the tour around the tree (down into each
member, up again after the downline) is a linked list, and its places are found by walking many
stretches of that list at once. A chain of 100,000 and a star of 1,000,000 cost what a random tree
of the same size costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compensation.engine.types import Bool, EngineError, Int, Int32, Members

NOWHERE = -1
MOST_MEMBERS = 2**31 - 2
"""Two 32-bit counts are packed into one 64-bit number while the tour is walked."""
STRETCH_BITS = 6
"""One element of the tour in 2**6 begins a stretch."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Members in pre-order; arrays of n elements by position.

    Siblings and roots stand in the order of their ids, so the positions do not depend on the
    order of the input rows.
    """

    row: Int
    """Row of ``Members`` at each position."""
    position: Int
    """Position of each row (the inverse of ``row``)."""
    sponsor: Int
    """Position of the sponsor, -1 for roots."""
    end: Int
    """First position behind the downline."""
    depth: Int32
    """Number of uplines."""

    def __len__(self) -> int:
        return len(self.row)

    def subtree_sums(self, values: Int) -> Int:
        """Sum ``values`` over each member and the whole downline.

        The caller has checked that sums over all members fit into 64 bits.
        """
        running = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(values)))
        return running[self.end] - running[:-1]

    def child_sums(self, values: Int) -> Int:
        """Sum ``values`` over each member's directs."""
        sums = np.zeros(len(self), dtype=np.int64)
        below = self.sponsor >= 0
        np.add.at(sums, self.sponsor[below], values[below])
        return sums

    def counted_above(self, counted: Bool) -> Int:
        """Count, for each member, the uplines for which ``counted`` is true."""
        n = len(self)
        change = np.zeros(n + 1, dtype=np.int64)
        change[1:][counted] += 1
        change -= np.bincount(self.end[counted], minlength=n + 1)
        return np.cumsum(change[:-1])

    def nearest_above(self, counted: Bool) -> Int:
        """Give, for each member, the position of the nearest upline with ``counted``, or -1.

        Pointers double their reach in each round, so a run of n passed-over members takes
        log2(n) rounds.
        """
        above = self.sponsor.copy()
        open_ones = np.flatnonzero(above >= 0)
        while True:
            target = above[open_ones]
            unresolved = ~counted[target]
            open_ones, target = open_ones[unresolved], target[unresolved]
            if len(open_ones) == 0:
                return above
            above[open_ones] = above[target]
            open_ones = open_ones[above[open_ones] >= 0]


def build_tree(members: Members) -> Tree:
    """Put members into pre-order.

    :raises EngineError: if sponsors form a cycle (a member on it is named), or there are too
        many members.
    """
    n = len(members)
    if n > MOST_MEMBERS:
        raise EngineError(f"{n} members are more than the engine takes ({MOST_MEMBERS})")
    if n == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Tree(nothing, nothing, nothing, nothing, nothing.astype(np.int32))
    by_id, sponsor = _in_order_of_ids(members)
    tour, head = _tour(sponsor)
    downs, steps = _places(tour, head, n)
    unreached = downs < 0
    if unreached.any():
        culprit = _on_a_cycle(sponsor, unreached[:n])
        raise EngineError(
            f"member {int(members.ids[by_id[culprit]])} is among the own uplines (a cycle of "
            "sponsors)"
        )
    place = downs[:n]
    row = np.empty(n, dtype=np.int64)
    row[place] = by_id
    position = np.empty(n, dtype=np.int64)
    position[by_id] = place
    above = np.empty(n, dtype=np.int64)
    above[place] = np.where(sponsor >= 0, place[sponsor], NOWHERE)
    end = np.empty(n, dtype=np.int64)
    end[place] = downs[n:]
    depth = np.empty(n, dtype=np.int32)
    depth[place] = 2 * place - steps[:n]
    return Tree(row=row, position=position, sponsor=above, end=end, depth=depth)


def _in_order_of_ids(members: Members) -> tuple[Int, Int]:
    """Give the rows in the order of their ids, and the sponsors renumbered to that order."""
    n = len(members)
    if n < 2 or bool((members.ids[1:] > members.ids[:-1]).all()):
        return np.arange(n), members.sponsor
    by_id = np.argsort(members.ids)
    rank = np.empty(n, dtype=np.int64)
    rank[by_id] = np.arange(n)
    sponsor = members.sponsor[by_id]
    return by_id, np.where(sponsor >= 0, rank[sponsor], NOWHERE)


def _tour(sponsor: Int) -> tuple[Int, int]:
    """Link the tour around the tree: element v is "down into v", element n + v "up from v".

    Gives the successor of each element (2n stands for the end) and the first element, -1 if
    there is no root.
    """
    n = len(sponsor)
    bits = int(n).bit_length()
    key = ((sponsor + 1) << bits) | np.arange(n)
    key.sort()
    child = key & ((1 << bits) - 1)
    parent = (key >> bits) - 1
    starts = np.empty(n, dtype=np.bool_)
    starts[0] = True
    np.not_equal(parent[1:], parent[:-1], out=starts[1:])
    tour = np.empty(2 * n + 1, dtype=np.int64)
    tour[:n] = np.arange(n, 2 * n)  # without a child: straight up again
    first = np.flatnonzero(starts)
    with_child = first[parent[first] >= 0]
    tour[parent[with_child]] = child[with_child]
    tour[n : 2 * n] = np.where(sponsor >= 0, sponsor + n, 2 * n)  # the last child: up to the parent
    younger = np.flatnonzero(~starts)
    tour[child[younger - 1] + n] = child[younger]
    tour[2 * n] = 2 * n
    return tour, int(child[0]) if parent[0] < 0 else NOWHERE


def _places(tour: Int, head: int, n: int) -> tuple[Int, Int]:
    """Give for each element the downs before it and the steps before it; -1 if never reached."""
    length = 2 * n
    unreached = np.full(length, -1, dtype=np.int64)
    if head == NOWHERE:
        return unreached, unreached
    # Multiplying by an odd constant scatters the beginnings, whatever order the ids are in.
    scattered = np.arange(length, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    begins = np.zeros(length + 1, dtype=np.bool_)
    begins[:length] = (scattered >> np.uint64(64 - STRETCH_BITS)) == 0
    begins[head] = True
    begins[length] = True
    heads = np.flatnonzero(begins[:length])
    stretches = len(heads)
    number = np.full(length + 1, stretches, dtype=np.int64)
    number[heads] = np.arange(stretches)

    owner = np.full(length, stretches, dtype=np.int32)
    within = np.zeros(length, dtype=np.int64)  # downs << 32 | steps since the stretch began
    following = np.full(stretches + 1, stretches, dtype=np.int64)
    amount = np.zeros(stretches + 1, dtype=np.int64)
    walker, here = np.arange(stretches, dtype=np.int32), heads
    walked = np.zeros(stretches, dtype=np.int64)
    down = np.int64((1 << 32) + 1)
    up = np.int64(1)
    while len(here):
        owner[here] = walker
        within[here] = walked
        walked = walked + np.where(here < n, down, up)
        here = tour[here]
        ended = begins[here]
        if ended.any():
            done = walker[ended]
            following[done] = number[here[ended]]
            amount[done] = walked[ended]
            going = ~ended
            walker, here, walked = walker[going], here[going], walked[going]

    # From the far end: how much of the tour lies at and behind each stretch.
    for _ in range(int(stretches).bit_length() + 1):
        amount = amount + amount[following]
        following = following[following]
    first = int(number[head])
    before = amount[first] - amount
    circular = following != stretches
    circular[stretches] = True  # elements that no walker came to
    place = before[owner] + within
    place[circular[owner]] = -1
    downs = place >> 32
    steps = place & 0xFFFFFFFF
    return downs, steps


def _on_a_cycle(sponsor: Int, unreached: Bool) -> int:
    """Name a member that is its own upline: after n steps up, everyone unreached is on a cycle."""
    ahead = np.where(unreached, sponsor, np.arange(len(sponsor)))
    for _ in range(len(sponsor).bit_length()):
        ahead = ahead[ahead]
    return int(ahead[unreached].min())

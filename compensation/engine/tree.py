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
MOST_MEMBERS = 2**30 - 1
"""Two 32-bit numbers are packed into one of 64 bits while the tour is walked."""
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
        return count_above(self.end, counted)

    def nearest_above(self, counted: Bool) -> Int:
        """Give, for each member, the position of the nearest upline with ``counted``, or -1.

        Pointers double their reach in each round, so a run of n passed-over members takes
        log2(n) rounds.
        """
        return nearest_above(self.sponsor, counted)


def nearest_above(sponsor: Int, counted: Bool) -> Int:
    """Give the position of everybody's nearest upline with ``counted``, or -1.

    ``sponsor`` are positions in the same arrays, -1 for nobody above.
    """
    above = sponsor.copy()
    undecided = np.flatnonzero(above >= 0)
    while True:
        target = above[undecided]
        passing = ~counted[target]
        undecided, target = undecided[passing], target[passing]
        if len(undecided) == 0:
            return above
        target = above[target]
        above[undecided] = target
        undecided = undecided[target >= 0]


def count_above(end: Int, counted: Bool) -> Int:
    """Count, for each of consecutive positions from 0, the uplines with ``counted``.

    ``end`` are the exclusive ends of their downlines, none beyond the last position.
    """
    change = np.zeros(len(end) + 1, dtype=np.int64)
    change[1:][counted] = 1
    change -= np.bincount(end[counted], minlength=len(end) + 1)
    return np.cumsum(change[:-1])


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
    step = _places(tour, head)
    if step is None:
        raise EngineError(
            f"member {int(members.ids[by_id[_on_a_cycle(sponsor)]])} is among the own uplines "
            "(a cycle of sponsors)"
        )
    downs = np.zeros(2 * n, dtype=np.bool_)
    downs[step[:n]] = True
    place = np.cumsum(downs)[step[:n]] - 1
    row = np.empty(n, dtype=np.int64)
    row[place] = by_id
    position = np.empty(n, dtype=np.int64)
    position[by_id] = place
    above = np.empty(n, dtype=np.int64)
    above[place] = np.append(place, NOWHERE)[sponsor]
    end = np.empty(n, dtype=np.int64)
    end[place] = place + (step[n:] - step[:n]) // 2 + 1  # a downline is two steps a member
    depth = np.empty(n, dtype=np.int32)
    depth[place] = 2 * place - step[:n]
    return Tree(row=row, position=position, sponsor=above, end=end, depth=depth)


def _in_order_of_ids(members: Members) -> tuple[Int, Int]:
    """Give the rows in the order of their ids, and the sponsors renumbered to that order."""
    n = len(members)
    if bool((members.ids[1:] > members.ids[:-1]).all()):
        return np.arange(n), members.sponsor
    by_id = np.argsort(members.ids)
    rank = np.empty(n, dtype=np.int64)
    rank[by_id] = np.arange(n)
    sponsor = members.sponsor[by_id]
    return by_id, np.where(sponsor >= 0, rank[sponsor], NOWHERE)


def _tour(sponsor: Int) -> tuple[Int, int]:
    """Link the tour around the tree: element v is "down into v", element n + v "up from v".

    Gives the successor of each element (2n stands for the end) and the first element; without a
    root none leads to the end. No two elements have the same successor, so what does not lead to
    the end goes round in circles.
    """
    n = len(sponsor)
    bits = n.bit_length()
    key = sponsor + 1
    key <<= bits
    key |= np.arange(n)
    key.sort()
    child = key & ((1 << bits) - 1)
    key >>= bits
    key -= 1  # the sponsor of each child
    starts = np.empty(n, dtype=np.bool_)
    starts[0] = True
    np.not_equal(key[1:], key[:-1], out=starts[1:])
    tour = np.empty(2 * n, dtype=np.int64)
    tour[:n] = np.arange(n, 2 * n)  # without a child: straight up again
    first = np.flatnonzero(starts)
    first = first[key[first] >= 0]
    tour[key[first]] = child[first]
    up = tour[n:]
    np.add(sponsor, n, out=up)  # the last child: up to the sponsor
    up[sponsor < 0] = 2 * n
    younger = np.flatnonzero(~starts)
    up[child[younger - 1]] = child[younger]
    return tour, int(child[0])


def _places(following: Int, head: int) -> Int | None:
    """Give the place of each element in the list from ``head``; ``None`` if one is not on it.

    The end is one place behind ``following``.
    """
    n = len(following)
    # Multiplying by an odd constant scatters the beginnings, whatever order the ids are in.
    scattered = np.arange(n, dtype=np.uint32)
    scattered *= np.uint32(0x9E3779B1)
    begins = np.empty(n + 1, dtype=np.bool_)
    np.less(scattered, np.uint32(1 << (32 - STRETCH_BITS)), out=begins[:n])
    begins[head] = True
    begins[n] = True
    heads = np.flatnonzero(begins)
    stretches = len(heads) - 1  # the end is the last of them

    seen = np.zeros(n, dtype=np.int64)  # (stretch + 1) << 32 | steps since it began
    behind = np.full(stretches + 1, stretches)
    length = np.zeros(stretches + 1, dtype=np.int64)
    walker, here, steps = np.arange(stretches), heads[:-1], 0
    code = (walker + 1) << 32
    while len(here):
        seen[here] = code
        steps += 1
        here = following[here]
        code += 1
        ended = begins[here]
        if ended.any():
            done = walker[ended]
            behind[done] = here[ended]
            length[done] = steps
            going = ~ended
            walker, here, code = walker[going], here[going], code[going]
    behind[:-1] = np.searchsorted(heads, behind[:-1])

    # From the far end: how much of the list lies at and behind each stretch.
    for _ in range(stretches.bit_length()):
        length += length[behind]
        behind = behind[behind]
    if bool((behind != stretches).any()) or int(seen.min()) == 0:
        return None
    before = length[int(np.searchsorted(heads, head))] - length
    place: Int = before[(seen >> 32) - 1]
    seen &= 0xFFFFFFFF
    place += seen
    return place


def _on_a_cycle(sponsor: Int) -> int:
    """Name the lowest member that is its own upline: n steps up lead to one, or to the top."""
    n = len(sponsor)
    ahead = np.append(np.where(sponsor >= 0, sponsor, n), n)
    for _ in range(n.bit_length()):
        ahead = ahead[ahead]
    return int(ahead[ahead < n].min())

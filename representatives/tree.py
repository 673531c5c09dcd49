"""Labels of the referral tree: the numbers, with no database behind them.

A node's interval (lft, rght) holds the intervals of its downline. Labels lie in 1 … LAST_LABEL
with gaps, so that an enrolment takes free labels and moves nobody. When a stretch is full, the
smallest aligned window of 2^i labels less than 0.75^i full is spread evenly (order maintenance,
after Dietz, Sleator and Bender). Nothing here recurses.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

TREE_ID = 1
FIRST_LABEL = 1
LABEL_BITS = 60
LAST_LABEL = 2**LABEL_BITS - 1
ENROLMENT_STEP = 2**20


def step_within(*, free: int, labels: int, step_limit: int) -> int:
    """Return the distance between labels when `labels` of them go into `free` unused ones.

    They take two thirds of the stretch at most, so that the next comer finds room; one
    enrolment (two labels) thus steps a third of the gap. 0 means that the stretch is full: fewer
    than `labels` + 1 are free.
    """
    if free <= labels:
        return 0
    return max(1, min(step_limit, free * 2 // (3 * labels)))


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of labels `low` … `high` to be spread, and the labels in use there, sorted."""

    low: int
    high: int
    used: Sequence[int]


def find_window(
    used: Sequence[int], *, point: int, wanted: int, known_low: int, known_high: int
) -> Window | None:
    """Return the smallest aligned window around `point` with room for `wanted` more labels.

    `used` are the labels in use between `known_low` and `known_high`, sorted, without those of
    the root, which never move. None means that the window reaches beyond what is known.

    :raises OverflowError: if no window of the whole label space has room.
    """
    for bits in range(2, LABEL_BITS + 1):
        start = point >> bits << bits
        low = max(start, FIRST_LABEL + 1)
        high = min(start + (1 << bits) - 1, LAST_LABEL - 1)
        if low < known_low or high > known_high:
            return None
        inside = used[bisect_left(used, low) : bisect_right(used, high)]
        needed = len(inside) + wanted
        # Fewer than 0.75^bits of 2^bits labels, in integers: needed < 1.5^bits.
        if needed << bits < 3**bits and needed + 2 <= high - low + 1:
            return Window(low, high, inside)
    raise OverflowError("The label space of the referral tree is used up.")


def spread(window: Window, *, point: int, wanted: int) -> list[int]:
    """Return new labels for those in use in the window, evenly, with a gap before `point`.

    The gap has room for `wanted` labels and as much again as a quarter of the window's labels
    take, since where one member enrols the next often does.
    """
    count = len(window.used)
    room = window.high - window.low + 1
    gap = min(max(wanted + 1, count // 4), room - count - 1)
    ahead = bisect_left(window.used, point)
    slots = count + gap + 1
    return [
        window.low + (index + 1 + (gap if index >= ahead else 0)) * room // slots
        for index in range(count)
    ]


def find_cyclic(parent: Ints) -> Ints:
    """Return the positions on a cycle, sorted; whoever is below one is not among them.

    By pointer jumping: the work is n log n whatever the depth. A top has the parent −1.
    """
    count = len(parent)
    ancestor = np.append(parent, -1)  # position −1 is the entry added: its own ancestor
    steps = 1
    while steps <= count:
        ancestor = ancestor[ancestor]
        steps *= 2
    # After more steps than there are members each walk has passed its top, or is on a cycle.
    return np.unique(ancestor[ancestor != -1])


@dataclass(frozen=True, slots=True)
class Tour:
    """Ranks of a depth-first walk: `opens` and `closes` count 0 … 2n−1, `depth` from 0 at a top."""

    opens: Ints
    closes: Ints
    depth: Ints


def walk(parent: Ints) -> Tour:
    """Return the depth-first walk of a forest given by parent positions (−1 at a top).

    Siblings keep the order of their positions. The walk is a linked list of openings and
    closings, ranked by pointer jumping: n log n for a chain and for a star alike.

    The forest must be free of cycles (`find_cyclic`).
    """
    count = len(parent)
    if count == 0:
        empty = np.zeros(0, dtype=np.int64)
        return Tour(empty, empty, empty)
    successor = _successors(parent)
    end = 2 * count
    # Distance of each step of the walk to the end of the list.
    distance = np.ones(end + 1, dtype=np.int64)
    distance[end] = 0
    steps = 1
    while steps <= end:
        distance += distance[successor]
        successor = successor[successor]
        steps *= 2
    rank = end - distance[:end]
    opens, closes = rank[:count], rank[count:]
    turn = np.empty(end, dtype=np.int64)
    turn[opens] = 1
    turn[closes] = -1
    return Tour(opens, closes, np.cumsum(turn)[opens] - 1)


def _successors(parent: Ints) -> Ints:
    """Return for each opening (0 … n−1) and closing (n … 2n−1) the next one; 2n is the end."""
    count = len(parent)
    order = np.argsort(parent, kind="stable")
    sorted_parent = parent[order]
    first_of_family = np.ones(count, dtype=bool)
    first_of_family[1:] = sorted_parent[1:] != sorted_parent[:-1]

    successor = np.empty(2 * count + 1, dtype=np.int64)
    successor[2 * count] = 2 * count
    # After an opening comes the first child's opening, or the node's own closing.
    successor[:count] = np.arange(count, 2 * count)
    heads = order[first_of_family]
    head_parents = sorted_parent[first_of_family]
    with_parent = head_parents >= 0
    successor[head_parents[with_parent]] = heads[with_parent]
    # After a closing comes the next sibling's opening, or the parent's closing, or the end.
    successor[count : 2 * count] = np.where(parent >= 0, parent + count, 2 * count)
    has_next = ~first_of_family[1:]
    successor[order[:-1][has_next] + count] = order[1:][has_next]
    return successor


def labels_of_whole_tree(tour: Tour) -> tuple[Ints, Ints]:
    """Return (lft, rght) of a tree with one root, spread evenly over the whole label space.

    The root takes the first and the last label, the others multiples of one step between them.
    """
    count = len(tour.opens)
    step = (LAST_LABEL - FIRST_LABEL) // max(2 * count - 1, 1)
    lft = FIRST_LABEL + tour.opens * step
    rght = FIRST_LABEL + tour.closes * step
    rght[tour.closes == 2 * count - 1] = LAST_LABEL
    return lft, rght

"""The referral tree of the benchmark: two thirds leaves, median depth 8, front lines up to 40.

The same shape as the demo company's, at any size. Members are numbered level by level, the top
is 0; everything is drawn from one seeded generator, array-wise.
"""

from dataclasses import dataclass

import numpy as np

MEDIAN_DEPTH = 8
FRONT_LINE_AT_MOST = 40
#: Fewer members can't have the shape.
SHAPED_FROM = 1_000
#: The front line of everybody in a company of a few.
HANDFUL_FRONT_LINE = 3
#: Share of the members at most MEDIAN_DEPTH below the top.
UPPER_SHARE = 0.62
#: Below that each level has so much of the one above.
DECAY = 0.72
#: Share of the members above MEDIAN_DEPTH who sponsored somebody.
UPPER_SPONSORS = 0.65


@dataclass(frozen=True, slots=True)
class Tree:
    """Sponsor index (-1 at the top) and depth per member; pre-order place and subtree end."""

    sponsor: np.ndarray
    depth: np.ndarray
    place: np.ndarray
    end: np.ndarray


def grow(size: int, rng: np.random.Generator) -> Tree:
    """Return a tree of ``size`` members.

    :raises ValueError: if ``size`` is too small for the shape.
    """
    if size < SHAPED_FROM:
        raise ValueError(f"size {size}: the shape needs {SHAPED_FROM:,} members or more")
    levels = level_sizes(size)
    sponsors = _sponsors_per_level(levels, size)
    sponsor = np.full(size, -1, dtype=np.int64)
    depth = np.zeros(size, dtype=np.int64)
    first, below = 0, 1
    for at in range(len(levels) - 1):
        parents = first + np.sort(rng.permutation(levels[at])[: sponsors[at]])
        counts = _front_lines(levels[at + 1], len(parents), rng)
        sponsor[below : below + levels[at + 1]] = np.repeat(parents, counts)
        depth[below : below + levels[at + 1]] = at + 1
        first, below = below, below + levels[at + 1]
    place, end = preorder(sponsor, depth)
    return Tree(sponsor, depth, place, end)


def handful(size: int) -> Tree:
    """Return a tree of a few members, three below each, for what must not grow with the company."""
    number = np.arange(size)
    sponsor = np.where(number == 0, -1, (number - 1) // HANDFUL_FRONT_LINE)
    depth = np.zeros(size, dtype=np.int64)
    for member in range(1, size):
        depth[member] = depth[sponsor[member]] + 1
    return Tree(sponsor, depth, *preorder(sponsor, depth))


def level_sizes(size: int) -> list[int]:
    """Return the number of members per depth; they grow evenly to depth 8, then fade."""
    low, high = 1.05, 40.0
    for _ in range(80):
        growth = (low + high) / 2
        if sum(growth**d for d in range(MEDIAN_DEPTH + 1)) < UPPER_SHARE * size:
            low = growth
        else:
            high = growth
    levels = [max(1, round(low**d)) for d in range(MEDIAN_DEPTH + 1)]
    rest = size - sum(levels)
    nxt = rest * (1 - DECAY)
    while rest > 0:
        members = min(rest, max(1, round(nxt)))
        levels.append(members)
        rest -= members
        nxt *= DECAY
    return levels


def preorder(sponsor: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each member's place in pre-order and the exclusive end of the subtree's places.

    Members must come level by level, as :func:`grow` numbers them.
    """
    total = np.ones(len(sponsor), dtype=np.int64)
    bounds = np.searchsorted(depth, np.arange(int(depth[-1]) + 2))
    for level in range(int(depth[-1]), 0, -1):
        rows = slice(bounds[level], bounds[level + 1])
        np.add.at(total, sponsor[rows], total[rows])
    place = np.zeros(len(sponsor), dtype=np.int64)
    for level in range(1, int(depth[-1]) + 1):
        rows = slice(bounds[level], bounds[level + 1])
        parents = sponsor[rows]
        before = np.cumsum(total[rows]) - total[rows]
        starts = np.flatnonzero(np.concatenate([[True], np.diff(parents) != 0]))
        sizes = np.diff(np.append(starts, len(parents)))
        place[rows] = place[parents] + 1 + before - np.repeat(before[starts], sizes)
    return place, place + total


def _sponsors_per_level(levels: list[int], size: int) -> list[int]:
    """Return how many members per depth sponsored somebody: a third of all of them."""
    upper = []
    for depth, members in enumerate(levels[:MEDIAN_DEPTH]):
        children = levels[depth + 1]
        needed = -(-children // FRONT_LINE_AT_MOST)
        wished = max(1, needed, round(members * UPPER_SPONSORS))
        upper.append(min(members, children, wished))
    wanted = size // 3 - sum(upper)
    below = levels[MEDIAN_DEPTH + 1 :]
    share = wanted / sum(below)
    lower = [
        min(levels[MEDIAN_DEPTH + at], n, max(1, -(-n // FRONT_LINE_AT_MOST), round(n * share)))
        for at, n in enumerate(below)
    ]
    return upper + lower


def _front_lines(children: int, parents: int, rng: np.random.Generator) -> np.ndarray:
    """Share ``children`` out to ``parents``: each has one or more, a few have up to 40."""
    counts = np.ones(parents, dtype=np.int64)
    weight = rng.pareto(1.6, parents) + 0.05
    rest = children - parents
    while rest > 0:
        free = counts < FRONT_LINE_AT_MOST
        if not free.any():
            raise ValueError("more children than the front lines can hold")
        counts += rng.multinomial(rest, np.where(free, weight, 0) / weight[free].sum())
        np.minimum(counts, FRONT_LINE_AT_MOST, out=counts)
        rest = children - int(counts.sum())
    return counts

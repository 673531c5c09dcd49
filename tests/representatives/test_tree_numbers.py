"""Labels as numbers: the walk, the circles, the windows, without a database."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from representatives import tree


@st.composite
def forests(draw: st.DrawFn) -> list[int]:
    """Parents of a forest, in any row order."""
    count = draw(st.integers(1, 40))
    parents = [draw(st.integers(-1, at - 1)) for at in range(count)]
    order = draw(st.permutations(range(count)))
    place = {old: new for new, old in enumerate(order)}
    return [-1 if parents[old] < 0 else place[parents[old]] for old in order]


def walk_naively(parents: list[int]) -> list[tuple[int, int, int]]:
    """Return opening, closing and depth by walking with a stack."""
    children: dict[int, list[int]] = {}
    for at, parent in enumerate(parents):
        children.setdefault(parent, []).append(at)
    found = [(0, 0, 0)] * len(parents)
    opened: dict[int, tuple[int, int]] = {}
    stack = [(at, 0, False) for at in reversed(children.get(-1, []))]
    clock = 0
    while stack:
        at, depth, closing = stack.pop()
        if closing:
            found[at] = (opened[at][0], clock, opened[at][1])
        else:
            opened[at] = (clock, depth)
            stack.append((at, depth, True))
            stack += [(child, depth + 1, False) for child in reversed(children.get(at, []))]
        clock += 1
    return found


@given(forests())
def test_walk_equals_a_walk_with_a_stack(parents: list[int]) -> None:
    tour = tree.walk(np.array(parents, dtype=np.int64))

    assert list(zip(tour.opens, tour.closes, tour.depth, strict=True)) == walk_naively(parents)


@given(st.lists(st.integers(-1, 14), max_size=15))
def test_cyclic_are_those_who_come_back_to_themselves(wild: list[int]) -> None:
    parents = [parent if parent < len(wild) else -1 for parent in wild]

    found = tree.find_cyclic(np.array(parents, dtype=np.int64))

    expected = []
    for start in range(len(parents)):
        at = parents[start]
        for _ in parents:
            if at in (-1, start):
                break
            at = parents[at]
        if at == start:
            expected.append(start)
    assert found.tolist() == expected


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_walk_of_a_hundred_thousand(shape: str) -> None:
    count = 100_000
    parents = np.arange(-1, count - 1) if shape == "chain" else np.zeros(count, dtype=np.int64)
    parents[0] = -1

    tour = tree.walk(parents)
    lft, rght = tree.labels_of_whole_tree(tour)

    assert tour.depth.max() == (count - 1 if shape == "chain" else 1)
    assert len(np.unique(np.concatenate([lft, rght]))) == 2 * count
    assert lft.min() == tree.FIRST_LABEL
    assert rght.max() == tree.LAST_LABEL


def test_labels_of_a_lonely_root_are_all() -> None:
    lft, rght = tree.labels_of_whole_tree(tree.walk(np.array([-1])))

    assert (lft[0], rght[0]) == (1, tree.LAST_LABEL)


@given(
    st.sets(st.integers(2, 300), max_size=120),
    st.integers(2, 301),
    st.integers(1, 40),
)
def test_spread_keeps_order_and_makes_room(labels: set[int], point: int, wanted: int) -> None:
    used = sorted(labels | {point})

    window = tree.find_window(
        used, point=point, wanted=wanted, known_low=0, known_high=tree.LAST_LABEL
    )
    assert window is not None
    spread = tree.spread(window, point=point, wanted=wanted)

    assert all(low < high for low, high in pairwise(spread))
    assert all(window.low <= label <= window.high for label in spread)
    at = list(window.used).index(point)
    before = spread[at - 1] if at else window.low - 1
    assert spread[at] - before - 1 >= wanted + 1
    outside = [label for label in used if not window.low <= label <= window.high]
    assert not set(outside) & set(spread)


def test_window_beyond_what_is_known_asks_for_more() -> None:
    used = list(range(100, 200))

    assert tree.find_window(used, point=150, wanted=2, known_low=140, known_high=160) is None


@given(st.integers(0, 10**6), st.integers(1, 50), st.integers(1, 2**20))
def test_step_leaves_room_for_the_next(free: int, members: int, limit: int) -> None:
    step = tree.step_within(free=free, labels=2 * members, step_limit=limit)

    assert step <= limit
    if step == 0:
        assert free <= 2 * members
    else:
        assert free - 2 * members * step >= 1

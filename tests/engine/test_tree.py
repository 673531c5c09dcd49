"""The tree in pre-order: any shape, any order of rows, cycles and orphans named."""

import numpy as np
import pytest

from compensation.engine import EngineError, Members, sponsor_rows
from compensation.engine.tree import build_tree
from tests.engine.worlds import random_members


def walked(members: Members) -> tuple[list[int], list[int], list[int]]:
    """Walk the tree member by member: rows in pre-order, depths, ends."""
    below: dict[int, list[int]] = {}
    for row in np.argsort(members.ids).tolist():
        below.setdefault(int(members.sponsor[row]), []).append(row)
    rows: list[int] = []
    depths: list[int] = []
    ends: list[int] = []
    open_ones: list[tuple[int, int, bool]] = [(row, 0, False) for row in below.get(-1, [])[::-1]]
    places: dict[int, int] = {}
    while open_ones:
        row, depth, done = open_ones.pop()
        if done:
            ends[places[row]] = len(rows)
            continue
        places[row] = len(rows)
        rows.append(row)
        depths.append(depth)
        ends.append(0)
        open_ones.append((row, depth, True))
        open_ones.extend((child, depth + 1, False) for child in below.get(row, [])[::-1])
    return rows, depths, ends


@pytest.mark.parametrize("shape", ["random", "chain", "star"])
@pytest.mark.parametrize("size", [1, 2, 3, 17, 400])
@pytest.mark.parametrize("seed", range(4))
def test_tree_is_the_walk_member_by_member(shape: str, size: int, seed: int) -> None:
    chance = np.random.default_rng([seed, size])
    members = random_members(chance, size, shape)

    tree = build_tree(members)

    rows, depths, ends = walked(members)
    assert tree.row.tolist() == rows
    assert tree.depth.tolist() == depths
    assert tree.end.tolist() == ends
    assert tree.position[tree.row].tolist() == list(range(size))
    above = members.sponsor[tree.row]
    assert tree.sponsor.tolist() == [-1 if row < 0 else int(tree.position[row]) for row in above]


@pytest.mark.parametrize("seed", range(6))
def test_nearest_and_count_above_are_the_walk_upwards(seed: int) -> None:
    chance = np.random.default_rng(seed)
    tree = build_tree(random_members(chance, 200))
    counted = chance.random(200) < (0.1, 0.5, 0.9, 0.0, 1.0, 0.5)[seed]

    nearest = tree.nearest_above(counted)
    number = tree.counted_above(counted)

    for member in range(200):
        path = []
        above = int(tree.sponsor[member])
        while above >= 0:
            path.append(above)
            above = int(tree.sponsor[above])
        hits = [upline for upline in path if counted[upline]]
        assert nearest[member] == (hits[0] if hits else -1)
        assert number[member] == len(hits)


def test_subtree_and_child_sums() -> None:
    chance = np.random.default_rng(7)
    tree = build_tree(random_members(chance, 150))
    values = chance.integers(-50, 1000, 150)

    subtree, children = tree.subtree_sums(values), tree.child_sums(values)

    for member in range(150):
        assert subtree[member] == values[member : tree.end[member]].sum()
        assert children[member] == values[tree.sponsor == member].sum()


def test_chain_of_100000_and_star_of_a_million_are_built() -> None:
    size = 100_000
    chain = build_tree(Members.of(np.arange(size), np.arange(size) - 1))
    star = build_tree(
        Members.of(
            np.arange(1_000_000), np.zeros(1_000_000, dtype=int) - (np.arange(1_000_000) == 0)
        )
    )

    assert chain.depth[-1] == size - 1
    assert (chain.end == size).all()
    assert star.end[0] == 1_000_000
    assert int(star.depth.sum()) == 999_999


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000])
def test_cycle_is_refused_by_id(size: int) -> None:
    sponsor = np.arange(size) - 1
    sponsor[0] = size - 1

    with pytest.raises(EngineError, match=r"member 500 is among the own uplines \(a cycle"):
        build_tree(Members.of(np.arange(size) + 500, sponsor))


@pytest.mark.parametrize("size", [5, 1000, 20_000])
def test_cycle_beside_a_healthy_tree_names_somebody_on_it(size: int) -> None:
    sponsor = np.arange(size) - 1
    sponsor[size // 2] = size // 2 + 1  # with everybody behind hanging below

    with pytest.raises(EngineError, match=f"member {size // 2} is among the own uplines"):
        build_tree(Members.of(np.arange(size), sponsor))


def test_orphan_double_and_bad_rows_are_refused_by_id() -> None:
    with pytest.raises(EngineError, match="member 8: sponsor 99 is not among the members"):
        sponsor_rows([7, 8], [-1, 99])
    with pytest.raises(EngineError, match="member 8: the sponsor is not among the members"):
        Members.of([7, 8], [-1, 2])
    with pytest.raises(EngineError, match="member 7 is given twice"):
        Members.of([7, 7], [-1, 0])
    with pytest.raises(EngineError, match="member 8: unknown status"):
        Members.of([7, 8], [-1, 0], status=[0, 3])
    with pytest.raises(EngineError, match="member 8: the opening title is negative"):
        Members.of([7, 8], [-1, 0], opening_title=[0, -1])


def test_sponsor_rows_finds_rows_of_ids_in_any_order() -> None:
    assert sponsor_rows([30, 10, 20], [10, -1, 30]).tolist() == [1, -1, 0]
    assert sponsor_rows([30, 10], [0, 30], top=0).tolist() == [-1, 0]
    assert sponsor_rows([], []).tolist() == []


def test_arrays_of_wrong_type_or_length_are_refused() -> None:
    with pytest.raises(EngineError, match=r"members\.sponsor: 1 elements, 2 are needed"):
        Members.of([1, 2], [-1])
    with pytest.raises(EngineError, match=r"members\.ids: whole numbers"):
        Members.of([1.0, 2.0], [-1, 0])
    with pytest.raises(EngineError, match="does not fit into 64 bits"):
        Members.of(np.array([2**64 - 1], dtype=np.uint64), [-1])


def test_no_members_is_an_empty_tree() -> None:
    assert len(build_tree(Members.of([], []))) == 0

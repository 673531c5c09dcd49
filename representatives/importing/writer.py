"""Writes the newcomers: labels for all of them in memory, then their rows by COPY.

The caller holds the tree lock.
"""

# The only names put into SQL here are constants.
# ruff: noqa: S608

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connections

from representatives import checks, labels, tree
from representatives.importing.against_tree import Forest
from representatives.importing.source import Rows
from representatives.text import sort_key

COPY_CHUNK = 20_000
# With more sponsors than this who are members already, the whole tree is relabelled at once.
SPONSORS_PLACED_SINGLY = 1_000


@dataclass(slots=True)
class _Placed:
    """Ids, labels and levels of the newcomers, by position."""

    id: tree.Ints
    sponsor_id: tree.Ints
    lft: tree.Ints
    rght: tree.Ints
    level: tree.Ints


def insert(rows: Rows, forest: Forest, *, now: datetime, using: str) -> None:
    """Insert the members of the file; how depends on how many of its sponsors are there already."""
    sponsors = sorted(set(forest.outside.values()))
    if not sponsors:
        _insert_founded(rows, forest, now=now, using=using)
    elif len(sponsors) > SPONSORS_PLACED_SINGLY:
        _insert_relabelling(rows, forest, now=now, using=using)
    else:
        _insert_below(rows, forest, sponsors, now=now, using=using)


def _insert_founded(rows: Rows, forest: Forest, *, now: datetime, using: str) -> None:
    """Insert the whole tree, root and all, spread over all labels."""
    tour = tree.walk(forest.parent)
    lft, rght = tree.labels_of_whole_tree(tour)
    ids = _new_ids(tour, using=using)
    sponsor_id = np.where(forest.parent < 0, 0, ids[forest.parent])
    placed = _Placed(ids, sponsor_id, lft, rght, tour.depth)
    _copy(rows, placed, np.argsort(tour.opens), now=now, using=using)


def _insert_below(
    rows: Rows, forest: Forest, sponsors: list[int], *, now: datetime, using: str
) -> None:
    """Insert one group after the other, each in the free tail of its sponsor who is there."""
    count = len(rows)
    # The sponsors join the walk as tops, so that each group is one stretch of it.
    group = {sponsor_id: count + index for index, sponsor_id in enumerate(sponsors)}
    parent = np.append(forest.parent, np.full(len(sponsors), -1, dtype=np.int64))
    for at, sponsor_id in forest.outside.items():
        parent[at] = group[sponsor_id]
    tour = tree.walk(parent)
    order = np.argsort(tour.opens[:count])
    opens = tour.opens[:count][order]
    ids = _new_ids(tour, count=count, using=using)
    all_ids = np.append(ids, np.array(sponsors, dtype=np.int64))
    lft, rght, level = (np.zeros(count, dtype=np.int64) for _ in range(3))
    placed = _Placed(ids, all_ids[parent[:count]], lft, rght, level)
    for sponsor_id, top in group.items():
        first, last = tour.opens[top], tour.closes[top]
        mine = order[np.searchsorted(opens, first) : np.searchsorted(opens, last)]
        tail = labels.open_tail(
            sponsor_id, members=len(mine), step_limit=tree.LAST_LABEL, using=using
        )
        lft[mine] = tail.start + tail.step * (tour.opens[mine] - first)
        rght[mine] = tail.start + tail.step * (tour.closes[mine] - first)
        level[mine] = tail.level + tour.depth[mine] - 1
        _copy(rows, placed, mine, now=now, using=using)


def _insert_relabelling(rows: Rows, forest: Forest, *, now: datetime, using: str) -> None:
    """Relabel everybody, old and new, as one tree, then insert the new."""
    stored = checks.read_tree(using=using)
    old, count = len(stored.id), len(rows)
    parent = np.append(stored.sponsor_positions(), np.full(count, -1, dtype=np.int64))
    inside = np.flatnonzero(forest.parent >= 0)
    parent[old + inside] = forest.parent[inside] + old
    tops = np.array(list(forest.outside), dtype=np.int64)
    sponsor_ids = np.array(list(forest.outside.values()), dtype=np.int64)
    parent[old + tops] = np.searchsorted(stored.id, sponsor_ids)
    tour = tree.walk(parent)
    lft, rght = tree.labels_of_whole_tree(tour)
    checks.write_tree(stored, lft[:old], rght[:old], tour.depth[:old], using=using)
    order = np.argsort(tour.opens[old:])
    ids = np.empty(count, dtype=np.int64)
    ids[order] = _take_ids(count, using=using)
    all_ids = np.append(stored.id, ids)
    placed = _Placed(ids, all_ids[parent[old:]], lft[old:], rght[old:], tour.depth[old:])
    _copy(rows, placed, order, now=now, using=using)


def _new_ids(tour: tree.Tour, *, using: str, count: int | None = None) -> tree.Ints:
    """Return new ids by position, rising along the walk, so that downlines lie together."""
    count = len(tour.opens) if count is None else count
    ids = np.empty(count, dtype=np.int64)
    ids[np.argsort(tour.opens[:count])] = _take_ids(count, using=using)
    return ids


def _take_ids(count: int, *, using: str) -> tree.Ints:
    """Return fresh ids in rising order."""
    drawn = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS id FROM generate_series(1, %s)"
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT min(id), max(id) FROM ({drawn}) AS drawn", [labels.TABLE, count])
        first, last = cursor.fetchone()
        if last - first + 1 == count:
            return np.arange(first, last + 1, dtype=np.int64)
        # Somebody drew ids without the tree lock: draw again, one by one.
        cursor.execute(drawn, [labels.TABLE, count])
        return np.array([row[0] for row in cursor.fetchall()], dtype=np.int64)


def _copy(rows: Rows, placed: _Placed, positions: tree.Ints, *, now: datetime, using: str) -> None:
    """Write the rows at these positions by COPY."""
    created = now.isoformat()
    sponsors = ["\\N" if one == 0 else str(one) for one in placed.sponsor_id[positions].tolist()]
    ids, lft, rght, level = (
        column[positions].tolist() for column in (placed.id, placed.lft, placed.rght, placed.level)
    )
    statement = (
        f"COPY {labels.TABLE} (id, sponsor_id, code, name, sort_key, email, phone, status,"
        " enrolled_on, created_at, lft, rght, tree_id, level) FROM STDIN"
    )
    chosen = positions.tolist()
    with connections[using].cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(chosen), COPY_CHUNK):
            copy.write(
                "".join(
                    f"{ids[index]}\t{sponsors[index]}\t{_escaped(rows.code[at])}"
                    f"\t{_escaped(rows.name[at])}\t{_escaped(sort_key(rows.name[at]))}"
                    f"\t{_escaped(rows.email[at])}\t\tenrolled\t{rows.enrolled_on[at]}"
                    f"\t{created}\t{lft[index]}\t{rght[index]}\t{tree.TREE_ID}\t{level[index]}\n"
                    for index, at in enumerate(chosen[start : start + COPY_CHUNK], start)
                )
            )


def _escaped(text: str) -> str:
    """Escape what COPY reads otherwise: the backslash, and the tab between the halves of a key."""
    return text.replace("\\", "\\\\").replace("\t", "\\t")

"""Verify the labels of the referral tree against `sponsor`, and make them anew from it.

The placement tree is verified along with it.
"""

# The only name put into SQL here is a constant.
# ruff: noqa: S608

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from django.db import connections, transaction

from representatives import labels, tree
from representatives.errors import UnableTo
from representatives.locks import acquire_tree_lock
from representatives.placement_checks import find_placement_faults

FAULTS_SHOWN = 100
WRITE_CHUNK = 50_000

# One row of COPY … (FORMAT binary): a field count, then length and value of each field.
_COLUMNS = ("id", "sponsor_id", "lft", "rght", "level", "tree_id")
_ROW = np.dtype(
    [("fields", ">i2")]
    + [part for name in _COLUMNS for part in ((f"{name}_length", ">i4"), (name, ">i8"))]
)
_HEADER_BYTES = 19
_NO_SPONSOR = 0


@dataclass(frozen=True, slots=True)
class TreeRows:
    """The tree as stored, by id; `sponsor_id` is 0 at the root. Arrays of one length."""

    id: tree.Ints
    sponsor_id: tree.Ints
    lft: tree.Ints
    rght: tree.Ints
    level: tree.Ints
    tree_id: tree.Ints

    def sponsor_positions(self) -> tree.Ints:
        """Return the position of each member's sponsor, −1 at a root."""
        position = np.searchsorted(self.id, self.sponsor_id)
        return np.where(self.sponsor_id == _NO_SPONSOR, -1, position).astype(np.int64)


def read_tree(*, using: str = "default") -> TreeRows:
    """Read sponsors and labels of everybody in one pass."""
    query = (
        f"COPY (SELECT id, coalesce(sponsor_id, {_NO_SPONSOR}), lft, rght, level::bigint, tree_id"
        f" FROM {labels.TABLE} ORDER BY id) TO STDOUT (FORMAT binary)"
    )
    data = bytearray()
    with connections[using].cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            data += block
    # The stream ends with a field count of −1.
    rows = np.frombuffer(data, dtype=_ROW, offset=_HEADER_BYTES, count=_row_count(len(data)))
    return TreeRows(**{name: rows[name].astype(np.int64) for name in _COLUMNS})


def _row_count(size: int) -> int:
    count, rest = divmod(size - _HEADER_BYTES - 2, _ROW.itemsize)
    assert rest == 0, "every field of the copy is eight bytes wide and none is null"
    return count


@dataclass(frozen=True, slots=True)
class TreeReport:
    """What `check_tree` found: the members read and the faults, worded for an operator."""

    members: int
    faults: list[str]
    fault_count: int


def check_tree(*, using: str = "default") -> TreeReport:
    """Compare every label and level with `sponsor`, and every place with the one above it.

    Each of the two trees is read in one pass over one snapshot.
    """
    rows = read_tree(using=using)
    faults: list[str] = []
    fault_count = 0
    for fault in chain(_find_faults(rows), find_placement_faults(using=using)):
        fault_count += 1
        if len(faults) < FAULTS_SHOWN:
            faults.append(fault)
    return TreeReport(members=len(rows.id), faults=faults, fault_count=fault_count)


def _find_faults(rows: TreeRows) -> Iterator[str]:
    if len(rows.id) == 0:
        return
    sponsor = rows.sponsor_positions()
    roots = np.flatnonzero(sponsor < 0)
    if len(roots) != 1:
        named = ", ".join(str(rows.id[root]) for root in roots[:5])
        yield f"{len(roots)} members have no sponsor, there is one root: {named or 'none'}"
    for at in tree.find_cyclic(sponsor):
        yield f"member {rows.id[at]}: the sponsors above never reach the root"
    for at in np.flatnonzero(rows.tree_id != tree.TREE_ID):
        yield f"member {rows.id[at]}: tree_id {rows.tree_id[at]}, there is one tree"
    for at in np.flatnonzero(rows.lft >= rows.rght):
        yield f"member {rows.id[at]}: lft {rows.lft[at]} is not below rght {rows.rght[at]}"
    yield from _find_label_faults(rows, sponsor)


def _find_label_faults(rows: TreeRows, sponsor: tree.Ints) -> Iterator[str]:
    """Check depth, nesting in the sponsor's interval, and that siblings don't overlap.

    Together these make the labels equal to the sponsor relation, for any gaps.
    """
    below = np.flatnonzero(sponsor >= 0)
    above = sponsor[below]
    wrong_level = np.where(sponsor < 0, rows.level != 0, False)
    wrong_level[below] = rows.level[below] != rows.level[above] + 1
    for at in np.flatnonzero(wrong_level):
        yield f"member {rows.id[at]}: level {rows.level[at]} is not one below the sponsor's"
    outside = below[(rows.lft[below] <= rows.lft[above]) | (rows.rght[below] >= rows.rght[above])]
    for at in outside:
        yield (
            f"member {rows.id[at]}: interval {rows.lft[at]}-{rows.rght[at]} is not within that of"
            f" sponsor {rows.sponsor_id[at]}"
        )
    order = np.lexsort((rows.lft, rows.sponsor_id))
    left, right = order[:-1], order[1:]
    overlapping = (rows.sponsor_id[left] == rows.sponsor_id[right]) & (
        rows.rght[left] >= rows.lft[right]
    )
    for at in np.flatnonzero(overlapping):
        yield f"members {rows.id[left[at]]} and {rows.id[right[at]]}: intervals of siblings overlap"


def rebuild_labels(*, using: str = "default") -> int:
    """Relabel everybody from `sponsor` alone, evenly; return the number of members changed.

    Takes the tree lock. Siblings come in the order of their ids.

    :raises UnableTo: if the sponsors do not form one tree; nothing is written then.
    """
    with transaction.atomic(using=using):
        acquire_tree_lock(using=using)
        rows = read_tree(using=using)
        if len(rows.id) == 0:
            return 0
        sponsor = rows.sponsor_positions()
        cyclic = tree.find_cyclic(sponsor)
        if len(cyclic) or np.count_nonzero(sponsor < 0) != 1:
            named = ", ".join(str(rows.id[at]) for at in cyclic[:5])
            raise UnableTo(f"The sponsors do not form one tree; see members {named or 'on top'}.")
        tour = tree.walk(sponsor)
        lft, rght = tree.labels_of_whole_tree(tour)
        return write_tree(rows, lft, rght, tour.depth, using=using)


def write_tree(
    rows: TreeRows, lft: tree.Ints, rght: tree.Ints, level: tree.Ints, *, using: str = "default"
) -> int:
    """Write the labels and levels that differ from those read; return the number of members."""
    changed = np.flatnonzero((lft != rows.lft) | (rght != rows.rght) | (level != rows.level))
    with connections[using].cursor() as cursor:
        for start in range(0, len(changed), WRITE_CHUNK):
            part = changed[start : start + WRITE_CHUNK]
            cursor.execute(
                f"UPDATE {labels.TABLE} r SET lft = n.lft, rght = n.rght, level = n.level"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[])"
                " AS n (id, lft, rght, level) WHERE r.id = n.id",
                [column[part].tolist() for column in (rows.id, lft, rght, level)],
            )
    return len(changed)

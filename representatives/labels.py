"""Labels of the referral tree in the database: room for newcomers, and moves.

Whole trees are written by `checks.write_tree` and the import alone. Every function here expects
the tree lock to be held.
"""

# The only name put into SQL here is a constant.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections

from representatives import tree
from representatives.errors import TreeLockError, UnableTo
from representatives.locks import TREE_LOCK_SETTING

TABLE = "representatives_representative"
# How many neighbours on each side are read first when a stretch is full.
FIRST_REACH = 64


@dataclass(frozen=True, slots=True)
class Tail:
    """The free stretch at the end of a sponsor's interval, cut into steps.

    Labels for newcomers are `start + step`, `start + 2 * step` and so on; `level` is theirs,
    `sponsor_status` the sponsor's.
    """

    start: int
    step: int
    level: int
    sponsor_status: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What bounds a sponsor's free tail: the label before it and the sponsor's own right one."""

    before: int
    rght: int
    level: int
    status: str


def require_tree_lock(*, using: str = "default") -> None:
    """Check that this transaction holds the tree lock.

    :raises TreeLockError: if it does not.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [TREE_LOCK_SETTING])
        _check_lock(cursor.fetchone()[0])


def _check_lock(setting: str | None) -> None:
    if setting != "on":
        raise TreeLockError("Tree writes need the tree lock: call acquire_tree_lock() first.")


def open_tail(
    sponsor_id: int,
    *,
    members: int = 1,
    step_limit: int | None = None,
    using: str = "default",
) -> Tail:
    """Return free labels for `members` newcomers at the end of a sponsor's front line.

    Where the tail is full, the smallest sufficiently empty window around it is spread first.

    :raises TreeLockError: if the tree lock is not held.
    :raises UnableTo: if there is no such sponsor.
    """
    limit = tree.ENROLMENT_STEP if step_limit is None else step_limit
    wanted = 2 * members
    stretch = _read_stretch(sponsor_id, using=using)
    step = tree.step_within(free=stretch.rght - stretch.before - 1, labels=wanted, step_limit=limit)
    if step == 0:
        _spread_around(stretch.rght, wanted=wanted, using=using)
        stretch = _read_stretch(sponsor_id, using=using)
        step = tree.step_within(
            free=stretch.rght - stretch.before - 1, labels=wanted, step_limit=limit
        )
        assert step > 0, "a spread window has room at the point it was spread for"
    return Tail(
        start=stretch.before, step=step, level=stretch.level + 1, sponsor_status=stretch.status
    )


def _read_stretch(sponsor_id: int, *, using: str) -> _Stretch:
    with connections[using].cursor() as cursor:
        # The label before a right one is the last child's right one, or the node's own left one.
        cursor.execute(
            f"SELECT s.lft, s.rght, s.level, s.status,"
            f" (SELECT max(p.rght) FROM {TABLE} p WHERE p.rght < s.rght),"
            f" current_setting(%s, true)"
            f" FROM {TABLE} s WHERE s.id = %s",
            [TREE_LOCK_SETTING, sponsor_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise UnableTo(f"There is no representative {sponsor_id}.", field="sponsor")
    lft, rght, level, status, before, setting = row
    _check_lock(setting)
    return _Stretch(before=max(lft, before or 0), rght=rght, level=level, status=status)


def _spread_around(point: int, *, wanted: int, using: str) -> None:
    """Spread the smallest window around `point` that has room for `wanted` labels before it."""
    reach = max(FIRST_REACH, 2 * wanted)
    while True:
        rows, known_low, known_high = _read_neighbours(point, reach=reach, using=using)
        used = sorted(
            label
            for _, lft, rght in rows
            for label in (lft, rght)
            if known_low <= label <= known_high and tree.FIRST_LABEL < label < tree.LAST_LABEL
        )
        window = tree.find_window(
            used, point=point, wanted=wanted, known_low=known_low, known_high=known_high
        )
        if window is not None:
            break
        reach *= 8
    renamed = dict(zip(window.used, tree.spread(window, point=point, wanted=wanted), strict=True))
    moved = [
        (row_id, renamed.get(lft, lft), renamed.get(rght, rght))
        for row_id, lft, rght in rows
        if renamed.get(lft, lft) != lft or renamed.get(rght, rght) != rght
    ]
    write_labels(moved, using=using)


def _read_neighbours(
    point: int, *, reach: int, using: str
) -> tuple[list[tuple[int, int, int]], int, int]:
    """Return rows with a label near `point`, and the bounds between which all labels are known."""
    side = "(SELECT id, lft, rght FROM {table} WHERE tree_id = 1 AND {where} LIMIT {reach})"
    wheres = (
        "lft < %s ORDER BY lft DESC",
        "rght < %s ORDER BY rght DESC",
        "lft >= %s ORDER BY lft",
        "rght >= %s ORDER BY rght",
    )
    rows: set[tuple[int, int, int]] = set()
    known_low, known_high = 0, tree.LAST_LABEL
    with connections[using].cursor() as cursor:
        for index, where in enumerate(wheres):
            cursor.execute(side.format(table=TABLE, where=where, reach=reach), [point])
            found = cursor.fetchall()
            rows.update(found)
            if len(found) < reach:
                continue
            farthest = found[-1][1 + index % 2]
            if index < 2:
                known_low = max(known_low, farthest)
            else:
                known_high = min(known_high, farthest)
    return list(rows), known_low, known_high


def write_labels(rows: Sequence[tuple[int, int, int]], *, using: str = "default") -> None:
    """Give each (id, lft, rght) its new labels, in one statement."""
    if not rows:
        return
    ids, lefts, rights = (list(column) for column in zip(*rows, strict=True))
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} r SET lft = n.lft, rght = n.rght"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS n (id, lft, rght)"
            " WHERE r.id = n.id",
            [ids, lefts, rights],
        )


def move_subtree(member_id: int, *, sponsor_id: int, using: str = "default") -> None:
    """Place a member and the downline at the end of another sponsor's front line.

    Relabels the moved subtree and, where the new sponsor's tail is full, the window around it.

    :raises TreeLockError: if the tree lock is not held.
    :raises UnableTo: if the new sponsor is the member or in the downline, or does not exist.
    """
    size = _check_move(member_id, sponsor_id, using=using)
    tail = open_tail(sponsor_id, members=size, step_limit=tree.LAST_LABEL, using=using)
    with connections[using].cursor() as cursor:
        # Opening the tail may have moved the member: read the interval here and now.
        cursor.execute(
            f"""
            WITH member AS (SELECT lft, rght, level FROM {TABLE} WHERE id = %(member)s),
            subtree AS MATERIALIZED (
                SELECT r.id, r.lft, r.rght FROM {TABLE} r, member m
                 WHERE r.tree_id = 1 AND r.lft BETWEEN m.lft AND m.rght
            ),
            label AS (
                SELECT id, lft AS label FROM subtree UNION ALL SELECT id, rght FROM subtree
            ),
            placed AS (
                SELECT id, %(start)s + %(step)s * row_number() OVER (ORDER BY label) AS label
                  FROM label
            ),
            pair AS (SELECT id, min(label) AS lft, max(label) AS rght FROM placed GROUP BY id)
            UPDATE {TABLE} r
               SET lft = p.lft, rght = p.rght,
                   level = r.level + %(level)s - (SELECT level FROM member)
              FROM pair p WHERE r.id = p.id
            """,
            {
                "member": member_id,
                "start": tail.start,
                "step": tail.step,
                "level": tail.level,
            },
        )
        cursor.execute(f"UPDATE {TABLE} SET sponsor_id = %s WHERE id = %s", [sponsor_id, member_id])


def _check_move(member_id: int, sponsor_id: int, *, using: str) -> int:
    """Return the number of members to move, or refuse a move that would close a circle."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT current_setting(%s, true), s.lft BETWEEN m.lft AND m.rght,"
            f" (SELECT count(*) FROM {TABLE} r"
            f"   WHERE r.tree_id = 1 AND r.lft BETWEEN m.lft AND m.rght)"
            f" FROM {TABLE} m, {TABLE} s WHERE m.id = %s AND s.id = %s",
            [TREE_LOCK_SETTING, member_id, sponsor_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise UnableTo("There is no such representative.", field="sponsor")
    setting, inside, size = row
    _check_lock(setting)
    if inside:
        raise UnableTo(
            "The new sponsor is the member or in the member's downline.", field="sponsor"
        )
    return int(size)

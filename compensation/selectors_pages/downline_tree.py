"""The tree of a downline, opened at one person with the way down to that person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from compensation.models import MemberResult
from compensation.selectors_pages import downline
from compensation.selectors_pages.downline import PAGE_SIZE, People, Person
from compensation.selectors_pages.downline_query import Scope

PATH_SHOWN = 12
"""How many people above a person are opened; a longer way begins that far up."""

# From a person up, by the primary key, until the top of the viewer or until enough are found.
PATH_SQL = """
WITH RECURSIVE up AS (
    SELECT m.position, m.sponsor_position, 0 AS step FROM compensation_memberresult m
    WHERE m.run_id = %(run)s AND m.position = %(position)s
  UNION ALL
    SELECT m.position, m.sponsor_position, up.step + 1
    FROM up JOIN compensation_memberresult m
      ON m.run_id = %(run)s AND m.position = up.sponsor_position
    WHERE up.position > %(top)s AND up.step < %(limit)s
)
SELECT m.* FROM up CROSS JOIN LATERAL (
    SELECT * FROM compensation_memberresult
    WHERE run_id = %(run)s AND position = up.position OFFSET 0
) m ORDER BY up.step DESC
"""

# The front lines of several people at once, each from sibling to sibling, a page and one more.
FRONT_LINES_SQL = """
WITH RECURSIVE walk (position, subtree_end, branch_end, step) AS (
    SELECT m.position, m.subtree_end, b.branch_end, 1
    FROM unnest(%(starts)s::int[], %(ends)s::int[]) AS b (branch, branch_end)
    CROSS JOIN LATERAL (
        SELECT position, subtree_end FROM compensation_memberresult
        WHERE run_id = %(run)s AND position = b.branch + 1 AND b.branch + 1 < b.branch_end OFFSET 0
    ) m
  UNION ALL
    SELECT m.position, m.subtree_end, w.branch_end, w.step + 1
    FROM walk w CROSS JOIN LATERAL (
        SELECT position, subtree_end FROM compensation_memberresult
        WHERE run_id = %(run)s AND position = w.subtree_end OFFSET 0
    ) m
    WHERE w.step <= %(page)s AND w.subtree_end < w.branch_end
)
SELECT m.*
FROM walk w CROSS JOIN LATERAL (
    SELECT * FROM compensation_memberresult
    WHERE run_id = %(run)s AND position = w.position OFFSET 0
) m
ORDER BY m.position
"""


@dataclass(frozen=True, slots=True)
class Tree:
    """What the page of the tree shows: the way down, the people below its first, who was found.

    `path` are the people above the one found, the uppermost first, without the viewer;
    `left_out` is how many more stand between the viewer and the first of them.
    """

    people: People
    root: Person | None = None
    path: tuple[Person, ...] = ()
    found: Person | None = None
    left_out: int = 0


def open_at_top(scope: Scope) -> Tree:
    """Return the tree with the viewer's front line."""
    return Tree(
        downline.list_front_line(
            scope.top, scope.top, after=None, viewer=scope.viewer, plan=scope.plan
        )
    )


def open_at(scope: Scope, member: MemberResult) -> Tree:
    """Return the tree opened down to a member and the member's own front line.

    Of a front line wider than a page only the person on the way is shown; the rest is one click
    away. The number of queries does not depend on how deep or how wide the tree is.
    """
    chain = _path(scope, member)
    wide = {one.position for one in chain[:-1] if one.direct_count > PAGE_SIZE}
    members = _front_lines(scope, [one for one in chain if one.position not in wide])
    known = {one.position: one for one in [*chain, *members]}
    rows = downline.named(
        [known[position] for position in sorted(known)],
        top=scope.top,
        viewer=scope.viewer,
        plan=scope.plan,
    )
    people = {person.position: person for person in rows}
    below: dict[int, list[Person]] = {}
    for person in rows:
        below.setdefault(person.parent, []).append(person)
    return _assemble(scope, chain, people, below, wide)


def _assemble(
    scope: Scope,
    chain: list[MemberResult],
    people: dict[int, Person],
    below: dict[int, list[Person]],
    wide: set[int],
) -> Tree:
    """Put the branches into each other, from the person found upward."""
    found = replace(people[chain[-1].position], is_found=True)
    branch = _page(below.get(found.position, []))
    current = replace(found, branch=branch)
    for above in reversed(chain[:-1]):
        if above.position in wide:
            branch = People([current], others=above.direct_count - 1)
        else:
            branch = _page(
                [
                    current if one.position == current.position else one
                    for one in below[above.position]
                ]
            )
        current = replace(people[above.position], branch=branch)
    assert current.branch is not None
    first = chain[0]
    return Tree(
        people=current.branch,
        root=current,
        path=tuple(
            people[one.position] for one in chain[:-1] if one.position != scope.top.position
        ),
        found=found,
        left_out=max(first.depth - scope.top.depth - 1, 0),
    )


def _page(rows: list[Person]) -> People:
    after = rows[PAGE_SIZE].position if len(rows) > PAGE_SIZE else None
    return People(rows[:PAGE_SIZE], after=after)


def _path(scope: Scope, member: MemberResult) -> list[MemberResult]:
    """Return a member with the people above, the uppermost first, PATH_SHOWN of them at most."""
    return read_members(
        PATH_SQL,
        {
            "run": scope.top.run_id,
            "position": member.position,
            "top": scope.top.position,
            "limit": PATH_SHOWN,
        },
    )


def list_path(scope: Scope, member: MemberResult) -> list[Person]:
    """Return the people between the viewer and a member, the uppermost first."""
    above = [
        one
        for one in _path(scope, member)
        if one.position not in (scope.top.position, member.position)
    ]
    return downline.named(above, top=scope.top, viewer=scope.viewer, plan=scope.plan)


def _front_lines(scope: Scope, parents: list[MemberResult]) -> list[MemberResult]:
    """Return the front lines of members, of each a page and one more."""
    return read_members(
        FRONT_LINES_SQL,
        {
            "run": scope.top.run_id,
            "starts": [parent.position for parent in parents],
            "ends": [parent.subtree_end for parent in parents],
            "page": PAGE_SIZE,
        },
    )


def read_members(sql: str, values: dict[str, Any]) -> list[MemberResult]:
    """Return the rows of a run that a query over them gives."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = [column.name for column in cursor.description]
        return [MemberResult(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]

"""The picture of a downline: the people nearest to one of them, as a tree of at most 300."""

# The names of the levels are made here; every value is a parameter.
# ruff: noqa: S608

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from compensation.engine.types import Status
from compensation.models import MemberResult
from compensation.selectors_pages import downline
from compensation.selectors_pages.downline import People, Person
from compensation.selectors_pages.downline_query import Scope
from compensation.selectors_pages.downline_tree import read_members

PEOPLE_DRAWN = 300
LEVELS_DRAWN = 6

# The front line of the person first, then those below it, a level at a time, each level walking
# all its branches side by side. LIMIT stops the walk: a level is only begun when all levels above
# it have fewer people than are drawn, whatever the size of the tree.
_LEVEL = """
, level_{level} (position, subtree_end, branch_end, step) AS (
    SELECT m.position, m.subtree_end, p.subtree_end, 1
    FROM {above} p CROSS JOIN LATERAL (
        SELECT position, subtree_end FROM compensation_memberresult
        WHERE run_id = %(run)s AND position = p.position + 1 AND p.position + 1 < p.subtree_end
        OFFSET 0
    ) m
  UNION ALL
    SELECT m.position, m.subtree_end, w.branch_end, w.step + 1
    FROM level_{level} w CROSS JOIN LATERAL (
        SELECT position, subtree_end FROM compensation_memberresult
        WHERE run_id = %(run)s AND position = w.subtree_end OFFSET 0
    ) m
    WHERE w.subtree_end < w.branch_end AND w.step < %(most)s
)"""


def _chart_sql() -> str:
    """Return the SQL that reads the people of the picture, the person on top first."""
    levels = "".join(
        _LEVEL.format(level=level, above="root" if level == 1 else f"level_{level - 1}")
        for level in range(1, LEVELS_DRAWN + 1)
    )
    parts = " UNION ALL ".join(
        f"SELECT position FROM {name}"
        for name in ("root", *(f"level_{level}" for level in range(1, LEVELS_DRAWN + 1)))
    )
    return (
        "WITH RECURSIVE root AS (SELECT position, subtree_end FROM compensation_memberresult"
        f" WHERE run_id = %(run)s AND position = %(position)s){levels},"
        f" drawn AS MATERIALIZED (SELECT position FROM ({parts}) a LIMIT %(most)s)"
        " SELECT m.* FROM drawn CROSS JOIN LATERAL ("
        " SELECT * FROM compensation_memberresult"
        " WHERE run_id = %(run)s AND position = drawn.position OFFSET 0) m ORDER BY m.position"
    )


CHART_SQL = _chart_sql()


@dataclass(frozen=True, slots=True)
class Chart:
    """The person on top with the people below as branches, and how many are drawn of how many."""

    root: Person
    drawn: int
    people: int

    @property
    def is_whole(self) -> bool:
        """Whether everybody below is in the picture."""
        return self.drawn == self.people


def draw(scope: Scope, member: MemberResult) -> Chart:
    """Return the picture of the people nearest to a member."""
    values: dict[str, Any] = {
        "run": scope.top.run_id,
        "position": member.position,
        "most": PEOPLE_DRAWN,
    }
    members = read_members(CHART_SQL, values)
    rows = downline.named(members, top=scope.top, viewer=scope.viewer, plan=scope.plan)
    below: dict[int, list[Person]] = {}
    # Those at the back are deeper or further on: their branches are whole when their turn comes.
    counted = _count_enrolled(members)
    for person in reversed(rows[1:]):
        inside = below.pop(person.position, [])
        others = _others(person, inside, counted)
        branch = People(inside[::-1], others=others) if inside or others else None
        below.setdefault(person.parent, []).append(replace(person, branch=branch))
    top = rows[0]
    inside = below.pop(top.position, [])
    branch = People(inside[::-1], others=_others(top, inside, counted))
    return Chart(
        root=replace(top, branch=branch), drawn=len(rows) - 1, people=downline.size(member)
    )


def _count_enrolled(members: list[MemberResult]) -> dict[int, int]:
    """Return by position how many of those drawn directly below somebody are enrolled."""
    return Counter(
        member.sponsor_position for member in members if member.status == Status.ENROLLED
    )


def _others(person: Person, inside: list[Person], counted: dict[int, int]) -> int:
    """Return how many directly below a person are not drawn.

    The number of directs counts the enrolled alone, the picture shows whoever stands in the tree.
    """
    left_out = person.people - sum(1 + one.people for one in inside)
    if not left_out:
        return 0
    return min(max(person.directs - counted.get(person.position, 0), 1), left_out)

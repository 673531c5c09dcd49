"""People of a run as it stored them: single ones, a path up, and as much of a branch as is needed.

A branch is read level by level by index, only below those where a line goes on; only a line that
rests on most of a large branch reads it in one go, by Arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from django.db import connection

from compensation import loaders
from compensation.engine.branches import RESULT_FIGURES, Branch, Upline
from compensation.engine.components.base import Standing
from compensation.engine.types import Bool, Int, Status
from compensation.explaining.walking import Everybody, Rule, State
from compensation.models import MemberResult, Run

IN_ONE_GO = 20_000
"""Rows of a range up to which a connection of its own would cost more than it saves."""
AT_ONCE = 1_000
"""People in a branch that is read whole rather than level by level."""

RuleOf = Callable[[Standing], Rule]
"""Makes the rule for a receiver, see ``compensation.explaining.walking.rule_for``."""

_FACTS = (
    "representative_id",
    "position",
    "sponsor_position",
    "subtree_end",
    "depth",
    "status",
    "order_count",
    "pay_rank",
    "title_rank",
    "opening_title",
    "rsp_base",
    "grace_used",
)
_PLACE = {name: place for place, name in enumerate(_FACTS)}
_STORED = {field.name for field in MemberResult._meta.get_fields()}
_FIGURES = tuple(name for name in RESULT_FIGURES if name in _STORED)
_FIRST_FIGURE = len(_FACTS) + 2

_SOMEBODY = (
    "SELECT {columns} FROM compensation_memberresult m"
    " JOIN representatives_representative r ON r.id = m.representative_id"
    " WHERE m.run_id = %(run)s"
)
_BY_IDS = f"{_SOMEBODY} AND m.representative_id = ANY(%(ids)s)"
_RANGE = f"{_SOMEBODY} AND m.position >= %(start)s AND m.position < %(end)s"
_PATH = """
    WITH RECURSIVE up (position, sponsor_position) AS (
        SELECT position, sponsor_position FROM compensation_memberresult
        WHERE run_id = %(run)s AND representative_id = %(id)s
      UNION ALL
        SELECT m.position, m.sponsor_position
        FROM up CROSS JOIN LATERAL (
            SELECT position, sponsor_position FROM compensation_memberresult
            WHERE run_id = %(run)s AND position = up.sponsor_position OFFSET 0
        ) m
    )
    SELECT {columns} FROM up CROSS JOIN LATERAL (
        SELECT * FROM compensation_memberresult
        WHERE run_id = %(run)s AND position = up.position OFFSET 0
    ) m JOIN representatives_representative r ON r.id = m.representative_id
"""
# Paths of many at once, up to a position: what they share is read once.
_PATHS = """
    WITH RECURSIVE up (position, sponsor_position) AS (
        SELECT position, sponsor_position FROM compensation_memberresult
        WHERE run_id = %(run)s AND representative_id = ANY(%(ids)s)
          AND position >= %(start)s AND position < %(end)s
      UNION
        SELECT m.position, m.sponsor_position
        FROM up CROSS JOIN LATERAL (
            SELECT position, sponsor_position FROM compensation_memberresult
            WHERE run_id = %(run)s AND position = up.sponsor_position
              AND position >= %(start)s OFFSET 0
        ) m
    )
    SELECT {columns} FROM up CROSS JOIN LATERAL (
        SELECT * FROM compensation_memberresult
        WHERE run_id = %(run)s AND position = up.position OFFSET 0
    ) m JOIN representatives_representative r ON r.id = m.representative_id
"""
# From sibling to sibling along the primary key: the first below stands right behind the sponsor,
# the next one where a downline ends. OFFSET 0 keeps the look-ups one by one: how far a walk goes
# can't be estimated, and a join would read the whole run for a few rows.
_DIRECTS = """
    WITH RECURSIVE walk (position, subtree_end, stop) AS (
        SELECT m.position, m.subtree_end, p.stop
        FROM unnest(%(starts)s::integer[], %(stops)s::integer[]) p (start, stop)
        CROSS JOIN LATERAL (
            SELECT position, subtree_end FROM compensation_memberresult
            WHERE run_id = %(run)s AND position = p.start + 1 OFFSET 0
        ) m
      UNION ALL
        SELECT m.position, m.subtree_end, w.stop
        FROM walk w CROSS JOIN LATERAL (
            SELECT position, subtree_end FROM compensation_memberresult
            WHERE run_id = %(run)s AND position = w.subtree_end OFFSET 0
        ) m WHERE w.subtree_end < w.stop
    )
    SELECT {columns} FROM (SELECT position FROM walk LIMIT %(most)s) w CROSS JOIN LATERAL (
        SELECT * FROM compensation_memberresult
        WHERE run_id = %(run)s AND position = w.position OFFSET 0
    ) m JOIN representatives_representative r ON r.id = m.representative_id
"""


@dataclass(frozen=True, slots=True)
class People:
    """Some members of one run by position; their uplines, up to the first, are among them."""

    facts: Int
    """A row for each person, columns as ``_FACTS``."""
    standing: Standing

    @classmethod
    def of(cls, rows: Int, further: Sequence[str]) -> Self:
        """Take rows as the queries give them, in any order; ``further`` figures come last."""
        rows = rows[np.argsort(rows[:, _PLACE["position"]])]
        names = (*_FIGURES, *further)
        standing = Standing(
            enrolled=rows[:, _PLACE["status"]] == Status.ENROLLED,
            qualified=rows[:, len(_FACTS)].astype(np.bool_),
            enrolled_day=rows[:, len(_FACTS) + 1],
            pay_rank=rows[:, _PLACE["pay_rank"]],
            figures={name: rows[:, _FIRST_FIGURE + at] for at, name in enumerate(names)},
            title_rank=rows[:, _PLACE["title_rank"]],
            opening_title=rows[:, _PLACE["opening_title"]],
        )
        return cls(rows[:, : len(_FACTS)], standing)

    def __len__(self) -> int:
        return len(self.facts)

    def fact(self, name: str) -> Int:
        """Give a stored column: position, representative_id, depth, ..."""
        return self.facts[:, _PLACE[name]]

    def rows(self) -> Int:
        """Give the rows again as the queries gave them."""
        standing = self.standing
        flags = np.stack((standing.qualified.astype(np.int64), standing.enrolled_day), axis=1)
        figures = [one[:, None] for one in standing.figures.values()]
        return np.concatenate((self.facts, flags, *figures), axis=1)

    def only(self, places: Int) -> Self:
        """Give some of them, in ascending places."""
        names = tuple(self.standing.figures)[len(_FIGURES) :]
        return type(self).of(self.rows()[places], names)

    @property
    def active(self) -> Bool:
        """Who was active."""
        return self.standing.qualified

    def place(self, representative_id: int) -> int:
        """Give somebody's place among these people.

        :raises KeyError: if he is not among them.
        """
        found = np.flatnonzero(self.fact("representative_id") == representative_id)
        if not len(found):
            raise KeyError(representative_id)
        return int(found[0])

    def branch(self) -> Branch:
        """Give them as the branch of the first one, with positions counted among themselves.

        Right for whatever depends on the way from somebody up to the first alone.
        """
        position = self.fact("position")
        sponsor = np.searchsorted(position, self.fact("sponsor_position"))
        sponsor[:1] = -1
        return Branch(
            start=0,
            sponsor=sponsor,
            end=np.searchsorted(position, self.fact("subtree_end")),
            depth=self.fact("depth"),
            standing=self.standing,
        )

    def uplines(self) -> list[Upline]:
        """Give them as a path up, the lowest first."""
        status, rank = self.fact("status").tolist(), self.fact("pay_rank").tolist()
        active = self.active.tolist()
        figures = {name: one.tolist() for name, one in self.standing.figures.items()}
        return [
            Upline(
                position=at,
                status=status[place],
                active=active[place],
                pay_rank=rank[place],
                figures={name: one[place] for name, one in figures.items()},
            )
            for place, at in reversed(list(enumerate(self.fact("position").tolist())))
        ]


class StoredRun:
    """Reads people of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._further = tuple(run.figure_names)
        columns = [
            *(f"m.{name}" for name in _FACTS),
            "m.active::int",
            "r.enrolled_on - date '1970-01-01'",
            *(f"m.{name}" for name in _FIGURES),
            *(f"m.figures[{number}]" for number, _ in enumerate(self._further, start=1)),
        ]
        self._columns = ", ".join(f"{text} AS c{place}" for place, text in enumerate(columns))

    def members(self, representative_ids: Iterable[int]) -> People:
        """Give members by id; who was not in the run is left out."""
        return self._people(_BY_IDS, ids=list(representative_ids))

    def path(self, representative_id: int) -> People:
        """Give a member and all uplines; nobody if he was not in the run."""
        return self._people(_PATH, id=representative_id)

    def paths(self, representative_ids: Iterable[int], *, top: People) -> People:
        """Give some of those below (or at) the first of ``top``, and everybody between."""
        return self._people(
            _PATHS,
            ids=list(representative_ids),
            start=int(top.fact("position")[0]),
            end=int(top.fact("subtree_end")[0]),
        )

    def directs(self, people: People, *, most: int | None = None) -> People:
        """Give everybody directly below some people, or the first so many of them."""
        wide = people.fact("subtree_end") - people.fact("position") > 1
        return self._people(
            _DIRECTS,
            starts=people.fact("position")[wide].tolist(),
            stops=people.fact("subtree_end")[wide].tolist(),
            most=most,
        )

    def whole_branch(self, top: People) -> People:
        """Give a member and everybody below."""
        start, end = int(top.fact("position")[0]), int(top.fact("subtree_end")[0])
        if end - start <= IN_ONE_GO:
            return self._people(_RANGE, start=start, end=end)
        text = _RANGE.format(columns=self._columns)
        for name in ("run", "start", "end"):
            text = text.replace(f"%({name})s", f"{{{name}}}")
        with closing(loaders.connect()) as bulk:
            table = loaders.query(bulk, text, run=self.run.pk, start=start, end=end)
        columns = [
            table.column(place).to_numpy().astype(np.int64) for place in range(table.num_columns)
        ]
        return People.of(np.stack(columns, axis=1), self._further)

    def stretch(self, start: int, end: int) -> People:
        """Give the members at some positions, whatever is above them."""
        return self._people(_RANGE, start=start, end=end)

    def people(self, rows: Int) -> People:
        """Give rows of this run as people."""
        return People.of(rows, self._further)

    def branch(self, representative_id: int, rule_of: RuleOf, *, expected: int = 0) -> People:
        """Give a member and whom a rule needs below; ``expected`` is about how many sell there.

        :raises KeyError: if he was not in the run.
        """
        top = self.members([representative_id])
        if not len(top):
            raise KeyError(representative_id)
        rule = rule_of(top.standing)
        state = rule.first(top.standing)
        size = int(top.fact("subtree_end")[0] - top.fact("position")[0])
        if size == 1 or not rule.goes_on(state).any():
            return top
        if size <= AT_ONCE or isinstance(rule, Everybody) or expected * 4 > size:
            return self.whole_branch(top)
        return self._descend(top, state, rule)

    def _descend(self, top: People, state: State, rule: Rule) -> People:
        """Go down a level at a time, below those where the rule goes on."""
        found = [top]
        while True:
            on = np.flatnonzero(rule.goes_on(state))
            parents, state = found[-1].only(on), state[on]
            below = self.directs(parents)
            if not len(below):
                break
            sponsor = np.searchsorted(parents.fact("position"), below.fact("sponsor_position"))
            state = rule.following(state[sponsor], below.standing)
            found.append(below)
        rows = np.concatenate([one.rows() for one in found])
        return People.of(rows, self._further)

    def _people(self, text: str, **values: Any) -> People:
        with connection.cursor() as cursor:
            cursor.execute(text.format(columns=self._columns), {"run": self.run.pk, **values})
            rows = np.array(cursor.fetchall(), dtype=np.int64)
        width = _FIRST_FIGURE + len(_FIGURES) + len(self._further)
        return People.of(rows.reshape(-1, width), self._further)

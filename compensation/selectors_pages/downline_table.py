"""The downline as a table: a page of it in an order, how many there are, the levels added up.

Pages go on from a person and never from a number, so that the last page costs what the first
does. In downlines of more than SORTED_AT_MOST people what had to be read once of a run is kept
in the cache: the rows of a run never change.
"""

# Conditions and orders are put together from constants; every value is a parameter.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection

from compensation.models import MemberResult
from compensation.selectors_pages import downline
from compensation.selectors_pages.downline import PAGE_SIZE, SORTED_AT_MOST, Person
from compensation.selectors_pages.downline_query import (
    DORMANT,
    LEVELS_SHOWN,
    TABLE,
    TABLE_ALONE,
    Conditions,
    Question,
    Scope,
    below,
    conditions,
    seen,
    state_condition,
)

KEPT_SECONDS = 3600
COUNTED_AT_MOST = 10_000
"""Of people who answer a question in a large downline; more are told as more."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A column to sort by: its SQL, whether the largest comes first, what it is when hidden."""

    sql: str
    descending: bool
    hidden: str = "0"
    joins: bool = False


SORTS = {
    "tree": Sort("", descending=False),
    "name": Sort("r.sort_key", descending=False, hidden="''", joins=True),
    "level": Sort("m.depth", descending=False, hidden=""),
    "rank": Sort("m.pay_rank", descending=True),
    "bv": Sort("m.personal_bv", descending=True),
    "rsp": Sort("m.personal_rsp", descending=True),
    "group": Sort("m.group_bv", descending=True),
    "people": Sort("m.subtree_end - m.position", descending=True, hidden=""),
    "joined": Sort("r.enrolled_on", descending=True, hidden="DATE '0001-01-01'", joins=True),
}
DEFAULT_SORT = "group"
DEFAULT_SORT_LARGE = "tree"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of people; `after` and `before` are where the neighbours go on from, if there are.

    `total` is how many there are in all; `has_more` says that it is many more than that.
    """

    rows: list[Person]
    total: int
    has_more: bool = False
    after: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    """One part of an order: SQL, its values, and its direction."""

    sql: str
    descending: bool
    values: tuple[Any, ...] = ()


def is_large(scope: Scope) -> bool:
    """Tell whether a downline is too large to be read whole for every page."""
    return scope.size > SORTED_AT_MOST


def sort_of(scope: Scope, name: str) -> str:
    """Return the order asked for, else the one that fits the size of the downline."""
    if name in SORTS:
        return name
    return DEFAULT_SORT_LARGE if is_large(scope) else DEFAULT_SORT


def list_page(
    scope: Scope,
    question: Question,
    *,
    sort: str,
    after: int | None = None,
    before: int | None = None,
) -> Page:
    """Return a page of the people below who answer a question.

    It begins behind the person at the position `after`, or ends ahead of the one at `before`.
    """
    backward = before is not None
    at = before if backward else after
    found = _kept(
        scope,
        f"page:{question.digest()}:{sort}:{at}:{backward}",
        lambda: _positions(scope, question, sort=sort, at=at, backward=backward),
    )
    more = len(found) > PAGE_SIZE
    shown = found[:PAGE_SIZE]
    if backward:
        shown.reverse()
    members = {
        member.position: member
        for member in MemberResult.objects.filter(run_id=scope.top.run_id, position__in=shown).only(
            *downline.TOLD_FIELDS
        )
    }
    rows = downline.named(
        [members[position] for position in shown if position in members],
        top=scope.top,
        viewer=scope.viewer,
        plan=scope.plan,
    )
    has_before = more if backward else at is not None
    has_after = True if backward else more
    total = count(scope, question)
    return Page(
        rows,
        total=total if question.is_empty else min(total, COUNTED_AT_MOST),
        has_more=not question.is_empty and total > COUNTED_AT_MOST,
        after=shown[-1] if shown and has_after else None,
        before=shown[0] if shown and has_before else None,
    )


def count(scope: Scope, question: Question) -> int:
    """Return how many people below answer a question, up to one more than COUNTED_AT_MOST.

    Everybody together is known without counting.
    """
    if question.is_empty:
        return scope.size

    def read() -> int:
        asked = conditions(scope, question, anywhere=not is_large(scope))
        table = TABLE if asked.joins else TABLE_ALONE
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM (SELECT FROM {table} WHERE {asked.sql()}"
                f" LIMIT {COUNTED_AT_MOST + 1}) found",
                asked.values,
            )
            return int(cursor.fetchone()[0])

    return int(_kept(scope, f"count:{question.digest()}", read))


def _kept(scope: Scope, name: str, read: Callable[[], Any]) -> Any:
    """Return what `read` gives; of a large downline from the cache, if it was read before."""
    if not is_large(scope):
        return read()
    key = f"downline:{scope.key}:{name}".replace(" ", "")
    known = cache.get(key)
    if known is None:
        known = read()
        cache.set(key, known, timeout=KEPT_SECONDS)
    return known


def _keys(scope: Scope, sort: str) -> list[_Key]:
    """Return the order: people out of sight last, then the column, then the place in the tree."""
    column = SORTS[sort]
    place = _Key("m.position", descending=False)
    if not column.sql:
        return [place]
    condition, values = seen(scope)
    if not condition or not column.hidden:
        # The index by name goes on with the person's number.
        tie = _Key("r.id", descending=False) if sort == "name" else place
        return [_Key(column.sql, column.descending), tie]
    bound = tuple(values)
    return [
        _Key(f"CASE WHEN {condition} THEN 0 ELSE 1 END", descending=False, values=bound),
        _Key(
            f"CASE WHEN {condition} THEN {column.sql} ELSE {column.hidden} END",
            column.descending,
            bound,
        ),
        place,
    ]


def _positions(
    scope: Scope, question: Question, *, sort: str, at: int | None, backward: bool
) -> list[int]:
    """Return up to one more position than a page holds, from a person on, in the order."""
    asked = conditions(scope, question, anywhere=not is_large(scope))
    table = TABLE if asked.joins or SORTS[sort].joins else TABLE_ALONE
    keys = _keys(scope, sort)
    with connection.cursor() as cursor:
        if at is not None:
            start = _key_values(cursor, scope, table, keys, at)
            if start is not None:
                _add_beyond(asked, keys, start, backward=backward)
        order = ", ".join(
            f"{key.sql} {'DESC' if key.descending != backward else 'ASC'}" for key in keys
        )
        cursor.execute(
            f"SELECT m.position FROM {table} WHERE {asked.sql()}"
            f" ORDER BY {order} LIMIT {PAGE_SIZE + 1}",
            [*asked.values, *(value for key in keys for value in key.values)],
        )
        return [row[0] for row in cursor.fetchall()]


def _key_values(
    cursor: Any, scope: Scope, table: str, keys: list[_Key], at: int
) -> tuple[Any, ...] | None:
    """Return where a person stands in the order, or None for a position that is not below."""
    inside = below(scope)
    inside.add("m.position = %s", at)
    cursor.execute(
        f"SELECT {', '.join(key.sql for key in keys)} FROM {table} WHERE {inside.sql()}",
        [*(value for key in keys for value in key.values), *inside.values],
    )
    found: tuple[Any, ...] | None = cursor.fetchone()
    return found


def _add_beyond(
    asked: Conditions, keys: list[_Key], start: tuple[Any, ...], *, backward: bool
) -> None:
    """Add the condition to stand behind (or ahead of) `start` in the order."""
    if not any(key.descending for key in keys) and not any(key.values for key in keys):
        names = ", ".join(key.sql for key in keys)
        places = ", ".join(["%s"] * len(keys))
        asked.add(f"({names}) {'<' if backward else '>'} ({places})", *start)
        return
    ways: list[str] = []
    values: list[Any] = []
    for number, key in enumerate(keys):
        same = [f"{before.sql} = %s" for before in keys[:number]]
        for before, value in zip(keys[:number], start, strict=False):
            values += [*before.values, value]
        sign = "<" if key.descending != backward else ">"
        values += [*key.values, start[number]]
        ways.append(" AND ".join([*same, f"{key.sql} {sign} %s"]))
    asked.add(" OR ".join(f"({way})" for way in ways), *values)


FIGURES = ("people", "active_people", "near_people", "dormant_people", "volume", "points")


def list_levels(scope: Scope) -> list[dict[str, int]]:
    """Return people, active and nearly active ones, BV and RSP by level, and the sum as level 0.

    Levels deeper than LEVELS_SHOWN are taken together.
    """
    levels: list[dict[str, int]] = _kept(scope, "levels", lambda: _read_levels(scope))
    return levels


def _read_levels(scope: Scope) -> list[dict[str, int]]:
    inside = below(scope)
    condition, bound = seen(scope)
    in_sight = f"({condition})" if condition else "TRUE"
    near = state_condition(scope.plan, "near")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least(m.depth - %s, %s), count(*), count(*) FILTER (WHERE m.active),"
            f" count(*) FILTER (WHERE {near} AND {in_sight}),"
            f" count(*) FILTER (WHERE {DORMANT} AND {in_sight}),"
            " sum(m.personal_bv)::bigint, sum(m.personal_rsp)::bigint"
            f" FROM {TABLE_ALONE} WHERE {inside.sql()} GROUP BY 1 ORDER BY 1",
            [scope.top.depth, LEVELS_SHOWN + 1, *bound, *bound, *inside.values],
        )
        levels = [
            dict(zip(("level", *FIGURES), map(int, row), strict=True)) for row in cursor.fetchall()
        ]
    if not levels:
        return []
    total = {name: sum(level[name] for level in levels) for name in FIGURES}
    return [*levels, {"level": 0, **total}]

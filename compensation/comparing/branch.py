"""The facts of one branch of a run: what a person's own figures rest on, and nothing else.

The loader's queries are read as they are; the tables that they name are narrowed down to the
branch in front of each. So a question about one person costs what the branch holds, not what the
company does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql

from compensation.comparing.facts import snapshot, source_for
from compensation.comparing.inputs import Input
from compensation.engine import Plan
from compensation.engine.caps import Cap
from compensation.engine.components import Component, Match
from compensation.models import MemberResult, Period, Run
from compensation.period_facts import load_facts

COMPANY_KINDS = frozenset({"pool", "binary_cycles"})
"""Components that rest on people outside a branch."""

# Each name hides the table of the same name from what follows; inside its own definition it is
# still the table.
_NARROWED = """
    WITH branch AS MATERIALIZED (
        SELECT representative_id AS id FROM compensation_memberresult
        WHERE run_id = {run} AND position >= {start} AND position < {end}
    ), representatives_representative AS (
        SELECT r.id, CASE WHEN r.id = {top} THEN NULL ELSE r.sponsor_id END AS sponsor_id,
               r.status, r.enrolled_on, r.code
        FROM representatives_representative r JOIN branch USING (id)
    ), representatives_sponsorchange AS (
        SELECT c.* FROM representatives_sponsorchange c
        WHERE c.representative_id IN (SELECT id FROM branch) AND c.representative_id <> {top}
    ), representatives_statuschange AS (
        SELECT c.* FROM representatives_statuschange c
        WHERE c.representative_id IN (SELECT id FROM branch)
    ), sales_order AS (
        SELECT o.* FROM sales_order o WHERE o.seller_id IN (SELECT id FROM branch)
    ), compensation_carried AS (
        SELECT c.* FROM compensation_carried c
        WHERE c.representative_id IN (SELECT id FROM branch)
    ), compensation_rspconversion AS (
        SELECT c.* FROM compensation_rspconversion c
        WHERE c.representative_id IN (SELECT id FROM branch)
    ), compensation_memberresult AS (
        SELECT m.run_id, m.representative_id, m.title_rank FROM compensation_memberresult m
        WHERE m.representative_id IN (SELECT id FROM branch)
    )
"""


@dataclass(frozen=True, slots=True)
class _Cursor:
    """A cursor that narrows each query."""

    inner: Any
    narrowed: str

    def execute(self, text: str) -> None:
        """Run a query on the branch."""
        self.inner.execute(self.narrowed + text)

    def fetch_arrow_table(self) -> Any:
        """Give its rows."""
        return self.inner.fetch_arrow_table()

    def close(self) -> None:
        """Let go of it."""
        self.inner.close()


@dataclass(frozen=True, slots=True)
class _Connection:
    """A bulk connection that sees one branch."""

    inner: Any
    narrowed: str

    def cursor(self) -> _Cursor:
        """Open a cursor."""
        return _Cursor(self.inner.cursor(), self.narrowed)


def load_branch(run: Run, period: Period, plan: Plan, top: MemberResult) -> Input:
    """Read the facts of a member and everybody below, as the run's tree has them.

    The plan must rest on nobody else (`of_branch`).

    :raises UnableToLoad: as the loader.
    """
    narrowed = (
        sql.SQL(_NARROWED)
        .format(
            run=sql.Literal(run.pk),
            start=sql.Literal(top.position),
            end=sql.Literal(top.subtree_end),
            top=sql.Literal(top.representative_id),
        )
        .as_string()
    )
    source = source_for(period, plan)
    with snapshot() as bulk:
        seen: Any = _Connection(bulk, narrowed)
        facts = load_facts(seen, plan, source.window, source.titles)
    return Input.of(facts)


def of_branch(plan: Plan) -> tuple[Plan, tuple[int, ...]]:
    """Return the plan without what rests on the whole company, and which components that is.

    Pools, cycles, rankings and limits of the company fall away, and matches of them alone.
    """
    kept: list[Component] = []
    left_out: list[int] = []
    ids: set[str] = set()
    for index, component in enumerate(plan.components):
        one = component
        if isinstance(one, Match):
            one = replace(one, of=tuple(name for name in one.of if name in ids))
        if one.kind in COMPANY_KINDS or (isinstance(one, Match) and not one.of):
            left_out.append(index)
            continue
        ids.add(one.id)
        kept.append(one)
    caps = (_kept_cap(cap, ids) for cap in plan.caps if cap.scope == "person")
    cut = replace(
        plan,
        components=tuple(kept),
        caps=tuple(cap for cap in caps if cap.of),
        rankings=(),
    )
    return cut, tuple(left_out)


def _kept_cap(cap: Cap, ids: set[str]) -> Cap:
    return replace(cap, of=tuple(name for name in cap.of if name in ids))

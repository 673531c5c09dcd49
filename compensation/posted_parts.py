"""What a posted run paid for one order line: to whom, on which statement line, how much.

Derived from the run's stored results and its frozen order lines by the engine's own functions, so
that the parts of a statement line add up to it exactly. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import connection

from compensation import loaders
from compensation.engine.components import Component, FlatBonus, Match
from compensation.engine.explain import (
    FIGURES,
    Branch,
    Upline,
    contributors,
    standing_of,
    why,
    why_matched,
)
from compensation.engine.opening import Opener, StatementLine, matched_indexes
from compensation.engine.parts import OrderLines, line_parts
from compensation.engine.plan import Plan
from compensation.engine.types import Int, Unit
from compensation.engine.volumes import Orders
from compensation.models import Earning, Run
from compensation.plans import load_plan
from representatives.models import Company

EPOCH = date(1970, 1, 1)

_PATH = """
    WITH RECURSIVE up AS (
        SELECT m.representative_id, m.position, m.sponsor_position, m.subtree_end, m.status,
               m.active, m.pay_rank, m.personal_bv, m.own_bv, m.window_bv, m.group_bv,
               m.personal_rsp, m.active_directs, m.direct_count
        FROM compensation_memberresult m
        WHERE m.run_id = %(run)s AND m.representative_id = %(seller)s
        UNION ALL
        SELECT m.representative_id, m.position, m.sponsor_position, m.subtree_end, m.status,
               m.active, m.pay_rank, m.personal_bv, m.own_bv, m.window_bv, m.group_bv,
               m.personal_rsp, m.active_directs, m.direct_count
        FROM up JOIN compensation_memberresult m
          ON m.run_id = %(run)s AND m.position = up.sponsor_position
    )
    SELECT up.*, r.enrolled_on FROM up
    JOIN representatives_representative r ON r.id = up.representative_id
    ORDER BY up.position DESC
"""
# Net of what came back while the month was open; that is how the run saw them.
_LINES = """
    SELECT l.id, o.seller_id, o.id, o.reference, l.number, o.own,
           l.line_class IN ('first', 'referral'), (o.paid_at AT TIME ZONE %(zone)s)::date,
           l.bv - coalesce(back.bv, 0),
           CASE WHEN l.repeat THEN l.rsp - coalesce(back.rsp, 0) ELSE 0 END,
           l.rsp - coalesce(back.rsp, 0), l.gross_minor - l.tax_minor - coalesce(back.net, 0)
    FROM sales_order o JOIN sales_orderline l ON l.order_id = o.id
    LEFT JOIN LATERAL (
        SELECT sum(r.bv)::bigint AS bv, sum(r.rsp)::bigint AS rsp,
               sum(r.gross_minor - r.tax_minor)::bigint AS net
        FROM sales_return r
        WHERE r.line_id = l.id AND r.counted_at >= %(starts)s AND r.counted_at < %(ends)s
    ) back ON true
    WHERE {} AND o.counted_at >= %(starts)s AND o.counted_at < %(ends)s
    ORDER BY o.id, l.number
"""


@dataclass(frozen=True, slots=True)
class PostedPart:
    """A part of one statement line; ``amount`` in minor units or hundredths of RSP."""

    receiver_id: int
    component: int
    paid_level: int
    unit: int
    rate_num: int
    rate_den: int
    amount: int


@dataclass(frozen=True, slots=True)
class _Person:
    representative_id: int
    subtree_end: int
    enrolled_day: int
    upline: Upline


def parts_of_order_line(
    *, run: Run, order_id: int, line_id: int, seller_id: int
) -> list[PostedPart]:
    """Return what a run paid for an order line; parts that came to nought are left out."""
    plan = load_plan(run.plan_version.document)
    path = _path(run, seller_id)
    rows = _lines(run, "o.id = %(order)s", order=order_id)
    if not path or not rows:
        return []
    place = next(index for index, row in enumerate(rows) if row[0] == line_id)
    sale = _bundle(rows, {seller_id: 0})
    earnings = {
        (line.receiver_id, line.component, line.paid_level): line
        for line in Earning.objects.filter(
            run_id=run.pk, receiver_id__in=[person.representative_id for person in path]
        )
        if line.amount
    }
    wanted = [
        (person, component, earnings[person.representative_id, index, level])
        for index, component in enumerate(plan.components)
        for person, level in _paid(component, sale.orders.whole(), path)
        if (person.representative_id, index, level) in earnings
    ]
    source = _Behind(run, path)
    parts = []
    for person, component, line in wanted:
        amount = _part(source, component, line, person, sale, place, line_id)
        if amount:
            parts.append(_posted(line, amount))
    if any(isinstance(component, Match) for component in plan.components):
        key = (str(rows[place][3]), int(rows[place][4]))
        parts += _matched(plan, run, source, parts, earnings, key)
    return parts


def _posted(line: Earning, amount: int) -> PostedPart:
    return PostedPart(
        receiver_id=line.receiver_id,
        component=line.component,
        paid_level=line.paid_level,
        unit=line.unit,
        rate_num=line.rate_num,
        rate_den=line.rate_den,
        amount=amount,
    )


def _matched(
    plan: Plan,
    run: Run,
    source: _Behind,
    parts: Sequence[PostedPart],
    earnings: dict[tuple[int, int, int], Earning],
    key: tuple[str, int],
) -> list[PostedPart]:
    """What was paid on top of an order line's parts, by matches in the order of the plan."""
    path = source.path
    by_id = {one.representative_id: place for place, one in enumerate(path)}
    opener = source.opener(plan)
    found: list[PostedPart] = []
    for index, component in enumerate(plan.components):
        if not isinstance(component, Match):
            continue
        indexes = matched_indexes(plan, component)
        earners = {one.receiver_id for one in (*parts, *found) if one.component in indexes}
        reached: dict[tuple[int, int, int], _Person] = {}
        for earner in earners:
            above = path[by_id[earner] + 1 :]
            by_position = {one.upline.position: one for one in above}
            for verdict in why_matched(component, [one.upline for one in above]):
                receiver = by_position[verdict.position]
                for level in verdict.paid_levels:
                    if (receiver.representative_id, index, level) in earnings:
                        reached[receiver.representative_id, index, level] = receiver
        for place, receiver in sorted(reached.items(), key=lambda pair: pair[0]):
            line = earnings[place]
            amount = opener.parts(source.statement_line(line, receiver)).get(key, 0)
            if amount:
                found.append(_posted(line, amount))
    return found


def _paid(
    component: Component, order: Orders, path: Sequence[_Person]
) -> list[tuple[_Person, int]]:
    """Who was paid for the order by a component, and on which levels."""
    seller = path[0]
    verdicts = why(
        component, order, seller.upline, seller.enrolled_day, [one.upline for one in path[1:]]
    )
    by_position = {one.upline.position: one for one in path}
    return [
        (by_position[verdict.position], level)
        for verdict in verdicts
        for level in verdict.paid_levels
    ]


def _part(
    source: _Behind,
    component: Component,
    line: Earning,
    receiver: _Person,
    sale: OrderLines,
    place: int,
    line_id: int,
) -> int:
    """The share of one order line in a statement line."""
    seller = source.path[0]
    standing = standing_of(
        np.array([seller.upline.status]),
        np.array([seller.upline.active]),
        np.array([seller.enrolled_day]),
        np.array([seller.upline.pay_rank]),
        {name: np.array([figure]) for name, figure in seller.upline.figures.items()},
    )
    if isinstance(component, FlatBonus):
        return int(line_parts(component, component.amount, sale, standing).amount[place])
    if line.amount == line.base and component.unit == Unit.RSP:
        # Nothing was rounded (points are paid at face value): each part is its own base.
        return int(component.quantity(sale.orders, standing)[place])
    return source.share(component, line, receiver, line_id)


class _Behind:
    """The order lines behind statement lines of one path; the largest branch is read once."""

    def __init__(self, run: Run, path: Sequence[_Person]) -> None:
        self.run = run
        self.path = path
        self._stored: loaders.StoredBranch | None = None

    def share(self, component: Component, line: Earning, receiver: _Person, line_id: int) -> int:
        """Allot a statement line to the order lines behind it and return one's part."""
        branch, ids = self._branch(receiver)
        places = contributors(component, line.paid_level, branch) - branch.start
        sellers = {int(ids[place]): int(place) for place in places.tolist()}
        rows = _lines(self.run, "o.seller_id = ANY(%(sellers)s)", sellers=list(sellers))
        bundle = _bundle(rows, sellers)
        parts = line_parts(component, line.amount, bundle, branch.standing)
        at = next(index for index, row in enumerate(rows) if row[0] == line_id)
        return int(parts.amount[at])

    def opener(self, plan: Plan) -> Opener:
        """What opens statement lines below the people of the path."""

        def branch(line: StatementLine) -> Branch:
            return self._branch_at(line.position)[0]

        def order_lines(positions: Int, below: Branch) -> OrderLines:
            sellers = {int(self._id_at(at)): int(at) - below.start for at in positions.tolist()}
            rows = _lines(self.run, "o.seller_id = ANY(%(sellers)s)", sellers=list(sellers))
            return _bundle(rows, sellers)

        def statement_lines(
            positions: Int, components: Sequence[int], below: Branch
        ) -> list[StatementLine]:
            at = {int(self._id_at(one)): int(one) for one in positions.tolist()}
            lines = Earning.objects.filter(
                run_id=self.run.pk, receiver_id__in=list(at), component__in=list(components)
            )
            return [_statement_line(line, at[line.receiver_id]) for line in lines]

        return Opener(plan, branch, order_lines, statement_lines)

    def statement_line(self, line: Earning, receiver: _Person) -> StatementLine:
        """A stored line; what is needed of the tree below its receiver is read."""
        self._branch(receiver)
        return _statement_line(line, receiver.upline.position)

    def _id_at(self, position: int) -> int:
        stored = self._stored
        assert stored is not None  # a line's receiver is looked at before anybody below
        return int(stored.representative[position - stored.start])

    def _branch(self, receiver: _Person) -> tuple[Branch, np.ndarray]:
        stored = self._stored
        start = receiver.upline.position
        if stored is None or start < stored.start:
            with closing(loaders.connect()) as bulk:
                self._stored = loaders.load_branch(
                    bulk, run_id=self.run.pk, start=start, end=receiver.subtree_end
                )
        return self._branch_at(start)

    def _branch_at(self, start: int) -> tuple[Branch, np.ndarray]:
        stored = self._stored
        assert stored is not None  # the branch of a receiver above has been read
        part = slice(start - stored.start, int(stored.end[start - stored.start]) - stored.start)
        branch = Branch(
            start=start,
            sponsor=stored.sponsor[part],
            end=stored.end[part],
            depth=stored.depth[part],
            standing=standing_of(
                stored.status[part],
                stored.active[part],
                stored.enrolled[part],
                stored.pay_rank[part],
                {name: figures[part] for name, figures in stored.figures.items()},
            ),
        )
        return branch, stored.representative[part]


def _statement_line(line: Earning, position: int) -> StatementLine:
    return StatementLine(
        position=position,
        member=line.receiver_id,
        component=line.component,
        paid_level=line.paid_level,
        amount=line.amount,
    )


def _path(run: Run, seller_id: int) -> list[_Person]:
    """The seller and all uplines, as the run stored them, the seller first."""
    with connection.cursor() as cursor:
        cursor.execute(_PATH, {"run": run.pk, "seller": seller_id})
        columns = [column.name for column in cursor.description]
        return [_person(dict(zip(columns, row, strict=True))) for row in cursor]


def _person(row: dict[str, Any]) -> _Person:
    return _Person(
        representative_id=row["representative_id"],
        subtree_end=row["subtree_end"],
        enrolled_day=_day(row["enrolled_on"]),
        upline=Upline(
            position=row["position"],
            status=row["status"],
            active=row["active"],
            pay_rank=row["pay_rank"],
            figures={name: row[name] for name in FIGURES},
        ),
    )


def _lines(run: Run, condition: str, **values: int | list[int]) -> list[tuple[Any, ...]]:
    zone = Company.objects.get(pk=Company.ONLY_ID).time_zone
    bounds: dict[str, Any] = {
        "starts": run.period.starts_at,
        "ends": run.period.ends_at,
        "zone": zone,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES.format(condition), {**bounds, **values})
        return list(cursor.fetchall())


def _bundle(rows: Sequence[tuple[Any, ...]], places: dict[int, int]) -> OrderLines:
    columns = list(zip(*rows, strict=True))
    _, seller, order, reference, number, own, first, day, bv, rsp, rsp_all, net = columns
    return OrderLines.of(
        [places[one] for one in seller],
        order,
        reference,
        number,
        bv=bv,
        rsp=rsp,
        rsp_all=rsp_all,
        net=net,
        own=np.array(own, dtype=np.bool_),
        first_order=np.array(first, dtype=np.bool_),
        day=[_day(one) for one in day],
    )


def _day(on: date) -> int:
    return (on - EPOCH).days

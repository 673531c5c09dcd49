"""Order lines as a run saw them: net of what came back while the month was open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from compensation.engine.parts import OrderLines
from compensation.engine.types import Bool
from compensation.models import Run
from representatives.models import Company

_LINES = """
    SELECT l.id, o.seller_id, o.id, o.reference, l.number, o.paid_at,
           o.own, l.line_class IN ('first', 'referral'),
           (o.paid_at AT TIME ZONE %(zone)s)::date - date '1970-01-01',
           CASE WHEN o.own THEN -1 ELSE coalesce(o.written_for_id, o.customer_id) END,
           floor(extract(epoch FROM o.paid_at))::bigint,
           l.bv - coalesce(back.bv, 0),
           CASE WHEN l.repeat THEN l.rsp - coalesce(back.rsp, 0) ELSE 0 END,
           l.rsp - coalesce(back.rsp, 0),
           l.gross_minor - l.tax_minor - coalesce(back.net, 0),
           l.margin_minor - coalesce(back.margin, 0),
           l.quantity - coalesce(back.units, 0),
           CASE WHEN l.repeat AND l.line_class = 'repeat' THEN l.rsp - coalesce(back.rsp, 0)
                ELSE 0 END
    FROM sales_order o JOIN sales_orderline l ON l.order_id = o.id
    LEFT JOIN LATERAL (
        SELECT sum(r.bv)::bigint AS bv, sum(r.rsp)::bigint AS rsp,
               sum(r.gross_minor - r.tax_minor)::bigint AS net,
               sum(r.margin_minor)::bigint AS margin, sum(r.quantity)::bigint AS units
        FROM sales_return r
        WHERE r.line_id = l.id AND r.counted_at >= %(starts)s AND r.counted_at < %(ends)s
    ) back ON true
    WHERE {} AND o.counted_at >= %(starts)s AND o.counted_at < %(ends)s
    ORDER BY o.id, l.number
"""
_NAMED = 6
"""Columns before those that the engine takes."""
_TAKEN = (
    "own",
    "first_order",
    "day",
    "customer",
    "paid_at",
    "bv",
    "rsp",
    "rsp_all",
    "net",
    "margin",
    "units",
    "rsp_repeat",
)
_BV, _RSP, _NET = (_NAMED + _TAKEN.index(name) for name in ("bv", "rsp_all", "net"))


@dataclass(frozen=True, slots=True)
class SoldLine:
    """What a reader is told of an order line; volumes in hundredths, net in minor units."""

    id: int
    seller_id: int
    order_id: int
    reference: str
    number: int
    paid_at: datetime
    bv: int
    rsp: int
    net: int

    @property
    def key(self) -> tuple[str, int]:
        """What the engine knows the line by."""
        return self.reference, self.number


@dataclass(frozen=True, slots=True)
class Sold:
    """Order lines, for the engine and for readers, in the same order."""

    lines: list[SoldLine]
    bundle: OrderLines

    def only(self, chosen: Bool) -> Sold | None:
        """Keep some of them; None where nothing is left."""
        if chosen.all():
            return self
        if not chosen.any():
            return None
        kept = [line for line, stays in zip(self.lines, chosen.tolist(), strict=True) if stays]
        return Sold(kept, self.bundle.only(chosen))


def lines_of_sellers(run: Run, places: Mapping[int, int]) -> Sold | None:
    """Give all lines of some sellers in a run's period; ``places`` are theirs in a standing.

    None where nothing was sold.
    """
    if not places:
        return None
    return _sold(_rows(run, "o.seller_id = ANY(%(sellers)s)", sellers=list(places)), places)


def lines_of_order(run: Run, order_id: int) -> Sold | None:
    """Give an order's lines with the seller at place 0; None if it does not count in the period."""
    rows = _rows(run, "o.id = %(order)s", order=order_id)
    return _sold(rows, {row[1]: 0 for row in rows})


def lines_of_orders(run: Run, order_ids: Sequence[int]) -> dict[int, Sold]:
    """Give the lines of many orders by order, each with the seller at place 0."""
    rows = _rows(run, "o.id = ANY(%(orders)s)", orders=list(order_ids))
    by_order: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_order.setdefault(row[2], []).append(row)
    found = {number: _sold(some, {some[0][1]: 0}) for number, some in by_order.items()}
    return {number: sold for number, sold in found.items() if sold is not None}


def _rows(run: Run, condition: str, **values: int | list[int]) -> list[tuple[Any, ...]]:
    zone = Company.objects.get(pk=Company.ONLY_ID).time_zone
    bounds: dict[str, Any] = {
        "starts": run.period.starts_at,
        "ends": run.period.ends_at,
        "zone": zone,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES.format(condition), {**bounds, **values})
        return list(cursor.fetchall())


def _sold(rows: Sequence[tuple[Any, ...]], places: Mapping[int, int]) -> Sold | None:
    if not rows:
        return None
    columns = list(zip(*rows, strict=True))
    _, seller, order, reference, number, _ = columns[:_NAMED]
    taken = {
        name: np.array(values, dtype=np.bool_ if name in ("own", "first_order") else np.int64)
        for name, values in zip(_TAKEN, columns[_NAMED:], strict=True)
    }
    return Sold(
        [SoldLine(*row[:_NAMED], *(row[at] for at in (_BV, _RSP, _NET))) for row in rows],
        OrderLines.of([places[one] for one in seller], order, reference, number, **taken),
    )

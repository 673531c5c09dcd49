"""Paid orders that pieces can come back from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from sales.amounts import Amounts


@dataclass(slots=True)
class Target:
    """A line that pieces can come back from: of this chunk (`line_id` None) or stored before."""

    number: int
    sku: str
    product_id: int
    quantity: int
    unit_price_minor: int
    worth: Amounts
    line_id: int | None = None
    taken: int = 0  # requested or accepted pieces
    accepted: int = 0


@dataclass(slots=True)
class TargetOrder:
    """A paid order that pieces can come back from; of this chunk its customer has no id yet."""

    external_ref: str
    customer_id: int | None
    seller_code: str
    customer_ref: str | None  # None: the customer is erased, and nobody can tell any more
    own: bool
    paid_at: datetime
    counted_at: datetime
    lines: list[Target]


# An order is named by its external reference or, if it was placed here, by its own.
_NAMED = """
o.external_ref = ANY(%(wanted)s) OR (o.external_ref IS NULL AND o.reference = ANY(%(wanted)s))
"""
_TARGETS = f"""
SELECT coalesce(o.external_ref, o.reference), o.customer_id, s.code,
       CASE WHEN o.own THEN '' WHEN c.erased_at IS NULL THEN c.reference END,
       o.own, o.paid_at, o.counted_at,
       l.number, p.sku, l.product_id, l.quantity, l.unit_price_minor,
       l.gross_minor, l.tax_minor, l.bv, l.rsp, l.margin_minor, l.id,
       coalesce(sum(r.quantity), 0)::bigint,
       coalesce(sum(r.quantity) FILTER (WHERE r.status = 'accepted'), 0)::bigint
  FROM sales_order o
  JOIN representatives_representative s ON s.id = o.seller_id
  JOIN sales_customer c ON c.id = coalesce(o.written_for_id, o.customer_id)
  JOIN sales_orderline l ON l.order_id = o.id
  JOIN sales_product p ON p.id = l.product_id
  LEFT JOIN sales_return r ON r.line_id = l.id AND r.status <> 'refused'
 WHERE o.status = 'paid'
   AND ({_NAMED})
 GROUP BY o.id, s.code, c.reference, c.erased_at, l.id, p.sku
 ORDER BY o.id, l.number
"""  # noqa: S608  (constants of this module)
_LOCK_TARGETS = f"""
SELECT l.id FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id
 WHERE {_NAMED}
 ORDER BY l.id FOR NO KEY UPDATE OF l
"""  # noqa: S608  (constants of this module)


def stored_targets(wanted: set[str]) -> dict[str, TargetOrder]:
    """Return the stored orders that are named, by that name, their lines locked."""
    found: dict[str, TargetOrder] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_TARGETS, {"wanted": sorted(wanted)})
        cursor.execute(_TARGETS, {"wanted": sorted(wanted)})
        for row in cursor.fetchall():
            name, customer_id, seller_code, customer_ref, own, paid_at, counted_at = row[:7]
            number, sku, product_id, quantity, price, gross, tax, bv, rsp, margin = row[7:17]
            line_id, taken, accepted = row[17:]
            order = found.setdefault(
                name,
                TargetOrder(
                    *(name, customer_id, seller_code, customer_ref, own, paid_at, counted_at), []
                ),
            )
            worth = Amounts(gross, tax, bv, rsp, margin)
            order.lines.append(
                Target(
                    *(number, sku, product_id, quantity, price, worth),
                    line_id=line_id,
                    taken=taken,
                    accepted=accepted,
                )
            )
    return found

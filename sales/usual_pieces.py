"""How many pieces of a product a customer usually takes: what a next order is expected to hold.

The lower median of the latest five paid orders in which any of it stayed with the customer; pieces
that were given back were not taken. Never bought, it is one piece.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from representatives.models import Representative

LATEST_ORDERS = 5

_PIECES = f"""
SELECT wanted.id, coalesce((
        SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY taken.pieces)
          FROM (
            SELECT sum(l.quantity - coalesce(back.quantity, 0))::bigint AS pieces
              FROM sales_order o
              JOIN sales_orderline l ON l.order_id = o.id
              LEFT JOIN LATERAL (
                    SELECT sum(r.quantity) AS quantity FROM sales_return r
                     WHERE r.line_id = l.id AND r.status = 'accepted') back ON true
             WHERE o.customer_id = c.id AND o.status = 'paid' AND l.product_id = wanted.id
             GROUP BY o.id
            HAVING sum(l.quantity - coalesce(back.quantity, 0)) > 0
             ORDER BY o.paid_at DESC, o.id DESC
             LIMIT {LATEST_ORDERS}) taken), 1)
  FROM sales_customer c, unnest(%s::bigint[]) AS wanted (id)
 WHERE c.id = %s AND c.representative_id = %s
"""  # noqa: S608  (a constant)


def usual_pieces(
    seller: Representative, *, customer_id: int, product_ids: Sequence[int]
) -> dict[int, int]:
    """Return by product how many pieces one of a seller's customers usually takes; one query.

    Of anybody else's customer nothing is told. For all customers forecasts hold the same number.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PIECES, [list(product_ids), customer_id, seller.pk])
        return dict(cursor.fetchall())

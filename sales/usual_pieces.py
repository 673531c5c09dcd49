"""How many pieces of a product a customer usually takes: what a next order is expected to hold.

The lower median of the latest five paid orders in which any of it stayed with the customer; pieces
that were given back were not taken. Never bought, it is one piece.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from representatives.models import Representative

LATEST_ORDERS = 5

_PIECES = """coalesce((
            SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY taken.pieces)
              FROM (
                SELECT sum(l.quantity - coalesce(back.quantity, 0))::bigint AS pieces
                  FROM sales_order o
                  JOIN sales_orderline l ON l.order_id = o.id
                  LEFT JOIN LATERAL (
                        SELECT sum(r.quantity) AS quantity FROM sales_return r
                         WHERE r.line_id = l.id AND r.status = 'accepted') back ON true
                 WHERE o.customer_id = {customer} AND o.status = 'paid'
                   AND l.product_id = {product}
                 GROUP BY o.id
                HAVING sum(l.quantity - coalesce(back.quantity, 0)) > 0
                 ORDER BY o.paid_at DESC, o.id DESC
                 LIMIT {latest}) taken), 1)"""


def pieces_sql(*, customer: str, product: str) -> str:
    """Return an expression for the usual pieces, for columns with the ids of both."""
    return _PIECES.format(customer=customer, product=product, latest=LATEST_ORDERS)


_PIECES_OF_MANY = """
    SELECT customer_id, product_id,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY pieces) AS pieces
      FROM (
        SELECT customer_id, product_id, sum(pieces)::bigint AS pieces,
               row_number() OVER (PARTITION BY customer_id, product_id
                                  ORDER BY paid_at DESC, order_id DESC) AS place
          FROM (
            SELECT o.customer_id, l.product_id, o.id AS order_id, o.paid_at,
                   l.quantity - coalesce(sum(r.quantity), 0) AS pieces
              FROM {pairs} wanted
              JOIN sales_order o ON o.customer_id = wanted.customer_id AND o.status = 'paid'
              JOIN sales_orderline l ON l.order_id = o.id AND l.product_id = wanted.product_id
              LEFT JOIN sales_return r ON r.line_id = l.id AND r.status = 'accepted'
             GROUP BY o.id, l.id) line
         GROUP BY customer_id, product_id, order_id, paid_at
        HAVING sum(pieces) > 0) taken
     WHERE place <= {latest}
     GROUP BY customer_id, product_id"""


def pieces_of_many_sql(*, pairs: str) -> str:
    """Return a query for the usual pieces of many pairs at once, where any of it was bought.

    For a table with the ids of both, each pair once. It goes through all orders of these customers
    together, where `pieces_sql` does so again for each pair.
    """
    return _PIECES_OF_MANY.format(pairs=pairs, latest=LATEST_ORDERS)


def usual_pieces(
    seller: Representative, *, customer_id: int, product_ids: Sequence[int]
) -> dict[int, int]:
    """Return by product how many pieces one of a seller's customers usually takes; one query.

    Of anybody else's customer nothing is told.
    """
    pieces = pieces_sql(customer="c.id", product="wanted.id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT wanted.id, {pieces} FROM sales_customer c,"  # noqa: S608  (constants)
            " unnest(%s::bigint[]) AS wanted (id)"
            " WHERE c.id = %s AND c.representative_id = %s",
            [list(product_ids), customer_id, seller.pk],
        )
        return dict(cursor.fetchall())

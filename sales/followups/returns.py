"""What follows from a return: the care of a product ends when it comes back whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from sales import after_sale

# One statement, whether staff accepted one return or an import brought some thousands.
_END = """
UPDATE sales_followup f
SET state = 'cancelled', closed_at = GREATEST(%(now)s, f.created_at)
FROM (
    SELECT DISTINCT o.id, o.customer_id
    FROM sales_return r JOIN sales_orderline l ON l.id = r.line_id
    JOIN sales_order o ON o.id = l.order_id
    WHERE r.id = ANY (%(returns)s)
) o
WHERE f.customer_id = o.customer_id AND f.state = 'open'
AND starts_with(f.source_key, 'care:' || o.id || ':')
AND NOT EXISTS (
    SELECT FROM sales_orderline l
    WHERE l.order_id = o.id AND (f.product_id IS NULL OR l.product_id = f.product_id)
    AND l.quantity > (
        SELECT COALESCE(sum(r.quantity), 0) FROM sales_return r
        WHERE r.line_id = l.id AND r.status = 'accepted'
    )
)
"""


@after_sale.on_return
def end_care(*, return_ids: Sequence[int], now: datetime) -> None:
    """End what the care of an order planned about products of which no piece is left."""
    with connection.cursor() as cursor:
        cursor.execute(_END, {"returns": list(return_ids), "now": now})

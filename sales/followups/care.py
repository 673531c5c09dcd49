"""What follows from a payment: an order answers what was to be asked, a first one begins the care.

One statement each, whether one order was paid or an import brought some thousands. See
docs/followups.md for the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from representatives.models import Company
from sales import after_sale
from sales.models import FollowUp

ANSWERING_DAYS = 30
"""An order paid up to so many days before a follow-up was planned answers it too: imports come
late. One that counts since then always does, whenever its money came: the guards say so as well."""
LONGEST_PACK_DAYS = 730

# A follow-up planned at the same moment by another transaction waits for these rows, and is refused
# then (guards of migration 0013).
_LOCK = """
SELECT FROM sales_customer c
WHERE c.id IN (SELECT o.customer_id FROM sales_order o WHERE o.id = ANY (%(orders)s))
ORDER BY c.id FOR NO KEY UPDATE
"""

_ANSWER = """
UPDATE sales_followup f
SET state = 'done', result = 'ordered', closing_order_id = o.id,
    closed_at = GREATEST(%(now)s, f.created_at)
FROM (
    SELECT DISTINCT ON (customer_id) id, customer_id, paid_at, counted_at FROM sales_order
    WHERE id = ANY (%(orders)s) AND status = 'paid'
    ORDER BY customer_id, paid_at DESC, reference DESC
) o
WHERE f.customer_id = o.customer_id AND f.state = 'open' AND f.kind = ANY (%(kinds)s)
AND (o.paid_at >= f.created_at - %(answering_days)s * interval '1 day'
     OR o.counted_at > f.created_at)
AND NOT starts_with(COALESCE(f.source_key, ''), 'care:' || o.id || ':')
"""

# Orders that are the only paid one of somebody who may be contacted; of each the product that the
# care is about (one with a plan of its own, else a repeat product, the dearest of them) and the
# repeat product that runs out first. Steps whose day is past are left out.
_PLAN = """
INSERT INTO sales_followup
       (representative_id, customer_id, kind, occasion, due_on, text, product_id, state, result,
        note, source_key, suggestion_key, created_at)
SELECT bought.representative_id, bought.customer_id,
       CASE step.anchor WHEN 'sale' THEN 'care' ELSE 'reorder' END, step.occasion, due.on_day, '',
       CASE step.anchor WHEN 'sale' THEN ware.product_id ELSE pack.product_id END, 'open', '', '',
       'care:' || bought.id || ':' || step.anchor || ':' || step.days, '', %(now)s
FROM (
    SELECT o.id, o.customer_id, c.representative_id, (o.paid_at AT TIME ZONE %(zone)s)::date AS day
    FROM sales_order o JOIN sales_customer c ON c.id = o.customer_id
    WHERE o.id = ANY (%(orders)s) AND o.status = 'paid' AND NOT c.is_self
    AND o.paid_at > %(now)s - interval '3 years'
    AND c.no_contact_at IS NULL AND c.erased_at IS NULL AND c.merged_into_id IS NULL
    AND NOT EXISTS (
        SELECT FROM sales_order other
        WHERE other.customer_id = o.customer_id AND other.status = 'paid' AND other.id <> o.id
    )
) bought
CROSS JOIN LATERAL (
    SELECT l.product_id, p.id AS plan_id
    FROM sales_orderline l LEFT JOIN sales_careplan p ON p.product_id = l.product_id
    WHERE l.order_id = bought.id
    ORDER BY p.id IS NULL, NOT l.repeat, l.gross_minor DESC, l.number LIMIT 1
) ware
LEFT JOIN LATERAL (
    SELECT l.product_id, LEAST(w.pack_days * l.quantity::bigint, %(longest)s)::int AS days
    FROM sales_orderline l JOIN sales_product w ON w.id = l.product_id
    WHERE l.order_id = bought.id AND l.repeat AND w.pack_days IS NOT NULL
    ORDER BY days, l.number LIMIT 1
) pack ON true
JOIN sales_careplan plan
  ON plan.id = ware.plan_id OR ware.plan_id IS NULL AND plan.product_id IS NULL
JOIN sales_carestep step
  ON step.plan_id = plan.id AND (step.anchor = 'sale' OR pack.days IS NOT NULL)
CROSS JOIN LATERAL (
    SELECT bought.day + CASE step.anchor
        WHEN 'sale' THEN step.days::int ELSE GREATEST(pack.days - step.days, 1) END AS on_day
) due
WHERE due.on_day >= %(today)s
ORDER BY bought.customer_id, due.on_day
ON CONFLICT (source_key) DO NOTHING
"""


@after_sale.step
@transaction.atomic
def follow_sales(*, order_ids: Sequence[int], now: datetime) -> None:
    """Close what these orders answer, and plan the care of those who bought for the first time."""
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    parameters: dict[str, Any] = {
        "orders": list(order_ids),
        "now": now,
        "zone": zone.key,
        "today": now.astimezone(zone).date(),
        "kinds": [kind.value for kind in FollowUp.ENDED_BY_AN_ORDER],
        "answering_days": ANSWERING_DAYS,
        "longest": LONGEST_PACK_DAYS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, parameters)
        cursor.execute(_ANSWER, parameters)
        cursor.execute(_PLAN, parameters)

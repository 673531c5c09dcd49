"""The class of a sale: one statement for a single payment and for an import of thousands.

In this order: `referral`, the first order of a customer whom another customer referred; `first`,
any other first order; `repeat`, a product this customer bought before and did not return all of;
`add_on`, the rest, with a flag whether it came within the company's add-on days of the latest
earlier order. "Earlier" is by (paid at, order reference); what came back at the very instant of
an order was still there for it. So nothing depends on when, or in how many parts, orders were
recorded.
"""

from __future__ import annotations

# new_order(order_key, customer_id, paid_at, reference), new_line(order_key, product_id, quantity)
# and new_return(customer_id, product_id, at, quantity) are the caller's common table expressions.
# `wanted` names the pairs of which history matters; `event` lists what each pair bought and gave
# back (kind 2, after all purchases of its instant); the running sum before a purchase says whether
# some of it was still there.
CLASSIFICATION = """
bought AS (
    SELECT o.order_key, o.customer_id, o.paid_at, o.reference, l.product_id,
           sum(l.quantity)::bigint AS quantity
      FROM new_order o JOIN new_line l USING (order_key)
     GROUP BY o.order_key, o.customer_id, o.paid_at, o.reference, l.product_id
), wanted AS MATERIALIZED (
    SELECT DISTINCT customer_id, product_id FROM bought
), kept AS (
    SELECT w.customer_id, w.product_id, o.paid_at, o.reference, l.id AS line_id, l.quantity
      FROM wanted w
      JOIN sales_order o ON o.customer_id = w.customer_id AND o.status = 'paid'
      JOIN sales_orderline l ON l.order_id = o.id AND l.product_id = w.product_id
), event AS (
    SELECT customer_id, product_id, paid_at AS at, 1 AS kind, reference,
           quantity::bigint AS delta, NULL::bigint AS order_key
      FROM kept
    UNION ALL
    SELECT k.customer_id, k.product_id, r.returned_at, 2, '', -r.quantity::bigint, NULL
      FROM kept k JOIN sales_return r ON r.line_id = k.line_id AND r.status = 'accepted'
    UNION ALL
    SELECT n.customer_id, n.product_id, n.at, 2, '', -n.quantity::bigint, NULL
      FROM new_return n JOIN wanted w USING (customer_id, product_id)
    UNION ALL
    SELECT customer_id, product_id, paid_at, 1, reference, quantity, order_key FROM bought
), held AS (
    SELECT order_key, product_id,
           coalesce(sum(delta) OVER (
               PARTITION BY customer_id, product_id ORDER BY at, kind, reference COLLATE "C"
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS pieces
      FROM event
), previous AS (
    SELECT n.order_key, n.paid_at, c.referred_by_id IS NOT NULL AS referred,
           greatest(
               lag(n.paid_at) OVER (
                   PARTITION BY n.customer_id ORDER BY n.paid_at, n.reference COLLATE "C"),
               (SELECT o.paid_at FROM sales_order o
                 WHERE o.customer_id = n.customer_id AND o.status = 'paid'
                   AND (o.paid_at, o.reference) < (n.paid_at, n.reference COLLATE "C")
                 ORDER BY o.paid_at DESC, o.reference DESC LIMIT 1)) AS earlier_at
      FROM new_order n JOIN sales_customer c ON c.id = n.customer_id
), classed AS (
    SELECT h.order_key, h.product_id,
           CASE WHEN p.earlier_at IS NULL THEN
                    CASE WHEN p.referred THEN 'referral' ELSE 'first' END
                WHEN h.pieces > 0 THEN 'repeat'
                ELSE 'add_on' END AS line_class,
           CASE WHEN p.earlier_at IS NOT NULL AND h.pieces <= 0
                THEN p.paid_at <= p.earlier_at + make_interval(days => %(add_on_days)s)
           END AS within_add_on_days
      FROM held h JOIN previous p USING (order_key)
)
"""

# The lines of one placed order, as if it were paid at %(paid_at)s.
CLASSIFY_PLACED_ORDER = f"""
WITH new_order AS (
    SELECT id AS order_key, customer_id, %(paid_at)s::timestamptz AS paid_at, reference
      FROM sales_order WHERE id = %(order_id)s
), new_line AS (
    SELECT order_id AS order_key, product_id, quantity
      FROM sales_orderline WHERE order_id = %(order_id)s
), new_return AS (
    SELECT NULL::bigint AS customer_id, NULL::bigint AS product_id,
           NULL::timestamptz AS at, NULL::bigint AS quantity WHERE false
), {CLASSIFICATION}
UPDATE sales_orderline l
   SET line_class = c.line_class, within_add_on_days = c.within_add_on_days
  FROM classed c
 WHERE l.order_id = %(order_id)s AND c.order_key = l.order_id AND c.product_id = l.product_id
"""  # noqa: S608  (constants of this module)
